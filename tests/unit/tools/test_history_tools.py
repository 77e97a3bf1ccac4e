"""The history tools. Each change on the demo cluster is scanned into the cache before the next."""

import time
from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster, PatchType
from k8sconsole.errors import InvalidParams, NotFound, PolicyDenied, StoreError
from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.kit.times import format_exact_time, parse_time
from k8sconsole.model.differences import Difference, apply_differences
from k8sconsole.model.freshness import Source
from k8sconsole.model.history import Gap
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ResourceName
from k8sconsole.model.tables import find_table
from k8sconsole.store.port import WriteBatch
from k8sconsole.tools.output.token_budget import json_tokens, text_tokens
from tests.tool_harness import ToolHarness, parsed, scan

LONG = "y" * 3000
HISTORY = ("history_list_versions", "history_diff", "history_get_as_of", "history_timeline")


class Past:
    """A cluster with a recorded history. ``times`` are the moments between the changes."""

    def __init__(self, harness: ToolHarness, cluster: Cluster, times: list[float]) -> None:
        self.harness = harness
        self.cluster = cluster
        self.times = times

    async def call(self, tool: str, **arguments: Any) -> Any:
        outcome = await self.harness.call(tool, **arguments)
        assert outcome.error is None, outcome.error
        return outcome

    async def error(self, tool: str, **arguments: Any) -> Any:
        return (await self.harness.call(tool, **arguments)).error

    async def gap(self, began: float, ended: float | None, kind: str = "configmaps") -> None:
        assert self.harness.store is not None
        await self.harness.store.history.record_gap(Gap(self.cluster.name, ResourceName(kind), began, ended, "the scanner was stopped"))


@pytest.fixture
async def lived(harness: ToolHarness, cluster: Cluster) -> Past:
    """A config map ``notes`` in shop: added, changed twice, deleted, added again; ``times[n]`` is after the n-th of these."""
    assert harness.store is not None
    maps = await harness.environment.find_resource(cluster.name, "configmaps")
    times = [time.time()]

    async def seen() -> None:
        await scan(cluster, harness.store, ("configmaps", "namespaces"))
        times.append(time.time())

    await cluster.create(maps, "shop", _map({"a": "1", "b": "x"}))
    await seen()
    for change in ({"a": "2"}, {"b": None, "c": LONG}):
        await cluster.patch(maps, "shop", "notes", msgspec.json.encode({"data": change}), PatchType.MERGE)
        await seen()
    await cluster.delete(maps, "shop", "notes")
    await seen()
    await cluster.create(maps, "shop", _map({"again": "1"}))
    await seen()
    return Past(harness, cluster, times)


def _map(data: dict[str, str], name: str = "notes") -> bytes:
    return msgspec.json.encode({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


async def test_all_versions_of_an_object_are_listed_in_order(lived: Past) -> None:
    found = (await lived.call("history_list_versions", kind="cm", name="notes", namespace="shop")).data
    assert [one["change"] for one in found["versions"]] == ["added", "modified", "modified", "deleted", "added"]
    assert found["versions"][1]["diff"] == [{"path": "data.a", "old": "1", "new": "2"}]
    assert found["versions"][2]["diff"] == [{"path": "data.b", "old": "x"}, {"path": "data.c", "new": LONG}]
    assert [one["diff"] for one in found["versions"] if one["change"] != "modified"] == [[], [], []]
    assert found["object"] == {"context": lived.cluster.name, "kind": "configmaps", "namespace": "shop", "name": "notes"}
    seen = [parse_time(one["observed_at"], 0) for one in found["versions"]]
    assert all(before < at < after for before, at, after in zip(lived.times, seen, lived.times[1:], strict=False))
    assert all(one["resource_version"] for one in found["versions"] if one["change"] != "deleted")


async def test_each_version_lists_its_differences_from_the_one_before(lived: Past) -> None:
    found = (await lived.call("history_list_versions", kind="cm", name="notes", namespace="shop")).data["versions"]
    first, second = [
        (await lived.call("history_get_as_of", kind="cm", name="notes", namespace="shop", as_of=one["observed_at"])).data["object"]
        for one in found[:2]
    ]
    reached = apply_differences(first, msgspec.convert(found[1]["diff"], list[Difference]))
    assert reached["data"] == second["data"]


async def test_versions_can_be_limited_to_a_window_and_paged(lived: Past) -> None:
    asked = {"kind": "cm", "name": "notes", "namespace": "shop"}
    window = await lived.call(
        "history_list_versions", **asked, since=format_exact_time(lived.times[1]), until=format_exact_time(lived.times[3])
    )
    assert [one["change"] for one in window.data["versions"]] == ["modified", "modified"]
    assert window.data["versions"][0]["diff"], "compared with the version before the window"
    newest = await lived.call("history_list_versions", **asked, limit=2)
    older = await lived.call("history_list_versions", **asked, limit=3, cursor=newest.page.next)
    assert [one["change"] for one in (*older.data["versions"], *newest.data["versions"])] == [
        "added",
        "modified",
        "modified",
        "deleted",
        "added",
    ]
    assert older.page.next is None


async def test_gaps_are_listed_between_the_versions_that_they_separate(lived: Past) -> None:
    at = lived.times[2]
    await lived.gap(at - 0.001, at)
    outcome = await lived.call("history_list_versions", kind="cm", name="notes", namespace="shop")
    (gap,) = [one for one in outcome.data["gaps"] if one["reason"] == "the scanner was stopped"]
    assert gap == {
        "context": lived.cluster.name,
        "kind": "configmaps",
        "from": format_exact_time(at - 0.001),
        "to": format_exact_time(at),
        "reason": "the scanner was stopped",
    }
    lines = [line for line in outcome.text.splitlines() if "the scanner was stopped" in line or " modified" in line]
    assert ["stopped" in line for line in lines] == [False, True, False]
    assert outcome.freshness.complete is False


async def test_an_object_can_be_read_as_of_any_moment(lived: Past) -> None:
    wanted = [None, {"a": "1", "b": "x"}, {"a": "2", "b": "x"}, {"a": "2", "c": LONG}, None, {"again": "1"}]
    for at, data in zip(lived.times, wanted, strict=True):
        for tool in ("history_get_as_of", "k8s_get_resource"):
            outcome = await lived.harness.call(tool, kind="cm", name="notes", namespace="shop", as_of=format_exact_time(at))
            if data is None:
                assert isinstance(outcome.error, NotFound)
            else:
                assert outcome.data["object"]["data"] == data
                assert outcome.freshness.source is Source.HISTORY
                assert outcome.freshness.observed_at == pytest.approx(at, abs=1e-5)


async def test_an_object_missing_at_a_moment_is_an_error_with_the_times_it_existed(lived: Past) -> None:
    early = await lived.error("history_get_as_of", kind="cm", name="notes", namespace="shop", as_of=format_exact_time(lived.times[0]))
    assert "first observed at" in early.detail
    between = await lived.error("k8s_get_resource", kind="cm", name="notes", namespace="shop", as_of=format_exact_time(lived.times[4]))
    assert "deleted at" in between.detail
    assert "first observed again at" in between.detail
    never = await lived.error("history_list_versions", kind="cm", name="tolt", namespace="shop")
    assert "notes" in never.details["nearest"]
    elsewhere = await lived.error("history_list_versions", kind="cm", name="notes", namespace="kube-system")
    assert elsewhere.details["namespaces"] == ["shop"]


async def test_a_list_as_of_a_moment_has_filter_fields_and_pages(lived: Past) -> None:
    asked = {"kind": "cm", "namespace": "shop", "limit": 500}
    for at, there in zip(lived.times, [False, True, True, True, False, True], strict=True):
        outcome = await lived.call("k8s_list_resources", **asked, as_of=format_exact_time(at))
        assert ("notes" in {item["name"] for item in outcome.data["items"]}) is there
        assert outcome.freshness.source is Source.HISTORY
    then = format_exact_time(lived.times[2])
    filtered = await lived.call("k8s_list_resources", **asked, as_of=then, filter="name=notes", fields=["data.a"])
    assert filtered.data["items"] == [{"namespace": "shop", "name": "notes", "data.a": "2"}]
    whole = await lived.call("k8s_list_resources", kind="cm", as_of=then, limit=500)
    first = await lived.call("k8s_list_resources", kind="cm", as_of=then, limit=2)
    rest = await lived.call("k8s_list_resources", kind="cm", limit=500, cursor=first.page.next)
    assert [*first.data["items"], *rest.data["items"]] == whole.data["items"]
    assert rest.freshness.source is Source.HISTORY


async def test_a_long_list_as_of_a_moment_begins_with_counts_and_its_pages_keep_the_moment(lived: Past) -> None:
    first = await lived.call("k8s_list_pods", as_of=format_exact_time(lived.times[0]))
    assert first.data["summary"] is True
    page = await lived.call("k8s_list_pods", cursor=first.page.next, limit=500, max_tokens=100_000)
    assert len(page.data["items"]) == first.page.total
    assert page.freshness.observed_at == pytest.approx(lived.times[0], abs=1e-5)


async def test_ages_are_counted_back_from_the_requested_moment(lived: Past) -> None:
    """The pod was created 150 minutes ago, observed an hour ago, and is read as of half an hour ago."""
    store, now = lived.harness.store, time.time()
    assert store is not None
    table = find_table(await lived.harness.environment.find_resource(lived.cluster.name, "configmaps"))
    body = {
        "metadata": {
            "name": "aged",
            "namespace": "shop",
            "uid": "u1",
            "resourceVersion": "1",
            "creationTimestamp": format_rfc3339(now - 9000),
        }
    }
    seen = parsed("configmaps", table, msgspec.Raw(msgspec.json.encode(body)))
    columns = tuple(column.name for column in table.columns)
    await store.objects.write(WriteBatch(lived.cluster.name, ResourceName("configmaps"), now - 3600, [seen], columns=columns))
    asked = {"kind": "cm", "filter": "name=aged", "limit": 1}
    assert (await lived.call("k8s_list_resources", **asked)).data["items"][0]["age"] == "2h"
    assert (await lived.call("k8s_list_resources", **asked, as_of="-75m")).data["items"] == []
    then = await lived.call("k8s_list_resources", **asked, as_of="-40m")
    assert then.data["items"][0]["age"] == "1h"
    assert (await lived.call("k8s_list_resources", kind="cm", filter="name=aged age<2h", limit=1, as_of="-40m")).data["items"]


async def test_a_moment_within_a_gap_is_reported_as_unknown(lived: Past) -> None:
    await lived.gap(lived.times[1], lived.times[2])
    within = await lived.call("k8s_list_resources", kind="cm", as_of=format_exact_time((lived.times[1] + lived.times[2]) / 2))
    assert within.freshness.complete is False
    assert "the scanner was stopped" in within.freshness.missing[0]
    before = await lived.call("k8s_list_resources", kind="cm", as_of="yesterday")
    assert before.freshness.complete is False
    assert before.freshness.missing
    assert before.data["items"] == []
    never_read = await lived.call("k8s_list_resources", kind="ingresses", as_of="-1s")
    assert "never read" in never_read.freshness.missing[0]


async def test_invalid_times_are_refused_with_the_accepted_forms(lived: Past) -> None:
    for tool, arguments in (
        ("k8s_list_pods", {"as_of": "soon"}),
        ("k8s_get_resource", {"kind": "cm", "name": "notes", "namespace": "shop", "as_of": "2999-01-01"}),
        ("history_get_as_of", {"kind": "cm", "name": "notes", "namespace": "shop", "as_of": ""}),
        ("history_list_versions", {"kind": "cm", "name": "notes", "namespace": "shop", "since": "later"}),
        ("history_diff", {"since": "-1h", "until": "-2h"}),
        ("history_timeline", {"until": "2999-01-01"}),
    ):
        error = await lived.error(tool, **arguments)
        assert isinstance(error, InvalidParams), tool
        assert "yesterday 14:00" in error.details["expected"], tool
    both = await lived.error("k8s_list_pods", as_of="-1m", live=True)
    assert isinstance(both, InvalidParams)
    for tool in ("history_diff", "history_timeline", "history_list_versions", "k8s_list_pods"):
        arguments = {"since": "-1h"} if tool == "history_diff" else {"kind": "cm", "name": "notes"} if "versions" in tool else {}
        error = await lived.error(tool, **arguments, cursor="at:nonsense")
        assert isinstance(error, InvalidParams), tool
        assert error.details["parameter"] == "cursor"


async def test_a_diff_compares_the_two_ends_of_the_window(lived: Past) -> None:
    asked = {"kind": "cm", "namespace": "shop", "name": "notes"}
    ends = [(0, 3, "added"), (1, 3, "modified"), (1, 4, "deleted")]
    for begin, end, change in ends:
        found = (
            await lived.call(
                "history_diff", **asked, since=format_exact_time(lived.times[begin]), until=format_exact_time(lived.times[end])
            )
        ).data
        (item,) = found["items"]
        assert (item["change"], item["versions"]) == (change, end - begin)
        if change == "modified":
            assert [one["path"] for one in item["diff"]] == ["data.a", "data.b", "data.c"]
    passing = (
        await lived.call("history_diff", **asked, since=format_exact_time(lived.times[0]), until=format_exact_time(lived.times[4]))
    ).data
    assert (passing["items"], passing["passing"]) == ([], 1)
    replaced = (await lived.call("history_diff", **asked, since=format_exact_time(lived.times[3]))).data
    assert [item["change"] for item in replaced["items"]] == ["added", "deleted"]


async def test_a_diff_can_be_limited_to_a_field(lived: Past) -> None:
    asked = {"kind": "cm", "since": format_exact_time(lived.times[1]), "until": format_exact_time(lived.times[3])}
    (item,) = (await lived.call("history_diff", **asked, field="data.a")).data["items"]
    assert [one["path"] for one in item["diff"]] == ["data.a"]
    assert (await lived.call("history_diff", **asked, field="metadata.labels")).data["items"] == []


async def test_gaps_in_a_window_are_named(lived: Past) -> None:
    await lived.gap(lived.times[1], lived.times[2])
    outcome = await lived.call("history_diff", kind="cm", since=format_exact_time(lived.times[1]), until=format_exact_time(lived.times[3]))
    assert [one["reason"] for one in outcome.data["gaps"]] == ["the scanner was stopped"]
    assert outcome.freshness.complete is False
    assert "not watched" in outcome.freshness.missing[0]


async def test_the_timeline_is_newest_first_and_can_be_paged(lived: Past) -> None:
    asked = {"kind": "cm", "name": "notes", "since": format_exact_time(lived.times[0])}
    whole = (await lived.call("history_timeline", **asked)).data["items"]
    assert [item["change"] for item in whole] == ["added", "deleted", "modified", "modified", "added"]
    first = await lived.call("history_timeline", **asked, limit=2)
    rest = await lived.call("history_timeline", **asked, cursor=first.page.next)
    assert [*first.data["items"], *rest.data["items"]] == whole
    assert first.page.total == 5


async def test_an_event_in_the_timeline_has_its_message(lived: Past) -> None:
    events = await lived.harness.environment.find_resource(lived.cluster.name, "events")
    about = {"kind": "Pod", "namespace": "shop", "name": "web-1"}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "web-1.1"}, "type": "Warning", "reason": "BackOff"}
    await lived.cluster.create(events, "shop", msgspec.json.encode(event | {"message": "Back-off restarting", "involvedObject": about}))
    assert lived.harness.store is not None
    await scan(lived.cluster, lived.harness.store, ("events",))
    items = (await lived.call("history_timeline", kind="events", name="web-1.1", since=format_exact_time(lived.times[0]))).data["items"]
    assert [item["note"] for item in items] == ["Warning BackOff Pod/web-1: Back-off restarting"]


async def test_the_history_of_a_deleted_namespace_stays_readable(lived: Past) -> None:
    harness, cluster = lived.harness, lived.cluster
    assert harness.store is not None
    spaces = await harness.environment.find_resource(cluster.name, "namespaces")
    maps = await harness.environment.find_resource(cluster.name, "configmaps")
    await cluster.create(spaces, None, msgspec.json.encode({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "brief"}}))
    await cluster.create(maps, "brief", _map({"kept": "yes"}))
    await scan(cluster, harness.store, ("configmaps", "namespaces"))
    then = time.time()
    await cluster.delete(spaces, None, "brief")
    for _ in range(100):
        await scan(cluster, harness.store, ("configmaps", "namespaces"))
        if "brief" not in {item["name"] for item in (await lived.call("k8s_list_namespaces", limit=500)).data["items"]}:
            break
    assert isinstance(await lived.error("k8s_list_resources", kind="cm", namespace="brief"), NotFound)
    listed = await lived.call("k8s_list_resources", kind="cm", namespace="brief", as_of=format_exact_time(then))
    assert "notes" in {item["name"] for item in listed.data["items"]}
    found = await lived.call("history_list_versions", kind="cm", name="notes", namespace="brief")
    assert [one["change"] for one in found.data["versions"]] == ["added", "deleted"]
    assert isinstance(await lived.error("history_timeline", namespace="never-was"), NotFound)


async def test_no_reply_of_a_history_tool_exceeds_its_budget(lived: Past) -> None:
    common = {"since": format_exact_time(lived.times[0] - 600), "max_tokens": 600}
    for tool, arguments in (
        ("history_list_versions", {"kind": "cm", "name": "notes", "namespace": "shop"}),
        ("history_diff", {}),
        ("history_timeline", {}),
    ):
        outcome = await lived.call(tool, **arguments, **common)
        assert json_tokens(outcome.data) <= 660, tool
        assert text_tokens(outcome.text) <= 660, tool
        assert outcome.page.next or outcome.warnings or len(outcome.data["items"]) == outcome.page.total, tool


async def test_the_pages_of_a_diff_have_every_change(lived: Past) -> None:
    maps = await lived.harness.environment.find_resource(lived.cluster.name, "configmaps")
    for number in range(30):
        await lived.cluster.create(maps, "shop", _map({"a": "1"}, f"made-{number}"))
    assert lived.harness.store is not None
    await scan(lived.cluster, lived.harness.store, ("configmaps",))
    asked = {"since": format_exact_time(lived.times[-1]), "until": format_exact_time(time.time())}
    whole = (await lived.call("history_diff", **asked, limit=1000, max_tokens=100_000)).data["items"]
    assert len(whole) == 30
    found: list[Any] = []
    cursor = ""
    for _ in range(30):
        page = await lived.call("history_diff", **asked, limit=12, cursor=cursor, max_tokens=600)
        found += page.data["items"]
        cursor = page.page.next or ""
        if not cursor:
            break
    assert found == whole


async def test_kinds_that_policy_denies_are_missing_from_replies_about_all_kinds(lived: Past) -> None:
    since = format_exact_time(lived.times[0])
    lived.harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("configmaps",)),))
    for tool in ("history_diff", "history_timeline"):
        assert not await _kinds(lived, tool, since) & {"configmaps"}
        assert isinstance(await lived.error(tool, kind="cm", since=since), PolicyDenied)
    lived.harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("secrets",)),))
    assert await _kinds(lived, "history_diff", since) >= {"configmaps"}


async def _kinds(lived: Past, tool: str, since: str) -> set[str]:
    return {item["kind"] for item in (await lived.call(tool, since=since, limit=1000, max_tokens=100_000)).data["items"]}


async def test_history_tools_only_read(harness: ToolHarness) -> None:
    for name in HISTORY:
        tool = harness.pipeline.registry.find(name)
        assert tool.annotations()["readOnlyHint"] is True
        assert tool.annotations()["destructiveHint"] is False


async def test_without_a_cache_history_tools_return_an_error(bare: ToolHarness) -> None:
    outcome = await bare.call("history_timeline")
    assert isinstance(outcome.error, StoreError)
    assert isinstance((await bare.call("k8s_list_pods", as_of="-1m")).error, StoreError)
