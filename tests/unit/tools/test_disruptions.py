"""Disruption budgets: a question before a change names the budget that the change would break, and a drain waits for it."""

import asyncio
import re
from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster
from k8sconsole.model.tools import Answer, Face, ToolCall
from k8sconsole.tools.toolsets import nodes
from tests.tool_harness import ToolHarness
from tests.waiting import wait_until

NO = Answer(False, by="test")


async def _budget(harness: ToolHarness, cluster: Cluster, name: str, namespace: str = "shop") -> dict[str, Any]:
    kind = await harness.environment.find_resource(cluster.name, "poddisruptionbudgets.policy")
    found: dict[str, Any] = msgspec.json.decode(await cluster.get(kind, namespace, name))
    return found


async def _budget_lines(harness: ToolHarness, tool: str, **arguments: Any) -> list[str]:
    """The lines about budgets in the question. The answer is no."""
    harness.answer = lambda question: NO
    await harness.call(tool, **arguments)
    return [one for one in harness.questions.pop().consequences if "PodDisruptionBudget" in one]


async def _pods(harness: ToolHarness, cluster: Cluster, app: str) -> list[dict[str, Any]]:
    kind = await harness.environment.find_resource(cluster.name, "pods")
    found = [msgspec.json.decode(item) async for page in cluster.pages(kind, namespace="shop") for item in page.items]
    return [one for one in found if re.fullmatch(rf"{app}-[a-z0-9]+-[a-z0-9]{{5}}", one["metadata"]["name"])]


async def _create_tight_budget(harness: ToolHarness, cluster: Cluster, app: str) -> None:
    """Creates a budget that allows no disruption of the deployment."""
    kind = await harness.environment.find_resource(cluster.name, "poddisruptionbudgets.policy")
    labels = (await _pods(harness, cluster, app))[0]["metadata"]["labels"]
    selector = {"matchLabels": {key: value for key, value in labels.items() if key != "pod-template-hash"}}
    budget = {
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "tight", "namespace": "shop"}, "spec": {"minAvailable": "100%", "selector": selector},
    }  # fmt: skip
    await cluster.create(kind, "shop", msgspec.json.encode(budget))

    async def has_status() -> Any:
        return (await _budget(harness, cluster, "tight")).get("status", {}).get("desiredHealthy")

    await wait_until(has_status)


async def test_scaling_below_a_disruption_budget_names_the_budget(harness: ToolHarness, cluster: Cluster) -> None:
    asked = {"kind": "deploy", "name": "cart", "namespace": "shop"}
    status = (await _budget(harness, cluster, "cart"))["status"]
    (said,) = await _budget_lines(harness, "k8s_scale_resource", replicas=0, **asked)
    assert "shop/cart" in said
    assert f"has {status['currentHealthy']} healthy pods and needs {status['desiredHealthy']}: this leaves 0" in said
    assert await _budget_lines(harness, "k8s_scale_resource", replicas=status["desiredHealthy"], **asked) == []
    assert await _budget_lines(harness, "k8s_scale_resource", replicas=20, **asked) == []


async def test_a_budget_in_percent_is_not_broken_by_scaling(harness: ToolHarness, cluster: Cluster) -> None:
    assert (await _budget(harness, cluster, "catalog"))["spec"]["minAvailable"] == "50%"
    assert await _budget_lines(harness, "k8s_scale_resource", kind="deploy", name="catalog", namespace="shop", replicas=1) == []


async def test_deleting_a_workload_names_its_budget_unless_its_pods_stay(harness: ToolHarness) -> None:
    for kind, name in (("deploy", "cart"), ("deploy", "orders"), ("sts", "orders-db")):
        (said,) = await _budget_lines(harness, "k8s_delete_resource", kind=kind, name=name, namespace="shop")
        assert f"shop/{name}" in said
        assert "leaves 0" in said
    assert await _budget_lines(harness, "k8s_delete_resource", kind="deploy", name="cart", namespace="shop", propagation="Orphan") == []
    assert await _budget_lines(harness, "k8s_delete_resource", kind="deploy", name="mailer", namespace="shop") == []


async def test_deleting_a_pod_names_a_budget_without_allowed_disruptions(harness: ToolHarness, cluster: Cluster) -> None:
    pod = (await _pods(harness, cluster, "mailer"))[0]["metadata"]["name"]
    assert await _budget_lines(harness, "k8s_delete_pod", name=pod, namespace="shop") == []
    await _create_tight_budget(harness, cluster, "mailer")
    for tool, more in (("k8s_delete_pod", {}), ("k8s_delete_resource", {"kind": "pods"})):
        (said,) = await _budget_lines(harness, tool, name=pod, namespace="shop", **more)
        assert "shop/tight" in said


async def _drain_call(harness: ToolHarness, cluster: Cluster, app: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, dict[str, Any]]:
    """A pod that a budget protects, its node, and the arguments that drain the node."""
    await _create_tight_budget(harness, cluster, app)
    monkeypatch.setattr(nodes, "PAUSE", 0.05)
    harness.answer = lambda question: Answer(True, question.confirm_word, "test")
    pod = next(one for one in await _pods(harness, cluster, app) if one["spec"].get("nodeName"))
    node = pod["spec"]["nodeName"]
    call = {"name": node, "force": True, "delete_emptydir_data": True, "grace_seconds": 0}
    return f"shop/{pod['metadata']['name']}", node, call


async def _cordoned(harness: ToolHarness, cluster: Cluster, node: str) -> bool:
    kind = await harness.environment.find_resource(cluster.name, "nodes")
    return bool(msgspec.json.decode(await cluster.get(kind, None, node))["spec"].get("unschedulable"))


async def test_a_pod_held_by_a_budget_is_retried_until_the_timeout_and_then_named(
    harness: ToolHarness, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, node, call = await _drain_call(harness, cluster, "mailer", monkeypatch)
    tried: list[str] = []
    evict = cluster.evict

    async def counting(namespace: str, pod: str, **more: Any) -> None:
        if not more.get("dry_run"):
            tried.append(f"{namespace}/{pod}")
        await evict(namespace, pod, **more)

    monkeypatch.setattr(cluster, "evict", counting)
    outcome = await harness.call("k8s_drain_node", timeout_seconds=1, **call)
    assert outcome.error is None
    assert any("shop/tight" in one for one in harness.questions[-1].consequences)
    assert tried.count(held) > 2
    assert not outcome.data["complete"]
    assert held in outcome.data["remaining"]
    assert outcome.data["evicted"]
    assert set(tried) >= {*outcome.data["evicted"], held}
    assert "tight" in outcome.data["held"]
    assert any(held in warning for warning in outcome.warnings)
    assert await _cordoned(harness, cluster, node)


async def test_a_pod_with_two_budgets_holds_up_a_drain_but_does_not_fail_it(
    harness: ToolHarness, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, _, call = await _drain_call(harness, cluster, "cart", monkeypatch)
    outcome = await harness.call("k8s_drain_node", timeout_seconds=1, **call)
    assert outcome.error is None, outcome.error
    assert held in outcome.data["remaining"]
    assert "more than one PodDisruptionBudget" in outcome.data["held"]


async def test_a_cancelled_drain_reports_its_progress_and_the_node_stays_cordoned(
    harness: ToolHarness, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, node, call = await _drain_call(harness, cluster, "mailer", monkeypatch)
    notes: list[tuple[float, float | None, str]] = []
    under_way = asyncio.Event()

    async def progress(done: float, total: float | None, message: str) -> None:
        notes.append((done, total, message))
        if done:
            under_way.set()

    asked = ToolCall("k8s_drain_node", {**call, "timeout_seconds": 60}, Face.TUI)
    task = asyncio.create_task(harness.pipeline.call(asked, progress))
    async with asyncio.timeout(20):
        await under_way.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    done, total, said = notes[-1]
    assert total is not None
    assert 0 < done < total
    assert said == f"cancelled: {done:g} of {total:g} pods evicted, {node} stays cordoned"
    assert await _cordoned(harness, cluster, node)
    assert ("k8s_drain_node", "completed", "Cancelled") in await harness.audit()
    living = {f"shop/{one['metadata']['name']}" for one in await _pods(harness, cluster, "mailer")}
    assert held in living
