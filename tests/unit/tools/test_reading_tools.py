"""What the reading tools answer about one cluster, checked against the cluster's own objects."""

from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import InvalidParams, NotFound, PolicyDenied, StoreError
from k8sconsole.model.freshness import Source
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.quantities import parse_bytes, parse_cpu
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo


async def _objects(harness: ToolHarness, cluster: Cluster, kind: str, namespace: str | None = None) -> list[dict[str, Any]]:
    resource = await harness.environment.find_resource(cluster.name, kind)
    return [msgspec.json.decode(item) async for page in cluster.pages(resource, namespace=namespace) for item in page.items]


async def _answer(harness: ToolHarness, tool: str, **arguments: Any) -> Any:
    outcome = await harness.call(tool, **arguments)
    assert outcome.error is None, outcome.error
    return outcome


async def test_a_description_has_the_object_and_its_events(harness: ToolHarness, cluster: Cluster) -> None:
    living = {one["metadata"]["uid"] for one in await _objects(harness, cluster, "pods")}
    event = next(one for one in await _objects(harness, cluster, "events") if one["involvedObject"].get("uid") in living)
    about = event["involvedObject"]
    reply = await _answer(harness, "k8s_describe_resource", kind="pod", name=about["name"], namespace=about["namespace"])
    lines = [line for section in reply.data["sections"] for line in section["lines"]]
    assert any(about["name"] in line for line in lines)
    assert any(event["reason"] in line for line in lines)
    assert about["name"] in reply.text


async def test_a_description_of_an_unknown_object_names_it(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_describe_resource", kind="pod", name="no-such", namespace="shop")
    assert isinstance(outcome.error, NotFound)
    assert outcome.error.details["parameter"] == "name"


async def test_a_description_leaves_out_events_that_policy_denies(harness: ToolHarness, cluster: Cluster) -> None:
    living = {one["metadata"]["uid"] for one in await _objects(harness, cluster, "pods")}
    event = next(one for one in await _objects(harness, cluster, "events") if one["involvedObject"].get("uid") in living)
    about = event["involvedObject"]
    asked = {"kind": "pod", "name": about["name"], "namespace": about["namespace"]}
    assert event["message"] in (await _answer(harness, "k8s_describe_resource", **asked)).text
    for rule in (Rule(Action.DENY, kinds=("events",)), Rule(Action.DENY, kinds=("Event",), verbs=("list",))):
        harness.policy = Policy(rules=(rule,))
        reply = await _answer(harness, "k8s_describe_resource", **asked)
        assert about["name"] in reply.text
        assert event["message"] not in reply.text
        assert any("policy" in warning for warning in reply.warnings)


@pytest.mark.parametrize(("tool", "kind"), [("k8s_top_pods", "pods"), ("k8s_top_nodes", "nodes")])
async def test_usage_is_not_returned_for_kinds_that_policy_denies(harness: ToolHarness, tool: str, kind: str) -> None:
    assert (await harness.call(tool)).error is None
    for denied in (kind, kind[:-1], f"{kind}.metrics.k8s.io"):
        harness.policy = Policy(rules=(Rule(Action.DENY, kinds=(denied,)),))
        assert isinstance((await harness.call(tool)).error, PolicyDenied), denied
    harness.policy = Policy(rules=(Rule(Action.DENY, namespaces=("kube-*",)),))
    assert isinstance((await harness.call(tool)).error, PolicyDenied) is (kind == "pods"), "a node is in no namespace"


async def test_kinds_are_those_of_discovery(harness: ToolHarness, cluster: Cluster) -> None:
    served = {str(one.name) for one in (await cluster.discover()).resources}
    reply = await _answer(harness, "k8s_list_api_resources", max_tokens=50_000)
    assert {item["name"] for item in reply.data["items"]} == served
    narrowed = await _answer(harness, "k8s_list_api_resources", filter="deploy")
    assert [item["name"] for item in narrowed.data["items"]] == ["deployments.apps"]
    assert narrowed.data["items"][0]["short_names"] == ["deploy"]


async def test_a_schema_can_be_read_down_to_any_field(harness: ToolHarness) -> None:
    reply = await _answer(harness, "k8s_explain_schema", kind="deploy", path="spec.template.spec.containers")
    assert reply.data["type"] == "[]Container"
    fields = {field["name"]: field for field in reply.data["fields"]}
    assert fields["name"]["required"] is True
    assert fields["image"]["type"] == "string"
    assert fields["ports"]["type"] == "[]ContainerPort"
    assert "image" in fields["image"]["description"].lower()


async def test_an_unknown_schema_path_is_an_error_with_the_nearest_field(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_explain_schema", kind="deploy", path="spec.replica")
    assert isinstance(outcome.error, InvalidParams)
    assert "replicas" in outcome.error.details["nearest"]


async def test_a_permission_is_what_the_cluster_answers(harness: ToolHarness) -> None:
    reply = await _answer(harness, "k8s_check_permission", kind="pods", namespace="shop")
    assert reply.data["allowed"]["get"] is True
    assert set(reply.data["allowed"]) >= {"get", "list", "delete", "create"}
    assert reply.freshness.source is Source.LIVE
    outcome = await harness.call("k8s_check_permission", kind="pods", verb="GET!")
    assert isinstance(outcome.error, InvalidParams)
    assert "get" in outcome.error.details["nearest"]


async def test_a_finished_rollout_is_done_and_its_revisions_are_its_replica_sets(harness: ToolHarness, cluster: Cluster) -> None:
    deployment = (await _objects(harness, cluster, "deployments.apps", "shop"))[0]
    name = deployment["metadata"]["name"]
    reply = await _answer(harness, "k8s_rollout_status", name=name, namespace="shop")
    assert reply.data["done"] is True
    assert reply.data["available"] == deployment["status"]["availableReplicas"]
    sets = await _objects(harness, cluster, "replicasets.apps", "shop")
    own = [one for one in sets if one["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"]]
    history = await _answer(harness, "k8s_rollout_history", name=name, namespace="shop")
    assert sorted(one["name"] for one in history.data["revisions"]) == sorted(one["metadata"]["name"] for one in own)
    current = [one for one in history.data["revisions"] if one["current"]]
    assert [one["images"] for one in current] == [[one["image"] for one in deployment["spec"]["template"]["spec"]["containers"]]]


async def test_kinds_without_rollouts_are_refused(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_rollout_status", kind="services", name="web", namespace="shop")
    assert isinstance(outcome.error, InvalidParams)
    assert outcome.error.details["parameter"] == "kind"


async def test_top_pods_returns_the_figures_of_metrics_server(harness: ToolHarness, cluster: Cluster) -> None:
    measured = await _objects(harness, cluster, "pods.metrics.k8s.io", "shop")
    reply = await _answer(harness, "k8s_top_pods", namespace="shop", limit=1_000, max_tokens=50_000, live=True)
    assert {item["name"] for item in reply.data["items"]} == {one["metadata"]["name"] for one in measured}
    assert [item["cpu"] for item in reply.data["items"]] == sorted((item["cpu"] for item in reply.data["items"]), reverse=True)
    apart = await _answer(harness, "k8s_top_pods", namespace="shop", containers=True, limit=1_000, max_tokens=50_000, live=True)
    assert len(apart.data["items"]) == sum(len(one["containers"]) for one in measured)


async def test_node_usage_is_a_share_of_its_allocatable_resources(harness: ToolHarness, cluster: Cluster) -> None:
    rooms = {one["metadata"]["name"]: one["status"]["allocatable"] for one in await _objects(harness, cluster, "nodes")}
    reply = await _answer(harness, "k8s_top_nodes", live=True)
    assert {item["name"] for item in reply.data["items"]} == set(rooms)
    for item in reply.data["items"]:
        assert item["memory_percent"] == round(100 * item["memory"] / parse_bytes(rooms[item["name"]]["memory"]), 1)


@pytest.mark.parametrize("by", ["node", "namespace", "workload"])
async def test_requests_are_the_sum_over_all_running_pods(harness: ToolHarness, cluster: Cluster, by: str) -> None:
    for _ in range(20):
        before = await _requested(harness, cluster)
        reply = await _answer(harness, "k8s_get_usage", by=by, live=True, max_tokens=50_000)
        if before == await _requested(harness, cluster):  # else the world moved between the two looks
            break
    assert (sum(item["pods"] for item in reply.data["items"]), sum(item["requests"]["cpu"] for item in reply.data["items"])) == before


async def _requested(harness: ToolHarness, cluster: Cluster) -> tuple[int, int]:
    """Living pods, and the thousandths of a core that their containers ask for."""
    pods = [one for one in await _objects(harness, cluster, "pods") if one["status"]["phase"] not in ("Succeeded", "Failed")]
    asked = [one.get("resources", {}).get("requests", {}).get("cpu", "0") for pod in pods for one in pod["spec"]["containers"]]
    return len(pods), sum(map(parse_cpu, asked))


async def test_a_search_finds_objects_of_every_kind(harness: ToolHarness, cluster: Cluster) -> None:
    name = (await _objects(harness, cluster, "deployments.apps", "shop"))[0]["metadata"]["name"]
    reply = await _answer(harness, "k8s_search_resources", text=name, namespace="shop")
    kinds = {item["kind"] for item in reply.data["items"]}
    assert {"deployments.apps", "replicasets.apps", "pods"} <= kinds
    assert reply.data["items"][0]["name"] == name, "an exact name comes first"
    assert all(name in item["name"] for item in reply.data["items"][:3])
    only = await _answer(harness, "k8s_search_resources", text=name, kinds=["pods"])
    assert set(only.data["counts"]) == {"pods"}


async def test_a_search_without_a_cache_is_an_error_with_an_alternative(bare: ToolHarness) -> None:
    outcome = await bare.call("k8s_search_resources", text="web")
    assert isinstance(outcome.error, StoreError)
    assert "k8s_list_resources" in str(outcome.error)


async def test_a_default_row_of_a_pod_has_its_node(harness: ToolHarness, cluster: Cluster) -> None:
    nodes = {each["metadata"]["name"]: each["spec"].get("nodeName") for each in await _objects(harness, cluster, "pods", "shop")}
    reply = await _answer(harness, "k8s_list_pods", namespace="shop", limit=3)
    assert [item.get("node") for item in reply.data["items"]] == [nodes[item["name"]] for item in reply.data["items"]]
    assert reply.text.splitlines()[1].split()[-1] == "NODE"


async def test_a_description_has_what_belongs_to_the_object_unless_policy_denies_it(harness: ToolHarness, cluster: Cluster) -> None:
    deployment = (await _objects(harness, cluster, "deployments", "shop"))[0]["metadata"]["name"]
    pods = [each["metadata"] for each in await _objects(harness, cluster, "pods", "shop")]
    own = next(each["name"] for each in pods if each["labels"].get("pod-template-hash") and each["name"].startswith(f"{deployment}-"))
    asked = {"kind": "deployment", "name": deployment, "namespace": "shop"}
    assert f"  {own}: " in (await _answer(harness, "k8s_describe_resource", **asked)).text
    harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("pods",)),))
    reply = await _answer(harness, "k8s_describe_resource", **asked)
    assert own not in reply.text
    assert "not known: pods could not be read" in reply.text
    assert "without pods: policy does not allow reading them" in reply.warnings
