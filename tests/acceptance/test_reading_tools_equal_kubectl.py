"""The reading tools return what kubectl returns, on the demo and on a real API server."""

import json
import re
from typing import Any

import pytest

from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster

pytestmark = pytest.mark.long

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "judged"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "judged"}},
        "template": {
            "metadata": {"labels": {"app": "judged"}},
            "spec": {
                "containers": [
                    {
                        "name": "main",
                        "image": "registry.example/judged:1",
                        "resources": {"requests": {"cpu": "30m", "memory": "16Mi"}, "limits": {"cpu": "1"}},
                    }
                ]
            },
        },
    },
}


class Comparison:
    """The tools of the program, called from the shell, and kubectl, in a namespace of the test."""

    def __init__(self, program: Program, cluster: OfferedCluster) -> None:
        self.program = program
        self.space = cluster.namespace
        self.kubectl = cluster.kubectl

    def tool(self, tool: str, /, **arguments: Any) -> Any:
        given = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in arguments.items()]
        return self.program.json("tools", "call", tool, *given, "--json")["data"]

    def objects(self, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", *words, "-o", "json"))["items"]
        return found


@pytest.fixture
def compare(program: Program, offered: OfferedCluster) -> Comparison:
    return Comparison(program, offered)


def test_the_kinds_are_those_of_kubectl_api_resources(compare: Comparison) -> None:
    theirs = set(compare.kubectl("api-resources", "-o", "name").split())
    ours = {item["name"] for item in compare.tool("k8s_list_api_resources", max_tokens=90_000)["items"]}
    assert ours == theirs


@pytest.mark.parametrize(
    ("kind", "path"), [("pods", "spec.containers"), ("deployments.apps", "spec.strategy.rollingUpdate"), ("crd", "spec")]
)
def test_the_fields_are_those_of_kubectl_explain(compare: Comparison, kind: str, path: str) -> None:
    theirs = compare.kubectl("explain", f"{kind}.{path}", "--output=plaintext")
    listed = {line.split()[0] for line in theirs.partition("FIELDS:")[2].splitlines() if re.match(r"  \w+\t<", line)}
    shown = compare.tool("k8s_explain_schema", kind=kind, path=path, max_tokens=50_000)
    assert {field["name"] for field in shown["fields"]} == listed
    for field in shown["fields"]:
        line = next(line.split() for line in theirs.splitlines() if line.startswith(f"  {field['name']}\t"))
        assert ("-required-" in line) is field.get("required", False)


@pytest.mark.parametrize(("verb", "kind"), [("get", "pods"), ("delete", "nodes"), ("create", "deployments.apps")])
def test_a_permission_is_that_of_kubectl_auth_can_i(compare: Comparison, verb: str, kind: str) -> None:
    theirs = compare.kubectl("auth", "can-i", verb, kind, "-n", compare.space).strip() == "yes"
    assert compare.tool("k8s_check_permission", kind=kind, verb=verb, namespace=compare.space)["allowed"] == {verb: theirs}


def test_rollout_status_history_and_requested_resources_are_those_of_kubectl(compare: Comparison) -> None:
    compare.kubectl("apply", "-n", compare.space, "-f", "-", stdin=json.dumps(DEPLOYMENT))
    compare.kubectl("rollout", "status", "deploy/judged", "-n", compare.space, "--timeout=60s", timeout=90)
    compare.kubectl("set", "image", "deploy/judged", "main=registry.example/judged:2", "-n", compare.space)
    compare.kubectl("rollout", "status", "deploy/judged", "-n", compare.space, "--timeout=60s", timeout=90)
    state = compare.tool("k8s_rollout_status", name="judged", namespace=compare.space, live=True)
    assert (state["done"], state["desired"], state["updated"], state["available"], state["revision"]) == (True, 2, 2, 2, "2")
    history = compare.tool("k8s_rollout_history", name="judged", namespace=compare.space, live=True)["revisions"]
    shown = [
        line.split()[0]
        for line in compare.kubectl("rollout", "history", "deploy/judged", "-n", compare.space).splitlines()
        if line[:1].isdigit()
    ]
    assert sorted(str(one["revision"]) for one in history) == shown
    assert [one["images"] for one in history if one["current"]] == [["registry.example/judged:2"]]
    used = compare.tool("k8s_get_usage", by="workload", namespace=compare.space, live=True)["items"]
    (own,) = [one for one in used if one["name"] == f"{compare.space}/Deployment/judged" and one["pods"] == 2] or [used]
    assert (own["requests"], own["limits"]) == ({"cpu": 60, "memory": 2 * 16 * 2**20}, {"cpu": 2000, "memory": 0})


def test_a_refreshed_object_is_described_and_found_by_search(compare: Comparison) -> None:
    compare.kubectl("create", "configmap", "judged", "--from-literal=a=1", "-n", compare.space)
    (read,) = compare.tool("cache_refresh", kind="configmaps")["kinds"]
    assert read["objects"] == len(compare.objects("configmaps", "-A"))
    hits = compare.tool("k8s_search_resources", text="judged", namespace=compare.space, kinds=["configmaps"])
    assert [(hit["kind"], hit["name"]) for hit in hits["items"]] == [("configmaps", "judged")]
    sections = compare.tool("k8s_describe_resource", kind="cm", name="judged", namespace=compare.space)["sections"]
    lines = [line for section in sections for line in section["lines"]]
    assert any("judged" in line for line in lines)


def test_resource_usage_is_what_kubectl_top_shows_where_metrics_are_served(compare: Comparison, offered: OfferedCluster) -> None:
    if offered.kind != "demo":
        done = compare.program.finish("tools", "call", "k8s_top_pods")
        assert done.returncode != 0
        assert "Metrics API not available" in done.stderr
        return

    def theirs() -> set[str]:
        return {line.split()[0] for line in compare.kubectl("top", "pods", "-n", "shop", "--no-headers").splitlines()}

    before = theirs()
    ours = {one["name"] for one in compare.tool("k8s_top_pods", namespace="shop", limit=1000, live=True, max_tokens=50_000)["items"]}
    after = theirs()
    assert before & after, "most pods of the shop exist in both reads"
    assert before & after <= ours <= before | after
    nodes = {line.split()[0] for line in compare.kubectl("top", "nodes", "--no-headers").splitlines()}
    assert {one["name"] for one in compare.tool("k8s_top_nodes", live=True)["items"]} == nodes
