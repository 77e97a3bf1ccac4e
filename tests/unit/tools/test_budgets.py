"""On a large cluster the reply of every reading tool, text and structured together, stays within its budget.

The reply says what was left out and how to get the rest. A shortened value still matches the schema of the tool.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import pytest_asyncio

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import PatchType
from k8sconsole.demo.server import DemoCluster
from k8sconsole.mcp_server.tool_results import call_result
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.tools import Risk, ToolOutcome
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.tools.output.reply_size import fit_reply, reply_tokens
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, json_tokens, text_tokens
from k8sconsole.tools.registry import builtin_registry
from k8sconsole.tools.results import Reply
from tests.tool_harness import SCANNED, ToolHarness, make_environment, reading_arguments, scan

BUDGETS = (300, 1_000, DEFAULT_TOKENS)
READING = [tool for tool in builtin_registry() if tool.risk is Risk.READ]
HUGE = 100_000


@pytest.fixture(scope="module", params=[1_000, pytest.param(10_000, marks=pytest.mark.long)])
def pods(request: pytest.FixtureRequest) -> int:
    """How many pods the cluster has."""
    return int(request.param)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def large(tmp_path_factory: pytest.TempPathFactory, pods: int) -> AsyncIterator[ToolHarness]:
    """A large cluster in a cache, with two hundred services changed since."""
    async with DemoCluster("large", size=pods, seed=7) as demo:
        contexts = KubeconfigContexts([demo.kubeconfig])
        cluster = await contexts.open(contexts.list()[0].name)
        folder: Path = tmp_path_factory.mktemp("large")
        store = await open_store(folder / "cache.db")
        await scan(cluster, store, (*SCANNED, "pods.metrics.k8s.io"))
        harness = ToolHarness(make_environment(demo, cluster, store))
        await _changed(harness, cluster)
        yield harness
        await harness.pipeline.close()
        await store.close()
        await cluster.close()


async def _changed(harness: ToolHarness, cluster: Any) -> None:
    kind = await harness.environment.find_resource(cluster.name, "services")
    async for page in cluster.pages(kind):
        for item in page.items[:200]:
            meta = msgspec.json.decode(item)["metadata"]
            body = msgspec.json.encode({"metadata": {"labels": {f"label-{number}": "touched" for number in range(8)}}})
            await cluster.patch(kind, meta["namespace"], meta["name"], body, PatchType.MERGE)
    assert harness.store is not None
    await scan(cluster, harness.store, ("services",))


async def _calls(harness: ToolHarness, pods: int) -> dict[str, dict[str, Any]]:
    """The arguments of each tool that give the largest reply."""
    deployment = (await harness.call("k8s_list_resources", kind="deploy", limit=1)).data["items"][0]
    pod = (await harness.call("k8s_list_pods", filter="status=Running", limit=1)).data["items"][0]
    service = (await harness.call("k8s_list_services", limit=1)).data["items"][0]
    arguments = reading_arguments(pod["name"], deployment["name"])
    for tool in ("k8s_get_resource", "k8s_describe_resource", "k8s_get_pod_logs", "history_get_as_of", "history_list_versions"):
        arguments[tool]["namespace"] = pod["namespace"]
    arguments["history_list_versions"] = {"kind": "services", "name": service["name"], "namespace": service["namespace"]}
    for tool in ("k8s_rollout_status", "k8s_rollout_history"):
        arguments[tool]["namespace"] = deployment["namespace"]
    arguments["k8s_get_pod_logs"]["tail"] = 0
    arguments["k8s_list_pods"] = {"limit": pods}
    arguments["k8s_search_resources"] = {"text": "a", "limit": 1_000}
    arguments["cache_query"] = {"sql": "SELECT * FROM pods", "limit": 10_000}
    arguments["k8s_top_pods"] = {"limit": 10_000}
    arguments["k8s_get_usage"] = {"by": "workload"}
    return {tool.name: arguments.get(tool.name, {}) for tool in READING if not tool.name.startswith("helm_get")}


def _wire(outcome: ToolOutcome, now: float) -> int:
    """The size of a reply at the client, counted as the token budget counts."""
    result = call_result(outcome, now)
    return json_tokens(result.structured_content) + text_tokens("".join(part.text for part in result.content if part.type == "text"))


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.asyncio(loop_scope="module")
async def test_every_reply_fits_its_budget_lists_what_is_cut_and_matches_its_schema(large: ToolHarness, pods: int, budget: int) -> None:
    wrong: list[str] = []
    for name, arguments in (await _calls(large, pods)).items():
        tool = large.pipeline.registry.find(name)
        sized = "max_tokens" in tool.parameters()[1]
        if budget != DEFAULT_TOKENS and not sized:
            continue
        outcome = await large.call(name, **arguments, **({"max_tokens": budget} if sized else {}))
        assert outcome.error is None, (name, outcome.error)
        now = large.environment.clock.now()
        if (size := _wire(outcome, now)) > budget:
            wrong.append(f"{name}: {size} tokens of {budget}")
        if not (outcome.page.next or outcome.warnings) and sized and await _has_more(large, name, arguments, outcome):
            wrong.append(f"{name}: does not say that there is more")
        try:
            jsonschema.validate(outcome.structured(now), tool.output_schema())
        except jsonschema.ValidationError as problem:
            wrong.append(f"{name}: {problem.message[:200]} at {list(problem.path)}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.long
@pytest.mark.parametrize("pods", [10_000], indirect=True, scope="module")
@pytest.mark.asyncio(loop_scope="module")
async def test_the_summary_of_ten_thousand_pods_takes_half_the_default_budget(large: ToolHarness, pods: int) -> None:
    outcome = await large.call("k8s_list_pods")
    assert outcome.page.total == pods
    assert {row["status"] for row in outcome.data["items"]}.isdisjoint({"Completed", "Succeeded"})
    assert len(outcome.data["items"]) >= 15, "each row names its node"
    assert _wire(outcome, large.environment.clock.now()) <= DEFAULT_TOKENS / 2


async def _has_more(harness: ToolHarness, name: str, arguments: dict[str, Any], outcome: ToolOutcome) -> bool:
    whole = await harness.call(name, **arguments, max_tokens=HUGE)
    return json_tokens(whole.data) > json_tokens(outcome.data) * 1.2 + 50


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("k8s_list_pods", {"filter": "status!=Running", "cursor": "start"}),
        ("k8s_list_pods", {"filter": "status!=Running", "limit": 40, "live": True}),
        ("history_diff", {"since": "-1h", "limit": 30}),
        ("history_timeline", {"since": "-1h", "limit": 30}),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_pages_of_a_small_budget_have_every_row_exactly_once(large: ToolHarness, tool: str, arguments: dict[str, Any]) -> None:
    seen: list[str] = []
    cursor = arguments.get("cursor", "")
    for _ in range(400):
        outcome = await large.call(tool, **{**arguments, "cursor": cursor}, max_tokens=1_000)
        assert outcome.error is None, outcome.error
        seen += [f"{item.get('kind')}/{item['namespace']}/{item['name']}/{item.get('at')}" for item in outcome.data["items"]]
        cursor = outcome.page.next or ""
        if not cursor or len(seen) >= 200:
            break
    assert len(seen) == len(set(seen))
    assert len(seen) >= min(200, outcome.page.total or 0)


def _reply(data: Any, text: str, **more: Any) -> Reply:
    return Reply(data, text, more.pop("freshness", Freshness(Source.LIVE, 0.0)), **more)


def test_a_cut_value_keeps_its_type_and_the_reply_says_how_to_get_the_rest() -> None:
    data = {
        "items": [{"name": f"n{number}"} for number in range(500)],
        "object": {"spec": {"text": "x" * 9_000}},
        "lines": ["word " * 9] * 99,
    }
    fitted = fit_reply(_reply(data, "line\n" * 5_000), 500, "ask again")
    assert reply_tokens(fitted) <= 500
    assert all(isinstance(item, dict) for item in fitted.data["items"])
    assert isinstance(fitted.data["object"], dict)
    assert all(isinstance(line, str) for line in fitted.data["lines"])
    assert "items from" in fitted.warnings[-1]
    assert fitted.warnings[-1].endswith("ask again")
    assert fitted.text.endswith("ask again")


def test_a_long_list_of_missing_parts_leaves_room_for_the_answer() -> None:
    missing = tuple(f"demo: kind-{number}: you may not list it in this namespace" for number in range(400))
    fitted = fit_reply(_reply({"answer": 42}, "42", freshness=Freshness(Source.LIVE, 0.0, False, missing), warnings=missing), 400, "ask")
    assert reply_tokens(fitted) <= 400
    assert fitted.data == {"answer": 42}
    assert fitted.freshness.missing[-1] == f"and {400 - len(fitted.freshness.missing) + 1} more"
