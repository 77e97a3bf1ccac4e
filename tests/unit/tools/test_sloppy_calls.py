"""Forty sloppy calls as models make them, on the demo's bad day: each gives the right answer, or an error that mends itself in one step.

``sloppy_calls.md`` beside this file lists them with their results; GOLDEN_WRITE=1 renews it.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.tools import ToolOutcome
from k8sconsole.store.sqlite.open import open_store
from tests.tool_harness import ToolHarness, make_environment, scan

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = Path(__file__).with_name("sloppy_calls.md")
Answer = Callable[[ToolOutcome], bool]


def rows(count: int) -> Answer:
    return lambda outcome: outcome.page.total == count


def says(text: str) -> Answer:
    return lambda outcome: text in "\n".join((outcome.text, *outcome.warnings))


def of(field: str, name: str, namespace: str) -> Answer:
    """field: one of the spec that only this kind has."""

    def check(outcome: ToolOutcome) -> bool:
        found = outcome.data["object"]
        return field in found["spec"] and (found["metadata"]["name"], found["metadata"].get("namespace", "")) == (name, namespace)

    return check


INVOICES = "a workload; this is its pod invoices-"
ANSWERED: list[tuple[str, dict[str, Any], Answer]] = [
    ("k8s_list_pods", {"namespace": "ALL", "filter": "status=CrashLoopBackOff,ImagePullBackOff"}, rows(4)),
    ("k8s_list_pods", {"namespace": None, "filter": "status in (Error, Evicted)"}, rows(7)),
    ("k8s_list_pods", {"filter": "restarts>3 && status!=Running"}, rows(3)),
    ("k8s_list_pods", {"namespace": "shop,payments", "filter": "name contains cart", "limit": "5"}, rows(7)),
    ("k8s_list_pods", {"ns": "shop", "labelSelector": "app.kubernetes.io/name=cart"}, rows(4)),
    ("k8s_list_pods", {"namespace": "shop", "field_selector": "status.phase=Failed"}, rows(6)),
    ("list_pods", {"namespace": " shop ", "filter": "status=Error || status=ImagePullBackOff"}, rows(5)),
    ("k8s_list_pods", {"all_namespaces": True, "filter": "status notin (Running,Completed)", "maxTokens": 9000}, rows(15)),
    ("k8s_list_pods", {"filter": "unhealthy"}, says("for what is not healthy use status!=Running or ready<1")),
    ("k8s_list_pods", {"filter": "status=CrashLoopBackof"}, says("there is status=CrashLoopBackOff")),
    ("k8s_list_pods", {"filter": "cpu>100m"}, says("no metrics are available")),
    ("k8s_list_resources", {"kind": "apps/v1/Deployment", "filter": "replicas>=3"}, rows(11)),
    ("k8s_list_resources", {"resource_type": "Deployment", "filter": "status.unavailableReplicas>0"}, rows(9)),
    ("k8s_list_resources", {"kind": "deployment/web", "namespace": "*"}, rows(1)),
    ("k8s_list_resources", {"kind": "pods.v1", "namespace": '["team-b"]', "filter": "status==Pending"}, rows(1)),
    ("k8s_get_resource", {"kind": "deployment/invoices", "namespace": "payments"}, of("strategy", "invoices", "payments")),
    ("k8s_get_resource", {"kind": "v1/Node", "name": "spot-01,"}, of("podCIDR", "spot-01", "")),
    ("k8s_get_resource", {"name": "statefulset/ledger-db", "namespace": "payments"}, of("serviceName", "ledger-db", "payments")),
    ("k8s_get_resource", {"kind": "pod", "name": "payments/ledger-db-0"}, of("containers", "ledger-db-0", "payments")),
    ("k8s_get_resource", {"kind": "deploy", "name": "invoices", "namespace": "all"}, says("invoices is in payments")),
    ("k8s_describe_resource", {"kind": ["Deployment"], "name": " invoices ", "namespace": "payments"}, says("invoices")),
    ("k8s_get_pod_logs", {"name": "invoices", "namespace": "payments", "previous": "true", "tail": "20"}, says(INVOICES)),
    ("k8s_get_pod_logs", {"pod_name": "deployment/invoices", "namespace": "payments", "tailLines": 20}, says(INVOICES)),
    ("k8s_get_pod_logs", {"name": "deploy/invoices", "namespace": "payments", "since": "1 hour ago"}, says(INVOICES)),
    ("history_timeline", {"since": "15m", "namespace": "", "limit": 5}, says("changes from")),
    ("history_diff", {"since": "1h30m", "until": None, "namespace": "shop"}, says("objects with changes")),
    ("k8s_top_pods", {"namespaces": ["shop"], "sort": "Memory", "top": "3"}, lambda outcome: len(outcome.data["items"]) == 3),
    ("k8s_search_resources", {"query": "invoices", "kinds": "pods, deployments"}, says("deployments.apps payments/invoices")),
    ("k8s_list_events", {"namespace": "payments", "limit": 5.0}, lambda outcome: len(outcome.data["items"]) <= 5),
    ("k8s_rollout_status", {"name": "deployment/thumbnails", "namespace": "shop"}, says("thumbnails")),
]
"""Calls that are answered: the tool, its arguments, and what the answer must be."""
MENDED: list[tuple[str, dict[str, Any]]] = [
    ("k8s_list_pods", {"filter": "statuss=Running"}),
    ("k8s_list_pods", {"filter": "status!!=Running("}),
    ("k8s_list_pods", {"filter": "status is not Running"}),
    ("k8s_list_pods", {"filter": "app=checkout"}),
    ("k8s_list_pods", {"namespace": "payment"}),
    ("k8s_list_pods", {"fields": ["spec.nodeNam"]}),
    ("k8s_list_pods", {"filter_expression": "status=Error"}),
    ("k8s_list_resources", {"kind": "deploymnets"}),
    ("k8s_get_resource", {"kind": "pod", "name": "invoices", "namespace": "payments"}),
    ("k8s_get_resource", {"kind": "pod", "name": "checkout-0000000000-aaaaa", "namespace": "payments"}),
    ("k8s_get_resource", {"kind": "deployment", "name": "invoices", "namespace": "shop"}),
    ("k8s_get_pod_logs", {"name": "invoices", "namespace": "payments", "container": "main"}),
    ("k8s_get_resource", {"kind": "pods", "name": "deployment/invoices", "namespace": "payments"}),
]
"""Calls that are refused with an error whose first suggestion works."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ToolHarness]:
    async with DemoCluster(scenario="bad-day", still=True, seed=7) as demo:
        contexts = KubeconfigContexts([demo.kubeconfig])
        cluster = await contexts.open(contexts.list()[0].name)
        store = await open_store(tmp_path_factory.mktemp("bad-day") / "cache.db")
        await scan(cluster, store)
        found = ToolHarness(make_environment(demo, cluster, store))
        yield found
        await found.pipeline.close()
        await store.close()
        await cluster.close()


def _mend(arguments: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    """What a model makes of the error: the parameter with the first suggestion, or what the remedy says to type."""
    details, remedy = error["details"], error["details"].get("remedy", "")
    parameter, nearest = details["parameter"], details.get("nearest") or [""]
    if parameter == "filter":
        return {**arguments, "filter": remedy}
    if "has no parameter" in error["message"]:
        return {nearest[0] if key == parameter else key: value for key, value in arguments.items()}
    typed = dict(part.split("=", 1) for part in remedy.split() if "=" in part)
    if typed:
        return {**arguments, **{key: [value] if key == "fields" else value for key, value in typed.items()}}
    return {**arguments, parameter: nearest[0]}


def _cell(value: object) -> str:
    return re.sub(r"-[a-z0-9]{10}-[a-z0-9]{5}\b", "-…", str(value)).replace("|", "\\|").replace("\n", " ")


def _first_line(outcome: ToolOutcome) -> str:
    remarks = "".join(f" · {warning}" for warning in outcome.warnings[:1])
    return _cell(outcome.text.strip().splitlines()[0] + remarks)


async def test_a_sloppy_call_is_answered_rightly(harness: ToolHarness) -> None:
    for tool, arguments, right in ANSWERED:
        outcome = await harness.call(tool, **arguments)
        assert outcome.error is None, (tool, arguments, str(outcome.error))
        assert right(outcome), (tool, arguments, outcome.page, outcome.warnings, outcome.text[:1000])


async def test_the_error_of_a_sloppy_call_mends_it_in_one_step(harness: ToolHarness) -> None:
    for tool, arguments in MENDED:
        error = (await harness.call(tool, **arguments)).structured(0.0).get("error")
        assert error is not None, (tool, arguments)
        mended = _mend(arguments, error)
        outcome = await harness.call(tool, **mended)
        assert outcome.error is None, (tool, arguments, error, mended, str(outcome.error))


async def test_the_page_lists_every_call_with_its_result(harness: ToolHarness) -> None:
    lines = ["| call | result |", "|---|---|"]
    for tool, arguments, _ in ANSWERED:
        shown = f"`{tool} {json.dumps(arguments)}`"
        lines.append(f"| {_cell(shown)} | {_first_line(await harness.call(tool, **arguments))} |")
    for tool, arguments in MENDED:
        outcome = await harness.call(tool, **arguments)
        mended = _mend(arguments, outcome.structured(0.0)["error"])
        lines.append(f"| {_cell(f'`{tool} {json.dumps(arguments)}`')} | {_cell(outcome.error)} → {_cell(json.dumps(mended))} works |")
    assert len(lines) - 2 >= 40
    if os.environ.get("GOLDEN_WRITE"):
        PAGE.write_text("# Forty sloppy calls and their results\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    written = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [line.split(" | ")[0] for line in written[4:]]
