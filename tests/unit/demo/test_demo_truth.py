"""The demo stores, validates and prints what a real server of the same version does."""

from typing import Any

import pytest
from demo_api import MERGE, POD, TABLE, Api, deployment

from k8sconsole.demo.api.admission.quantities import keep_quantity

Json = dict[str, Any]
PODS = "/api/v1/namespaces/shop/pods"
CLAIMS = "/api/v1/namespaces/shop/persistentvolumeclaims"


def _pod(name: str = "a", **spec: Any) -> Json:
    return {"metadata": {"name": name}, "spec": POD["spec"] | spec}


async def _row(api: Api, url: str) -> Json:
    table = await api.ask("GET", url, accept=TABLE)
    return dict(zip((column["name"] for column in table["columnDefinitions"]), table["rows"][0]["cells"], strict=True))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1e3", "1e3"),
        ("1000m", "1"),
        (2, "2"),
        ("1.5Gi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("100n", "1m"),
        ("2000k", "2M"),
        ("0", "0"),
        ("-1500m", "-1500m"),
        ("1Ki", "1Ki"),
        ("0.1Ki", "102400m"),
    ],
)
def test_a_quantity_is_kept_in_its_canonical_form(given: str | int, kept: str) -> None:
    assert keep_quantity(given) == kept


async def test_quantities_are_canonical_in_pods_templates_claims_and_status() -> None:
    api = Api()
    container = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": 0.5, "memory": "1024Mi"}, "limits": {"cpu": "1e3"}}}
    pod = await api.ask("POST", PODS, _pod(containers=[container]))
    assert pod["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1e3"}}
    body = deployment()
    body["spec"]["template"]["spec"]["containers"] = [container]
    made = await api.ask("POST", "/apis/apps/v1/namespaces/shop/deployments", body)
    assert made["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    claim = {"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2048Mi"}}}}
    await api.ask("POST", CLAIMS, claim)
    patched = await api.ask("PATCH", f"{CLAIMS}/c/status", {"status": {"capacity": {"storage": "2048Mi"}}}, content=MERGE)
    assert (patched["spec"]["resources"]["requests"], patched["status"]["capacity"]) == ({"storage": "2Gi"}, {"storage": "2Gi"})


async def test_what_is_no_quantity_is_refused() -> None:
    container = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "half"}}}
    refused = await Api().refusal("POST", PODS, _pod(containers=[container]))
    assert (refused.code, "quantities must match the regular expression" in refused.message) == (400, True)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("-bad", "name part must consist of alphanumeric characters"),
        ("Bad_Prefix/x", "prefix part a lowercase RFC 1123 subdomain"),
        ("/x", "prefix part must be non-empty"),
        ("a/", "name part must be non-empty"),
        ("a/b/c", "a valid label key must consist of alphanumeric characters"),
        ("x" * 64, "name part must be no more than 63 bytes"),
    ],
)
@pytest.mark.parametrize("field", ["labels", "annotations", "template", "selector", "nodeSelector"])
async def test_label_keys_are_validated_wherever_they_are(field: str, key: str, why: str) -> None:
    body = deployment()
    if field in ("labels", "annotations"):
        body["metadata"][field] = {key: "x"}
    elif field == "template":
        body["spec"]["template"]["metadata"]["labels"][key] = "x"
    elif field == "selector":
        body["spec"]["selector"]["matchLabels"][key] = "x"
        body["spec"]["template"]["metadata"]["labels"][key] = "x"
    else:
        body["spec"]["template"]["spec"]["nodeSelector"] = {key: "x"}
    refused = await Api().refusal("POST", "/apis/apps/v1/namespaces/shop/deployments", body)
    assert refused.code == 422
    assert why in refused.message


async def test_a_valid_label_key_with_a_prefix_is_taken() -> None:
    made = await Api().ask("POST", PODS, {**_pod(), "metadata": {"name": "a", "labels": {"app.kubernetes.io/Name_1": "x"}}})
    assert made["metadata"]["labels"] == {"app.kubernetes.io/Name_1": "x"}


async def test_a_gated_pod_says_so_at_once_and_its_gates_may_only_be_removed() -> None:
    api = Api()
    made = await api.ask("POST", PODS, _pod(schedulingGates=[{"name": "example.com/a"}, {"name": "example.com/b"}]))
    assert [(each["type"], each["reason"]) for each in made["status"]["conditions"]] == [("PodScheduled", "SchedulingGated")]
    assert (await _row(api, f"{PODS}/a"))["Status"] == "SchedulingGated"
    more = {"spec": {"schedulingGates": [{"name": "example.com/new"}]}}
    assert "only deletion is allowed" in (await api.refusal("PATCH", f"{PODS}/a", more, content=MERGE)).message
    bound = await api.refusal("POST", f"{PODS}/a/binding", {"metadata": {"name": "a"}, "target": {"kind": "Node", "name": "n"}})
    assert "has non-empty .spec.schedulingGates" in bound.message
    none: Json = {"spec": {"schedulingGates": []}}
    assert (await api.ask("PATCH", f"{PODS}/a", none, content=MERGE))["spec"]["schedulingGates"] == []


async def test_a_gated_pod_has_no_node() -> None:
    refused = await Api().refusal("POST", PODS, _pod(nodeName="n", schedulingGates=[{"name": "example.com/a"}]))
    assert "cannot be set until all schedulingGates have been cleared" in refused.message


@pytest.mark.parametrize(
    ("date", "shown"),
    [("yesterday", "<invalid>"), ("2026-01-01", "<invalid>"), ("", "<unknown>"), ("0001-01-01T00:00:00Z", "<unknown>"), (7, None)],
)
async def test_a_custom_resource_with_an_odd_date_has_a_row(date: object, shown: str | None) -> None:
    api = Api()
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    columns = [{"name": "Due", "type": "date", "jsonPath": ".spec.due"}, {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, "additionalPrinterColumns": columns}
    names = {"plural": "tasks", "singular": "task", "kind": "Task", "listKind": "TaskList"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    body = {"metadata": {"name": "tasks.example.com"}, "spec": spec}
    await api.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
    url = "/apis/example.com/v1/namespaces/shop/tasks"
    await api.ask(
        "POST", url, {"apiVersion": "example.com/v1", "kind": "Task", "metadata": {"name": "t"}, "spec": {"due": date, "size": 2.7}}
    )
    assert await _row(api, url) == {"Name": "t", "Due": shown, "Size": 2}


async def test_zero_times_in_a_status_are_unknown_and_not_two_thousand_years() -> None:
    api = Api()
    job = {"metadata": {"name": "j"}, "spec": {"template": {"spec": POD["spec"] | {"restartPolicy": "Never"}}}}
    url = "/apis/batch/v1/namespaces/shop/cronjobs"
    await api.ask("POST", url, {"metadata": {"name": "j"}, "spec": {"schedule": "@daily", "jobTemplate": {"spec": job["spec"]}}})
    await api.ask("PATCH", f"{url}/j/status", {"status": {"lastScheduleTime": "0001-01-01T00:00:00Z"}}, content=MERGE)
    assert (await _row(api, url))["Last Schedule"] == "<unknown>"


async def test_kubectl_can_ask_for_the_schema_that_it_wants_before_it_sends_a_list() -> None:
    """kubectl checks documents of the kind List against OpenAPI v2, in protobuf, and stops where there is none."""
    api = Api()
    assert (await api.ask("GET", "/openapi/v2"))["swagger"] == "2.0"
    wanted = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    assert await api.ask("GET", "/openapi/v2", accept=wanted) == "\n\x032.0"
