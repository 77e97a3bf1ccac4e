"""The meters count every call when it ends, and the readings of the steps are exported."""

import contextlib
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.events import ClusterState, ConnectionState
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.runtime.metrics.prometheus import format_stored_metrics
from k8sconsole.telemetry.exposition import render_metrics
from tests.tool_harness import ToolHarness


def _samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples if sample.name == f"k8sconsole_{name}"]
    return {tuple(sample.labels.values()): sample.value for sample in found}


async def _some_calls(harness: ToolHarness, demo: DemoCluster) -> str:
    harness.pipeline.handle_fact(ClusterState(harness.environment.selected()[0], ConnectionState.LIVE))
    for face in (Face.MCP, Face.MCP, Face.TUI):
        await harness.call("k8s_list_pods", face=face)
    await harness.call("k8s_list_pods", limit="many")
    harness.policy = Policy(read_only=True)
    await harness.call("k8s_delete_resource", kind="pods", name="x")
    pod = (await harness.call("k8s_list_pods", namespace="shop")).data["items"][0]["name"]
    stream = harness.pipeline.stream(ToolCall("k8s_get_pod_logs", {"name": pod, "namespace": "shop", "follow": True}, Face.TUI))
    async with contextlib.aclosing(stream) as lines:  # type: ignore[type-var]
        async for _ in lines:
            break
    await demo.refuse()
    for _ in range(3):
        await harness.call("k8s_check_permission", kind="pods")
    return render_metrics(harness.pipeline.meters)


async def test_calls_cache_hits_breakers_and_the_backlog_are_exported(harness: ToolHarness, demo: DemoCluster) -> None:
    text = await _some_calls(harness, demo)
    calls = _samples(text, "tool_calls_total")
    assert calls["mcp", "ok", "k8s_list_pods"] == 2
    assert calls["tui", "InvalidParams", "k8s_list_pods"] == 1
    assert calls["tui", "PermissionDenied", "k8s_delete_resource"] == 1
    assert calls["tui", "ok", "k8s_get_pod_logs"] == 1
    assert calls["tui", "ServiceUnavailable", "k8s_check_permission"] == 3
    assert _samples(text, "replies_at_hand_total") == {("hit",): 2, ("miss",): 2}
    assert _samples(text, "tool_replies_total") == {("cache",): 4}
    assert _samples(text, "breaker_state") == {(harness.environment.selected()[0],): 2}
    assert _samples(text, "tool_call_seconds_count")[("k8s_list_pods",)] == 5
    assert _samples(text, "calls_running") == _samples(text, "calls_waiting") == {(): 0}


async def test_the_audit_backlog_counts_entries_that_are_not_stored_yet(harness: ToolHarness) -> None:
    await harness.call("k8s_list_pods")
    assert _samples(render_metrics(harness.pipeline.meters), "audit_backlog")[()] > 0
    await harness.pipeline.close()
    assert _samples(render_metrics(harness.pipeline.meters), "audit_backlog") == {(): 0}


async def test_another_process_exports_the_same_counts_from_the_cache_file(harness: ToolHarness, demo: DemoCluster) -> None:
    own: Any = await _some_calls(harness, demo)
    await harness.pipeline.close()
    assert harness.store is not None
    kept = await format_stored_metrics(harness.store, 0.0)
    for name in ("tool_calls_total", "replies_at_hand_total"):
        assert _samples(kept, name) == _samples(own, name)
    assert _samples(await format_stored_metrics(harness.store, harness.environment.clock.now()), "tool_calls_total") == {}
