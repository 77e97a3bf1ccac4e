"""The reply cache: an equal call gets the cached reply, and never one whose subject may have changed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import PolicyDenied
from k8sconsole.model.events import ClusterState, ConnectionState, ContextsChanged, Fact, ResourcesDiscovered, RowsChanged, ScanCompleted
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.indicators import REPLY_HIT
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.tools import Answer, Capabilities, Face, Risk, Scope, ToolOutcome
from k8sconsole.store.port import Store
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.pipeline.reply_cache import LIFETIME, MOST_BYTES, MOST_REPLIES, ReplyCache, ReplyScope
from k8sconsole.tools.results import Reply
from tests.probe import Ahead, Asked, Gate, Outside, called, probe, with_probe
from tests.tool_harness import ToolHarness, scan

PODS, NODES = ResourceName("pods"), ResourceName("nodes")


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
def followed(harness: ToolHarness, clock: Ahead) -> ToolHarness:
    """A harness whose pipeline receives the facts about the cluster."""
    harness.pipeline = Pipeline(harness.pipeline.registry, replace(harness.environment, clock=clock))
    harness.pipeline.handle_fact(ClusterState(_here(harness), ConnectionState.LIVE))
    return harness


def _here(harness: ToolHarness) -> ClusterName:
    return harness.environment.selected()[0]


async def _hit(harness: ToolHarness, tool: str, **more: Any) -> bool:
    """Whether this call got a cached reply."""
    before = harness.pipeline.cache_step.counts["hit"]
    outcome = await harness.call(tool, **more)
    assert outcome.error is None, outcome.error
    return harness.pipeline.cache_step.counts["hit"] > before


async def test_an_equal_call_from_another_face_gets_the_cached_reply_with_its_true_age(followed: ToolHarness) -> None:
    first = await followed.call("k8s_list_pods", namespace="shop")
    assert first.freshness is not None
    assert await _hit(followed, "list_pods", face=Face.MCP, namespace="shop", context=_here(followed), limit="0")
    second = await followed.call("k8s_list_pods", namespace="shop")
    assert (second.data, second.text, second.freshness, second.page) == (first.data, first.text, first.freshness, first.page)
    assert second.freshness is not None
    assert second.structured(second.freshness.observed_at + 9)["freshness"]["age_seconds"] == 9  # type: ignore[operator]


async def test_changing_a_reply_does_not_change_the_cached_one(followed: ToolHarness) -> None:
    for _ in range(3):
        outcome = await followed.call("k8s_list_pods", namespace="shop")
        assert outcome.data["items"]
        outcome.data["items"].clear()


async def test_calls_with_different_arguments_have_different_replies(followed: ToolHarness) -> None:
    assert not await _hit(followed, "k8s_list_pods")
    for different in ({"namespace": "shop"}, {"limit": 1}, {"filter": "status=Running"}, {"fields": ["name"]}, {"max_tokens": 500}):
        assert not await _hit(followed, "k8s_list_pods", **different)
    assert not await _hit(followed, "k8s_list_services")


async def test_a_change_of_a_kind_invalidates_only_lists_of_that_kind(followed: ToolHarness) -> None:
    here = _here(followed)
    await followed.call("k8s_list_pods")
    followed.pipeline.handle_fact(RowsChanged(here, NODES, 1))
    followed.pipeline.handle_fact(RowsChanged(ClusterName("elsewhere"), PODS, 1))
    assert await _hit(followed, "k8s_list_pods")
    followed.pipeline.handle_fact(RowsChanged(here, PODS, 2))
    assert not await _hit(followed, "k8s_list_pods")


async def test_a_heartbeat_of_the_cluster_invalidates_nothing(followed: ToolHarness) -> None:
    await followed.call("k8s_list_pods")
    followed.pipeline.handle_fact(ClusterState(_here(followed), ConnectionState.LIVE, seen_at=followed.environment.clock.now()))
    assert await _hit(followed, "k8s_list_pods")


FACTS: list[Callable[[ClusterName], Fact]] = [
    lambda here: RowsChanged(here, NODES, 1),
    lambda here: ScanCompleted(here, NODES, 3, 0.1),
    lambda here: ResourcesDiscovered(here, 7),
    lambda here: ClusterState(here, ConnectionState.PARTIAL, missing=("pods: forbidden",)),
    lambda here: ContextsChanged(),
]


@pytest.mark.parametrize("fact", FACTS)
async def test_a_reply_about_many_kinds_is_invalidated_by_a_change_of_any(
    followed: ToolHarness, fact: Callable[[ClusterName], Fact]
) -> None:
    pod = {"kind": "pods", "name": (await followed.call("k8s_list_pods", namespace="shop")).data["items"][0]["name"], "namespace": "shop"}
    assert not await _hit(followed, "k8s_describe_resource", **pod)
    assert await _hit(followed, "k8s_describe_resource", **pod)
    followed.pipeline.handle_fact(fact(_here(followed)))
    assert not await _hit(followed, "k8s_describe_resource", **pod)


async def test_a_reply_expires_after_its_lifetime(followed: ToolHarness, clock: Ahead) -> None:
    await followed.call("k8s_list_pods")
    clock.seconds = LIFETIME
    assert not await _hit(followed, "k8s_list_pods")


async def test_after_a_change_by_a_tool_no_older_reply_is_returned(followed: ToolHarness, cluster: Cluster, store: Store) -> None:
    followed.answer = lambda question: Answer(True, word=question.confirm_word, by="test")
    listed = {"kind": "deploy", "namespace": "shop", "filter": "name=web"}
    before = (await followed.call("k8s_list_resources", **listed)).data["items"][0]["ready"]
    wanted = int(before.partition("/")[2]) + 2
    assert (await followed.call("k8s_scale_resource", kind="deploy", name="web", namespace="shop", replicas=wanted)).error is None
    await scan(cluster, store, ("deployments.apps",))
    after = (await followed.call("k8s_list_resources", **listed)).data["items"][0]["ready"]
    assert after.endswith(f"/{wanted}"), (before, after)


async def test_a_reply_is_not_cached_if_a_change_happened_meanwhile(harness: ToolHarness) -> None:
    harness.policy = Policy(allow_write=True, rules=(Rule(Action.ALLOW),))
    gate = Gate(reply=_of_cache)
    change = msgspec.structs.replace(probe(_of_cache), name="change", risk=Risk.WRITE)
    pipeline = with_probe(harness.environment, probe(gate), change)
    pipeline.handle_fact(ClusterState(_here(harness), ConnectionState.LIVE))
    reading = asyncio.create_task(called(pipeline))
    await gate.begun(1)
    assert (await called(pipeline, Face.TUI, tool="change")).error is None
    gate.open.set()
    await reading
    await called(pipeline)
    assert (pipeline.cache_step.counts["hit"], len(gate.order)) == (0, 2)
    await called(pipeline)
    assert (pipeline.cache_step.counts["hit"], len(gate.order)) == (1, 2)


async def test_policy_is_checked_at_every_call_and_a_reply_serves_only_equal_decisions(followed: ToolHarness) -> None:
    await followed.call("k8s_list_pods")
    followed.policy = Policy(rules=(Rule(Action.DENY, tools=("k8s_list_pods",), faces=("mcp",)),))
    assert isinstance((await followed.call("k8s_list_pods", face=Face.MCP)).error, PolicyDenied)
    assert await _hit(followed, "k8s_list_pods")
    followed.policy = Policy(rules=(Rule(Action.ASK, tools=("k8s_list_pods",)),))
    followed.answer = lambda question: Answer(True, by="test")
    assert not await _hit(followed, "k8s_list_pods")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("k8s_list_pods", {"live": True}),
        ("k8s_list_pods", {"as_of": "now"}),
        ("k8s_list_resources", {"kind": "ingresses"}),
        ("cache_query", {"sql": "SELECT 1"}),
        ("history_timeline", {"since": "-5m"}),
        ("k8s_list_contexts", {}),
    ],
)
async def test_live_and_past_replies_and_those_without_change_events_are_not_cached(
    followed: ToolHarness, tool: str, arguments: dict[str, Any]
) -> None:
    for _ in range(2):
        assert not await _hit(followed, tool, **arguments)


@pytest.mark.parametrize("trust", [None, ConnectionState.CONNECTING, ConnectionState.LOST, ConnectionState.OFFLINE])
async def test_no_reply_is_cached_for_a_cluster_that_is_not_watched(followed: ToolHarness, trust: ConnectionState | None) -> None:
    followed.pipeline = Pipeline(followed.pipeline.registry, followed.environment)
    if trust is not None:
        followed.pipeline.handle_fact(ClusterState(_here(followed), trust))
    for _ in range(2):
        assert not await _hit(followed, "k8s_list_pods")


async def test_cached_replies_are_audited_and_the_hit_rate_is_recorded(followed: ToolHarness) -> None:
    for _ in range(4):
        await followed.call("k8s_list_pods")
    assert (await followed.audit()).count(("k8s_list_pods", "completed", "ok")) == 4
    assert followed.store is not None
    assert [value for _, value in await followed.store.audit.figures(REPLY_HIT, 0.0)] == [0.0, 1.0, 1.0, 1.0]


async def _of_cache(asked: Asked, context: ToolContext) -> Reply:
    return Reply({"what": asked.what}, "done", Freshness(Source.CACHE, context.now))


async def test_tools_of_two_servers_share_no_reply_and_a_tool_that_is_not_cache_friendly_is_always_called(
    harness: ToolHarness,
) -> None:
    replies: dict[str, ToolOutcome] = {}
    for service in ("a", "b"):
        pipeline = with_probe(harness.environment, Outside(probe(), service))
        pipeline.cache_step.replies = harness.pipeline.cache_step.replies
        replies[service] = await called(pipeline)
        assert pipeline.cache_step.counts == {"miss": 1}
        await called(pipeline)
        assert pipeline.cache_step.counts == {"miss": 1, "hit": 1}
    able = Capabilities(("*",), ("read",), Scope.CLUSTER, cache_friendly=False)
    pipeline = with_probe(harness.environment, Outside(probe(capabilities=able), "c"))
    for _ in range(2):
        await called(pipeline)
    assert not pipeline.cache_step.counts


def _reply(data: Any) -> Reply:
    return Reply(data, "", Freshness(Source.CACHE, 0.0))


def test_the_cache_is_bounded_in_replies_and_bytes_and_evicts_the_least_recently_used() -> None:
    replies, about = ReplyCache(), ReplyScope("prod", "pods")
    stamp = replies.generation(about)
    for number in range(MOST_REPLIES + 10):
        replies.put(f"{number}".encode(), stamp, _reply(number), 0.0)
        assert replies.get(b"0", stamp, 1.0) is not None
    assert len(replies) == MOST_REPLIES
    assert replies.get(b"1", stamp, 1.0) is None
    for number in range(20):
        replies.put(f"large {number}".encode(), stamp, _reply("x" * (MOST_BYTES // 10)), 0.0)
    assert replies.size <= MOST_BYTES
    assert len(replies) == 9


def test_a_reply_that_is_not_json_or_too_large_is_not_cached() -> None:
    replies, about = ReplyCache(), ReplyScope("prod")
    replies.put(b"odd", replies.generation(about), _reply({object()}), 0.0)
    replies.put(b"large", replies.generation(about), _reply("x" * MOST_BYTES), 0.0)
    assert (len(replies), replies.size) == (0, 0)
