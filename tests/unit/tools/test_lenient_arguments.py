"""Arguments as models send them mean what was meant: lenient in form, strict in meaning."""

from typing import Any

import pytest

from k8sconsole.errors import InvalidParams
from k8sconsole.model.filters import parse_filter
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from k8sconsole.tools.pipeline.arguments import lenient_arguments
from k8sconsole.tools.registry import builtin_registry
from tests.tool_harness import ToolHarness

pytestmark = pytest.mark.asyncio(loop_scope="module")
REGISTRY = builtin_registry()


@pytest.fixture
def harness(shared_harness: ToolHarness) -> ToolHarness:
    return shared_harness


@pytest.mark.parametrize(
    ("tool", "sent", "meant"),
    [
        ("k8s_list_pods", {"namespace": None, "filter": None}, {}),
        ("k8s_list_pods", {"namespace": "ALL"}, {"namespace": "*"}),
        ("k8s_list_pods", {"namespace": ""}, {"namespace": "*"}),
        ("k8s_list_pods", {"namespace": "shop, payments,"}, {"namespace": ["shop", "payments"]}),
        ("k8s_list_pods", {"namespace": '["shop"]'}, {"namespace": "shop"}),
        ("k8s_list_pods", {"namespaces": ["shop", "shop"]}, {"namespace": "shop"}),
        ("k8s_list_pods", {"all_namespaces": True}, {"namespace": "*"}),
        ("k8s_list_pods", {"limit": "5", "live": "yes", "maxTokens": 900}, {"limit": "5", "live": True, "max_tokens": 900}),
        ("k8s_list_pods", {"fields": "spec.nodeName, status.phase"}, {"fields": ["spec.nodeName", "status.phase"]}),
        ("k8s_list_pods", {"fields": '["a", "b"]'}, {"fields": ["a", "b"]}),
        ("k8s_list_pods", {"ns": "shop", "asOf": " 15m "}, {"namespace": "shop", "as_of": "15m"}),
        ("k8s_get_resource", {"kind": "deployment/web"}, {"kind": "deployment", "name": "web"}),
        ("k8s_get_resource", {"kind": "apps/v1/Deployment", "name": " web ,"}, {"kind": "apps/v1/Deployment", "name": "web"}),
        ("k8s_get_resource", {"name": "deployment/web"}, {"kind": "deployment", "name": "web"}),
        ("k8s_get_resource", {"kind": ["pod"], "name": "shop/web-0"}, {"kind": "pod", "name": "web-0", "namespace": "shop"}),
        ("k8s_get_resource", {"resource_type": "pod", "resourceName": "x"}, {"kind": "pod", "name": "x"}),
        ("k8s_get_pod_logs", {"pod_name": "web-0", "tail_lines": 5}, {"name": "web-0", "tail": 5}),
        ("k8s_get_pod_logs", {"name": "pod/web-0", "since_seconds": 60}, {"name": "web-0", "since": "60s"}),
        ("k8s_get_pod_logs", {"name": "w", "contains": " x,"}, {"name": "w", "contains": " x,"}),
        ("k8s_list_resources", {"kind": "deployment/web"}, {"kind": "deployment", "filter": 'name="web"'}),
        ("k8s_search_resources", {"query": "web", "kinds": "pods, svc"}, {"text": "web", "kinds": ["pods", "svc"]}),
        ("k8s_label_resource", {"kind": "po", "name": "x", "labels": '{"a": null}'}, {"kind": "po", "name": "x", "labels": {"a": None}}),
        (
            "k8s_label_resource",
            {"kind": "po", "name": "x", "labels": "a=b,c-"},
            {"kind": "po", "name": "x", "labels": {"a": "b", "c": None}},
        ),
        (
            "k8s_patch_resource",
            {"kind": "po", "name": "x", "patch": "spec: {a: 1}"},
            {"kind": "po", "name": "x", "patch": {"spec": {"a": 1}}},
        ),
        (
            "k8s_patch_resource",
            {"kind": "po", "name": "x", "patch": [], "form": "JSON"},
            {"kind": "po", "name": "x", "patch": [], "form": "json"},
        ),
        ("k8s_exec_pod", {"name": "x", "command": "ls -l '/a b'"}, {"name": "x", "command": ["ls", "-l", "/a b"]}),
        ("k8s_undo_change", {"resource_version": 12}, {"resource_version": "12"}),
        ("k8s_check_permission", {"kind": "pods", "namespace": "all"}, {"kind": "pods", "namespace": "*"}),
        ("cache_refresh", {"kind": "pods", "namespace": "ALL"}, {"kind": "pods", "namespace": "*"}),
        ("k8s_top_pods", {"sort": "Memory", "top": 3}, {"sort": "memory", "limit": 3}),
    ],
)
async def test_what_is_sent_means_what_was_meant(tool: str, sent: dict[str, Any], meant: dict[str, Any]) -> None:
    assert lenient_arguments(REGISTRY.find(tool), sent) == meant


@pytest.mark.parametrize(
    ("sent", "filter_text"),
    [
        ({"label_selector": "app=web,tier in (a,b)"}, "-l 'app=web,tier in (a,b)'"),
        ({"labelSelector": {"app": "web"}}, "-l app=web"),
        ({"field_selector": "status.phase!=Running,spec.nodeName==n 1"}, "status.phase!=Running and spec.nodeName='n 1'"),
        ({"fieldSelector": "metadata.name=x"}, "name=x"),
        ({"filter": "a or b", "label_selector": "app=web"}, "(a or b) and -l app=web"),
        ({"label_selector": "app=web", "field_selector": "metadata.namespace=x"}, "-l app=web and namespace=x"),
    ],
)
async def test_selectors_of_kubectl_become_a_filter(sent: dict[str, Any], filter_text: str) -> None:
    found = lenient_arguments(REGISTRY.find("k8s_list_pods"), sent)
    assert set(found) == {"filter"}
    assert parse_filter(found["filter"]).root == parse_filter(filter_text).root


@pytest.mark.parametrize(
    ("tool", "sent", "parameter"),
    [
        ("k8s_get_resource", {"kind": "deployment/web", "name": "api"}, "name"),
        ("k8s_get_resource", {"kind": "pods", "name": "deployment/web"}, "name"),
        ("k8s_get_resource", {"kind": "pod", "name": "shop/web-0", "namespace": "payments"}, "namespace"),
        ("k8s_exec_pod", {"name": "x", "command": "ls | wc"}, "command"),
        ("k8s_list_pods", {"field_selector": "nonsense"}, "field_selector"),
    ],
)
async def test_what_contradicts_itself_is_an_error(tool: str, sent: dict[str, Any], parameter: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        lenient_arguments(REGISTRY.find(tool), sent)
    assert refused.value.details["parameter"] == parameter


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("apps/v1/Deployment", "deployments.apps"),
        ("apps/Deployment", "deployments.apps"),
        ("deployments.v1.apps", "deployments.apps"),
        ("deployments.apps/v1", "deployments.apps"),
        ("apps/v1, Kind=Deployment", "deployments.apps"),
        (" Deploy ", "deployments.apps"),
        ("v1/Pod", "pods"),
        ("pods.v1", "pods"),
        ("autoscaling/v1/HorizontalPodAutoscaler", "horizontalpodautoscalers.autoscaling"),
        ("ingress.networking", "ingresses.networking.k8s.io"),
    ],
)
async def test_a_kind_is_known_in_every_written_form(harness: ToolHarness, word: str, name: str) -> None:
    found: list[ApiResource] = [one for one in BUILTIN if one.answers_to(word)]
    assert [one.name for one in found] == [name]
    assert (await harness.call("k8s_list_resources", kind=word)).error is None


async def test_one_object_is_found_in_whichever_namespace_has_it(harness: ToolHarness) -> None:
    found = await harness.call("k8s_get_resource", kind="deployment/web", namespace="all")
    assert found.data["object"]["metadata"]["namespace"] == "shop"
    assert "web is in shop" in found.warnings
    changed = (await harness.call("k8s_scale_resource", kind="deploy", name="web", namespace="*", replicas=1)).structured(0.0)["error"]
    assert (changed["details"]["parameter"], changed["details"]["nearest"]) == ("namespace", ["shop"])


async def test_a_cursor_is_opaque_and_refused_elsewhere(harness: ToolHarness) -> None:
    first = await harness.call("k8s_list_pods", limit=3)
    cursor = first.page.next
    assert cursor.isascii()
    assert not any(part in cursor for part in ("shop", "[", ":", ","))
    assert f"cursor={cursor}" in first.text
    second = await harness.call("k8s_list_pods", limit=5, cursor=cursor)
    assert not {item["name"] for item in first.data["items"]} & {item["name"] for item in second.data["items"]}
    for tool, other in (
        ("k8s_list_services", {}),
        ("k8s_list_pods", {"namespace": "shop"}),
        ("k8s_list_pods", {"filter": "status=Running"}),
        ("k8s_list_resources", {"kind": "deploy"}),
    ):
        error = (await harness.call(tool, cursor=cursor, **other)).structured(0.0)["error"]
        assert (error["name"], error["details"]["parameter"]) == ("InvalidParams", "cursor")


@pytest.mark.parametrize(
    ("tool", "arguments", "key"),
    [
        ("k8s_list_api_resources", {}, "name"),
        ("k8s_search_resources", {"text": "web"}, "name"),
        ("k8s_top_pods", {}, "name"),
        ("k8s_top_nodes", {}, "name"),
        ("k8s_get_usage", {"by": "workload"}, "name"),
        ("helm_list_releases", {}, "name"),
        ("helm_get_history", {"name": "grafana", "namespace": "monitoring"}, "revision"),
    ],
)
async def test_a_list_that_does_not_fit_goes_on_at_its_cursor(harness: ToolHarness, tool: str, arguments: dict[str, Any], key: str) -> None:
    whole = await harness.call(tool, **arguments, **({} if tool == "helm_get_history" else {"max_tokens": 100_000, "limit": 1000}))
    assert whole.error is None, whole.error
    assert whole.page.next is None
    read: list[Any] = []
    cursor = ""
    while True:
        page = await harness.call(tool, **arguments, limit=2, cursor=cursor)
        read += page.data["items"]
        assert page.page.total == len(whole.data["items"])
        if not page.page.next or len(read) > 300:
            break
        cursor = page.page.next
        assert f"cursor={cursor}" in page.text
    assert len(read) == len(whole.data["items"])
    if "_top_" not in tool:  # usage changes from page to page
        assert [item[key] for item in read] == [item[key] for item in whole.data["items"]]


async def test_the_name_of_a_workload_means_its_pods_where_a_pod_is_wanted(harness: ToolHarness) -> None:
    for name in ("web", "deployment/web", "deploy/web"):
        logs = await harness.call("k8s_get_pod_logs", name=name, namespace="shop", tail=5)
        assert logs.error is None, logs.error
        assert logs.data["pod"].startswith("web-")
        assert any("is a workload; this is its pod web-" in warning for warning in logs.warnings)
    wrong = (await harness.call("k8s_get_pod_logs", name="statefulset/web", namespace="shop")).structured(0.0)["error"]
    assert wrong["name"] == "NotFound"
    assert all(name.startswith("web-") for name in wrong["details"]["nearest"])


async def test_suggestions_name_what_exists_under_that_owner_first(harness: ToolHarness) -> None:
    for kind, name in (("pod", "web"), ("pod", "web-0000000000-gone1"), ("deployment", "web-0000000000-gone1")):
        details = (await harness.call("k8s_get_resource", kind=kind, name=name, namespace="shop")).structured(0.0)["error"]["details"]
        assert details["nearest"][0].startswith("web-" if kind == "pod" else "web")
        assert details["remedy"] == details["nearest"][0]


@pytest.mark.parametrize("since", ["15m", "-15m", "15m ago", "1 hour ago", "1h30m", "yesterday 14:00", "2026-11-01T00:00:00Z"])
async def test_times_have_one_grammar_in_every_tool(harness: ToolHarness, since: str) -> None:
    assert (await harness.call("history_timeline", since=since)).error is None
    assert (await harness.call("history_diff", since=since)).error is None
    assert (await harness.call("k8s_get_pod_logs", name="web", namespace="shop", since=since)).error is None
    assert (await harness.call("k8s_list_pods", filter=f'age>"{since}"' if " " in since else f"age>{since}")).error is None
    as_of = await harness.call("k8s_list_pods", as_of=since)
    assert as_of.error is None
