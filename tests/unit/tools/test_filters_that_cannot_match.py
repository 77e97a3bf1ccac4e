"""A filter or a field that cannot match is an error with the right spelling, never zero rows, from cache and cluster."""

from typing import Any

import pytest

from k8sconsole.model.tools import ToolOutcome
from tests.tool_harness import ToolHarness

pytestmark = pytest.mark.asyncio(loop_scope="module")
SOURCES = pytest.mark.parametrize("live", [False, True], ids=["cache", "cluster"])


@pytest.fixture
def harness(shared_harness: ToolHarness) -> ToolHarness:
    return shared_harness


def _error(outcome: ToolOutcome) -> dict[str, Any]:
    found: dict[str, Any] = outcome.structured(0.0)["error"]
    return found


@SOURCES
@pytest.mark.parametrize(
    ("kind", "wrong", "remedy"),
    [
        ("pods", "statuss=Running", "status=Running"),
        ("pods", "statuss!=Running", "status!=Running"),
        ("pods", "restart>3 and name=x", "restarts>3 and name=x"),
        ("pods", "status!!=Running(", "status!=Running"),
        ("pods", "spec.nodeNam=x", "spec.nodeName=x"),
        ("pods", "spec.containers[*].imag=x", "spec.containers[*].image=x"),
        ("pods", "nodeNam=x", "nodeName=x"),
        ("pods", "label.k8s-ap=kube-dns", "k8s-app=kube-dns"),
        ("pods", "-l app.kubernetes.io/nam=web", "-l app.kubernetes.io/name=web"),
        ("pods", "app=web", "app.kubernetes.io/name=web"),
        ("deployments", "availabl>=1", "available>=1"),
        ("services", "restarts>3", ""),
        ("pods", "nonsense=1", ""),
        ("deployments", "up-to-date>many", ""),
    ],
)
async def test_a_key_that_no_row_has_is_an_error_with_the_right_spelling(
    harness: ToolHarness, kind: str, wrong: str, remedy: str, live: bool
) -> None:
    error = _error(await harness.call("k8s_list_resources", kind=kind, filter=wrong, live=live))
    assert (error["name"], error["details"]["parameter"]) == ("InvalidParams", "filter")
    assert "expected" in error["message"]
    if remedy:
        assert error["details"]["remedy"].removeprefix("label.") == remedy
        assert (await harness.call("k8s_list_resources", kind=kind, filter=error["details"]["remedy"], live=live)).error is None


@SOURCES
@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("replicas>=1", "spec.replicas>=1"),
        ("paused=true", "spec.paused=true"),
        ("observedGeneration>=1", "status.observedGeneration>=1"),
        ("readyreplicas>=1", "status.readyReplicas>=1"),
    ],
)
async def test_a_field_of_the_object_is_found_by_its_own_name(harness: ToolHarness, short: str, whole: str, live: bool) -> None:
    short_reply, whole_reply = [await harness.call("k8s_list_resources", kind="deploy", filter=each, live=live) for each in (short, whole)]
    if short == "paused=true":
        assert whole_reply.page.total == 0
        assert short_reply.error is not None or short_reply.warnings
        return
    assert short_reply.page.total == whole_reply.page.total != 0


@SOURCES
@pytest.mark.parametrize(
    ("unmatched", "warning"),
    [
        ("unhealthy", "'unhealthy' is in no name, namespace, node or status; for what is not healthy"),
        ("status", "use status=…"),
        ("status=Runing", "there is status=Running"),
        ("namespace=shp", "there is namespace=shop"),
        ("app.example.org/none=x", "has a label app.example.org/none"),
        ("spec.activeDeadlineSeconds>1", "has a value for spec.activeDeadlineSeconds"),
    ],
)
async def test_no_rows_have_a_reason(harness: ToolHarness, unmatched: str, warning: str, live: bool) -> None:
    outcome = await harness.call("k8s_list_pods", filter=unmatched, live=live)
    assert outcome.page.total == 0
    assert warning in " ".join(outcome.warnings)


@SOURCES
async def test_usage_that_is_unknown_is_a_warning(harness: ToolHarness, live: bool) -> None:
    for kind, why in (("services", "only pods and nodes have metrics"), ("pods", "no metrics are available")):
        if kind == "pods" and live:
            continue  # the demo serves metrics
        outcome = await harness.call("k8s_list_resources", kind=kind, filter="cpu>100m", live=live)
        assert why in " ".join(outcome.warnings)


async def test_usage_is_read_with_a_live_list(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_list_pods", filter="cpu>=0", live=True, limit=5)
    assert outcome.page.total
    assert outcome.warnings == ()


@SOURCES
@pytest.mark.parametrize(
    "right", ["k8s-app=x", "-l k8s-app=x,tier!=x", "!(k8s-app=x)", "app.kubernetes.io/name=web", "spec.nodeName!=x", "annotation.a!=b", "*"]
)
async def test_a_right_filter_is_no_error(harness: ToolHarness, right: str, live: bool) -> None:
    assert (await harness.call("k8s_list_pods", filter=right, live=live)).error is None


@SOURCES
@pytest.mark.parametrize(
    ("field", "nearest"),
    [("bogus.path", ""), ("spec.nodeNam", "spec.nodeName"), ("spec.bogus.path", None), ("app.kubernetes.io/name", None), ("status", None)],
)
async def test_a_field_that_no_object_has_is_said(harness: ToolHarness, field: str, nearest: str | None, live: bool) -> None:
    outcome = await harness.call("k8s_list_pods", fields=[field], limit=5, live=live)
    if nearest is None:
        assert outcome.error is None
        assert bool(outcome.warnings) is (field == "spec.bogus.path")
    else:
        details = _error(outcome)["details"]
        assert details["parameter"] == "fields"
        assert not nearest or details["nearest"] == [nearest]


async def test_a_field_that_one_object_does_not_have_is_said(harness: ToolHarness) -> None:
    call = {"kind": "deploy", "name": "web", "namespace": "shop"}
    assert _error(await harness.call("k8s_get_resource", **call, fields=["bogus.path"]))["details"]["parameter"] == "fields"
    assert _error(await harness.call("k8s_get_resource", **call, fields=["spec.replica"]))["details"]["nearest"] == ["spec.replicas"]
    assert "spec.paused" in " ".join((await harness.call("k8s_get_resource", **call, fields=["spec.paused"])).warnings)


async def test_a_part_of_a_name_that_nothing_has_is_said(harness: ToolHarness) -> None:
    for tool in ("helm_list_releases", "k8s_list_api_resources"):
        outcome = await harness.call(tool, filter="status=failed")
        assert outcome.page.total == 0
        assert any("'status=failed'" in warning for warning in outcome.warnings)


async def test_events_of_one_object_are_found_in_every_written_form(harness: ToolHarness) -> None:
    totals = set()
    for given in ({"about": "deployment/web"}, {"kind": "apps/v1/Deployment", "name": "web"}, {"name": "deploy/web"}):
        outcome = await harness.call("k8s_list_events", namespace="shop", **given)
        assert outcome.error is None, outcome.error
        totals.add(outcome.page.total)
    assert len(totals) == 1
