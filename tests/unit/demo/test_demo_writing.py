from __future__ import annotations

import base64

import pytest

from k8sconsole.demo.resources import RESOURCES
from tests.unit.demo.demo_api import APPLY, JSON_PATCH, MERGE, POD, STRATEGIC, Api, deployment

DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
PODS = "/api/v1/namespaces/shop/pods"
SECRETS = "/api/v1/namespaces/shop/secrets"
SETTINGS = "/api/v1/namespaces/shop/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


async def test_common_defaults_are_set() -> None:
    made = await Api().ask("POST", DEPLOYMENTS, deployment())
    assert made["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    inner = made["spec"]["template"]["spec"]
    assert (inner["restartPolicy"], inner["dnsPolicy"], inner["containers"][0]["imagePullPolicy"]) == (
        "Always",
        "ClusterFirst",
        "IfNotPresent",
    )


async def test_a_service_gets_a_unique_address_and_keeps_it() -> None:
    api = Api()
    url = "/api/v1/namespaces/shop/services"
    body = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}
    first = await api.ask("POST", url, body)
    second = await api.ask("POST", url, {**body, "metadata": {"name": "b"}})
    assert first["spec"]["clusterIP"] != second["spec"]["clusterIP"]
    assert (await api.ask("PUT", f"{url}/a", body))["spec"]["clusterIP"] == first["spec"]["clusterIP"]


async def test_string_data_of_a_secret_becomes_data() -> None:
    made = await Api().ask("POST", SECRETS, {"metadata": {"name": "s"}, "stringData": {"k": "v"}})
    assert (made["data"], "stringData" in made, made["type"]) == ({"k": base64.b64encode(b"v").decode()}, False, "Opaque")


async def test_a_name_is_generated_but_a_missing_namespace_is_an_error() -> None:
    api = Api()
    made = await api.ask("POST", PODS, {**POD, "metadata": {"generateName": "web-"}})
    assert made["metadata"]["name"].startswith("web-")
    assert len(made["metadata"]["name"]) == len("web-") + 5
    refused = await api.refusal("POST", "/api/v1/namespaces/nowhere/pods", POD)
    assert refused.message == 'namespaces "nowhere" not found'


async def test_nothing_is_created_in_a_terminating_namespace() -> None:
    api = Api()
    await api.ask("DELETE", "/api/v1/namespaces/shop")
    refused = await api.refusal("POST", PODS, POD)
    assert refused.code == 403
    assert "because it is being terminated" in refused.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"selector": {"matchLabels": {"app": "x"}}}, "`selector` does not match template `labels`"),
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        ({"template": {"metadata": {"labels": {"app": "web"}}, "spec": {}}}, "spec.template.spec.containers: Required value"),
    ],
)
async def test_an_invalid_object_is_refused_with_the_invalid_field(change: dict, words: str) -> None:
    body = deployment()
    refused = await Api().refusal("POST", DEPLOYMENTS, {**body, "spec": body["spec"] | change})
    assert (refused.code, refused.reason) == (422, "Invalid")
    assert words in refused.message


async def test_an_immutable_field_cannot_change() -> None:
    api = Api()
    await api.ask("POST", DEPLOYMENTS, deployment())
    selector = {"spec": {"selector": {"matchLabels": {"app": "web", "x": "y"}}, "template": {"metadata": {"labels": {"x": "y"}}}}}
    refused = await api.refusal("PATCH", f"{DEPLOYMENTS}/web", selector, content=MERGE)
    assert "field is immutable" in refused.message


async def test_a_quota_refuses_the_pod_that_exceeds_it() -> None:
    api = Api()
    await api.ask("POST", "/api/v1/namespaces/shop/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}})
    await api.pods("a")
    refused = await api.refusal("POST", PODS, {**POD, "metadata": {"name": "b"}})
    assert refused.message == 'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'


@pytest.mark.parametrize(
    ("content", "patch"),
    [
        (STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}),
        (JSON_PATCH, [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "web:2"}]),
        (MERGE, {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}),
    ],
)
async def test_every_kind_of_patch_changes_the_image(content: str, patch: object) -> None:
    api = Api()
    await api.ask("POST", DEPLOYMENTS, deployment())
    changed = await api.ask("PATCH", f"{DEPLOYMENTS}/web", patch, content=content)
    assert changed["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    assert changed["metadata"]["generation"] == 2


async def test_a_strategic_patch_merges_lists_by_key_and_applies_its_directives() -> None:
    api = Api()
    body = deployment()
    body["spec"]["template"]["spec"]["containers"] = [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]
    await api.ask("POST", DEPLOYMENTS, body)
    containers = [{"name": "c", "image": "c"}, {"name": "a", "$patch": "delete"}]
    patch = {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "b"}], "containers": containers}}}}
    changed = await api.ask("PATCH", f"{DEPLOYMENTS}/web", patch, content=STRATEGIC)
    assert [each["name"] for each in changed["spec"]["template"]["spec"]["containers"]] == ["c", "b"]


async def test_an_apply_that_changes_another_managers_field_is_a_conflict_that_names_it() -> None:
    api = Api()
    mine = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "1"}}
    await api.ask("PATCH", f"{SETTINGS}/c?fieldManager=one", mine, content=APPLY)
    theirs = {**mine, "data": {"a": "2"}}
    refused = await api.refusal("PATCH", f"{SETTINGS}/c?fieldManager=two", theirs, content=APPLY)
    assert (refused.code, refused.message) == (409, 'Apply failed with 1 conflict: conflict with "one" using v1: .data.a')
    forced = await api.ask("PATCH", f"{SETTINGS}/c?fieldManager=two&force=true", theirs, content=APPLY)
    assert forced["data"] == {"a": "2", "b": "1"}


async def test_a_field_no_longer_applied_is_removed_unless_another_manager_owns_it() -> None:
    api = Api()
    mine = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "1", "shared": "1"}}
    await api.ask("PATCH", f"{SETTINGS}/c?fieldManager=one", mine, content=APPLY)
    await api.ask("PATCH", f"{SETTINGS}/c?fieldManager=two", {**mine, "data": {"shared": "1"}}, content=APPLY)
    left = await api.ask("PATCH", f"{SETTINGS}/c?fieldManager=one", {**mine, "data": {"a": "1"}}, content=APPLY)
    assert left["data"] == {"a": "1", "shared": "1"}


async def test_an_apply_to_a_port_without_a_protocol_is_an_apply_to_the_tcp_port() -> None:
    api = Api()
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    await api.ask("POST", "/api/v1/namespaces/shop/services", service)
    applied = await api.ask("PATCH", "/api/v1/namespaces/shop/services/s?fieldManager=one", service, content=APPLY)
    assert len(applied["spec"]["ports"]) == 1


async def test_a_dry_run_answers_and_changes_nothing() -> None:
    api = Api()
    before = api.store.resource_version
    made = await api.ask("POST", f"{DEPLOYMENTS}?dryRun=All", deployment())
    assert made["metadata"]["uid"]
    assert api.store.resource_version == before


async def test_scaling_goes_through_the_scale_subresource() -> None:
    api = Api()
    await api.ask("POST", DEPLOYMENTS, deployment())
    scaled = await api.ask("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 5}}, content=MERGE)
    assert (scaled["kind"], scaled["spec"], scaled["status"]["selector"]) == ("Scale", {"replicas": 5}, "app=web")
    assert (await api.ask("GET", f"{DEPLOYMENTS}/web"))["spec"]["replicas"] == 5


async def test_a_deletion_that_names_another_uid_is_refused() -> None:
    api = Api()
    await api.pods("a")
    refused = await api.refusal("DELETE", f"{PODS}/a", {"preconditions": {"uid": "other"}})
    assert (refused.code, "Precondition failed" in refused.message) == (409, True)


async def test_foreground_deletion_leaves_the_object_to_the_garbage_collector() -> None:
    api = Api()
    await api.ask("POST", DEPLOYMENTS, deployment())
    left = await api.ask("DELETE", f"{DEPLOYMENTS}/web", {"propagationPolicy": "Foreground"})
    assert left["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert "deletionTimestamp" in left["metadata"]


async def test_a_collection_is_deleted_by_selector() -> None:
    api = Api()
    await api.pods("a", app="web")
    await api.pods("b", app="api")
    await api.ask("DELETE", f"{PODS}?labelSelector=app=web")
    assert api.store.list_keys(RESOURCES["/pods"]) == [("shop", "b")]


async def test_an_eviction_respects_the_disruption_budget() -> None:
    api = Api()
    await api.pods("a", app="web")
    api.store.mutate(RESOURCES["/pods"], "shop", "a", lambda pod: pod.update(status={"phase": "Running"}))
    budget = {"metadata": {"name": "b", "namespace": "shop"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}
    api.store.create(RESOURCES["policy/poddisruptionbudgets"], {**budget, "status": {"disruptionsAllowed": 0}})
    refused = await api.refusal("POST", f"{PODS}/a/eviction", {})
    assert (refused.code, refused.message) == (429, "Cannot evict pod as it would violate the pod's disruption budget.")


def kettles() -> dict:
    spec = {
        "type": "object",
        "required": ["litres"],
        "properties": {"litres": {"type": "integer", "maximum": 9}, "metal": {"type": "string", "default": "tin"}},
    }
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    columns = [{"name": "Litres", "type": "integer", "jsonPath": ".spec.litres"}]
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": schema,
        "additionalPrinterColumns": columns,
        "subresources": {"status": {}},
    }
    names = {"plural": "kettles", "kind": "Kettle", "shortNames": ["ktl"]}
    meta = {"name": "kettles.tea.example"}
    return {"metadata": meta, "spec": {"group": "tea.example", "scope": "Namespaced", "names": names, "versions": [version]}}


async def test_a_custom_kind_is_served_while_its_definition_exists() -> None:
    api = Api()
    await api.ask("POST", CRDS, kettles())
    url = "/apis/tea.example/v1/namespaces/shop/kettles"
    made = await api.ask(
        "POST", url, {"apiVersion": "tea.example/v1", "kind": "Kettle", "metadata": {"name": "k"}, "spec": {"litres": 2, "odd": 1}}
    )
    assert made["spec"] == {"litres": 2, "metal": "tin"}
    table = await api.ask("GET", url, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    assert table["rows"][0]["cells"] == ["k", 2]
    await api.ask("DELETE", f"{CRDS}/kettles.tea.example")
    assert (await api.refusal("GET", url)).code == 404


async def test_a_custom_object_that_violates_its_schema_is_refused() -> None:
    api = Api()
    await api.ask("POST", CRDS, kettles())
    refused = await api.refusal("POST", "/apis/tea.example/v1/namespaces/shop/kettles", {"metadata": {"name": "k"}, "spec": {"litres": 99}})
    assert refused.message == (
        'Kettle.tea.example "k" is invalid: spec.litres: Invalid value: 99: spec.litres in body should be less than or equal to 9'
    )


async def test_an_autoscaler_is_converted_between_v1_and_v2() -> None:
    api = Api()
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 3, "targetCPUUtilizationPercentage": 70}
    await api.ask("POST", "/apis/autoscaling/v1/namespaces/shop/horizontalpodautoscalers", {"metadata": {"name": "h"}, "spec": spec})
    full = await api.ask("GET", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/h")
    assert full["spec"]["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    simple = await api.ask("GET", "/apis/autoscaling/v1/namespaces/shop/horizontalpodautoscalers/h")
    assert simple["spec"]["targetCPUUtilizationPercentage"] == 70


def protobuf(kind: str, version: str, raw: bytes) -> bytes:
    def field(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2, len(value)]) + value

    return b"k8s\x00" + field(1, field(1, version.encode()) + field(2, kind.encode())) + field(2, raw)


async def test_a_protobuf_body_is_read_as_its_json_would_be() -> None:
    meta = b"\x0a\x07" + b"\x0a\x01c\x12\x00\x1a\x00"
    data = b"\x12\x06" + b"\x0a\x01k\x12\x01v"
    made = await Api().ask("POST", SETTINGS, protobuf("ConfigMap", "v1", meta + data), content="application/vnd.kubernetes.protobuf")
    assert (made["metadata"]["name"], made["data"]) == ("c", {"k": "v"})


async def test_an_unknown_field_is_refused_with_strict_validation() -> None:
    api, body = Api(), deployment()
    body["spec"]["replicaz"] = 1
    refused = await api.refusal("POST", f"{DEPLOYMENTS}?fieldValidation=Strict", body)
    assert (refused.code, refused.message) == (
        400,
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz"',
    )


async def test_a_malformed_body_is_refused_without_an_internal_error() -> None:
    api = Api()
    for spec in ("text", {"template": "text"}, {"replicas": "many", "template": {}}, [], None, {"template": {"spec": {"containers": [1]}}}):
        refused = await api.refusal("POST", DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec})
        assert refused.code in (400, 422)
