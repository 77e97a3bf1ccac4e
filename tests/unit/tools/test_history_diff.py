"""What changed, on a cache that is younger than the question: true changes first, no false additions, one line for the gaps."""

from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster, PatchType
from k8sconsole.kit.times import parse_time
from k8sconsole.model.history import Gap
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.tools.history.gaps import fold_gaps
from tests.tool_harness import ToolHarness, scan

KINDS = ("namespaces", "configmaps", "deployments.apps", "replicasets.apps", "pods", "events", "horizontalpodautoscalers.autoscaling")
NOON = parse_time("2026-11-30T12:00:00Z", 0.0)


@pytest.fixture
async def web(harness: ToolHarness, cluster: Cluster) -> str:
    """A deployment that is older than the cache, scanned, then given another image; with it a new event and a changed autoscaler."""
    assert harness.store is not None
    await scan(cluster, harness.store, KINDS)
    deployments = await harness.environment.find_resource(cluster.name, "deployments")
    (name, *_) = [one["metadata"]["name"] for one in await _objects(cluster, deployments)]
    pods = await harness.environment.find_resource(cluster.name, "pods")
    pod = (await _objects(cluster, pods))[0]["metadata"]["name"]
    await cluster.patch(pods, "shop", pod, b'{"metadata":{"labels":{"seen":"yes"}}}', PatchType.MERGE)
    await cluster.patch(deployments, "shop", name, b'{"spec":{"minReadySeconds":7}}', PatchType.MERGE)
    events = await harness.environment.find_resource(cluster.name, "events")
    about = {"kind": "Pod", "namespace": "shop", "name": pod}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "late.1"}, "type": "Warning", "involvedObject": about}
    await cluster.create(events, "shop", msgspec.json.encode(event))
    await scan(cluster, harness.store, KINDS)
    return str(name)


async def _objects(cluster: Cluster, resource: Any) -> list[dict[str, Any]]:
    pages = [page async for page in cluster.pages(resource)]
    bodies = [msgspec.json.decode(item) for page in pages for item in page.items]
    return [one for one in bodies if one["metadata"]["namespace"] == "shop"]


async def _diff(harness: ToolHarness, **arguments: Any) -> Any:
    outcome = await harness.call("history_diff", since="-1h", limit=1000, max_tokens=100_000, **arguments)
    assert outcome.error is None, outcome.error
    return outcome


async def test_an_object_older_than_the_cache_is_never_called_added(harness: ToolHarness, web: str) -> None:
    items = (await _diff(harness, namespace="shop")).data["items"]
    (deployment,) = [one for one in items if one["kind"] == "deployments.apps" and one["name"] == web]
    assert deployment["change"] == "modified"
    assert "spec.minReadySeconds" in [one["path"] for one in deployment["diff"]]
    assert deployment["first_seen"], "the state an hour ago is not known, and the reply says since when it is"
    assert [(one["kind"], one["name"]) for one in items if one["change"] == "added"] == []


async def test_changes_of_a_specification_come_before_those_of_controllers(harness: ToolHarness, web: str) -> None:
    kinds = [one["kind"] for one in (await _diff(harness, namespace="shop")).data["items"]]
    assert kinds.index("deployments.apps") < kinds.index("pods")


async def test_events_are_left_out_and_counted_unless_they_are_requested(harness: ToolHarness, web: str) -> None:
    found = await _diff(harness)
    assert not [one for one in found.data["items"] if one["kind"] == "events"]
    assert found.data["left_out"]["events"] >= 1
    assert "left out" in found.text
    requested = (await _diff(harness, kind="events")).data
    assert "late.1" in [one["name"] for one in requested["items"]]
    assert "left_out" not in requested


async def test_the_versions_of_an_object_older_than_the_cache_begin_with_first_seen(harness: ToolHarness, web: str) -> None:
    outcome = await harness.call("history_list_versions", kind="deploy", name=web, namespace="shop")
    first = outcome.data["versions"][0]
    assert first["change"] == "added"
    assert parse_time(first["created_at"], 0.0) < parse_time(first["observed_at"], 0.0) - 60
    assert "first seen (created " in outcome.text


async def test_the_gaps_of_a_window_are_one_line(harness: ToolHarness, cluster: Cluster, web: str) -> None:
    missing = (await _diff(harness)).freshness.missing
    assert len(missing) == 1
    assert "kinds" in missing[0]
    assert "of this time, longest " in missing[0]


def test_folded_gaps_say_how_much_of_the_window_was_not_watched_and_the_longest() -> None:
    gaps = [_gap("pods", 2, 40, "the scanner was stopped"), _gap("pods", 50, 53, "the watch was lost")]
    (line,) = fold_gaps(gaps, NOON, NOON + 6000)
    assert line == "here: pods: not watched 41 % of this time, longest 12:02–12:40 UTC (the scanner was stopped)"


def test_kinds_with_different_gaps_are_folded_to_the_largest_share() -> None:
    gaps = [_gap(kind, 0, 30 if kind == "pods" else 3, "") for kind in ("configmaps", "nodes", "pods", "services")]
    (line,) = fold_gaps(gaps, NOON, NOON + 6000)
    assert line == "here: 4 kinds: not watched up to 30 % of this time, longest 12:00–12:30 UTC"


def test_a_gap_before_the_first_scan_counts_from_the_start_of_the_window_and_a_lasting_one_to_its_end() -> None:
    gaps = [Gap(ClusterName("here"), ResourceName("pods"), 0.0, NOON + 1500, "before the first scan"), _gap("pods", 75, None, "")]
    (line,) = fold_gaps(gaps, NOON, NOON + 6000)
    assert line == "here: pods: not watched 50 % of this time, longest 12:00–12:25 UTC (before the first scan)"


def _gap(kind: str, began: float, ended: float | None, reason: str) -> Gap:
    """began, ended: minutes after noon."""
    return Gap(ClusterName("here"), ResourceName(kind), NOON + began * 60, None if ended is None else NOON + ended * 60, reason)
