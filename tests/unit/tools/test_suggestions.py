"""Suggestions while a parameter is typed. They come from the cache and name only existing objects."""

from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import Namespace, ResourceName
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.suggestions import suggest
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo


async def _offered(harness: ToolHarness, tool: str, parameter: str, **given: Any) -> list[str]:
    context = ToolContext(harness.environment, ToolCall(tool, given, Face.TUI))
    return await suggest(context, harness.pipeline.registry.find(tool), parameter, given)


async def _names(harness: ToolHarness, cluster: Cluster, kind: str, namespace: str | None = None) -> list[str]:
    """The names in the cache. The demo cluster may have changed since."""
    assert harness.store is not None
    spaces = (Namespace(namespace),) if namespace else ()
    return sorted(row.name for row in (await harness.store.objects.rows(RowQuery(ResourceName(kind), (cluster.name,), spaces))).rows)


async def test_names_are_those_of_the_kind_and_the_namespace_chosen_before(harness: ToolHarness, cluster: Cluster) -> None:
    deployments = await _names(harness, cluster, "deployments.apps", "shop")
    assert await _offered(harness, "k8s_get_resource", "name", kind="deploy", namespace="shop") == deployments
    assert await _offered(harness, "k8s_rollout_status", "name", namespace="shop") == deployments
    assert await _offered(harness, "k8s_list_pods", "namespace") == await _names(harness, cluster, "namespaces")
    assert await _offered(harness, "k8s_cordon_node", "name") == await _names(harness, cluster, "nodes")
    assert await _offered(harness, "k8s_exec_pod", "name", namespace="shop") == await _names(harness, cluster, "pods", "shop")


async def test_matches_at_the_beginning_are_suggested_before_matches_inside(harness: ToolHarness, cluster: Cluster) -> None:
    names = await _names(harness, cluster, "pods", "shop")
    part = names[0][:3]
    offered = await _offered(harness, "k8s_get_pod_logs", "name", namespace="shop", name=part.upper())
    assert offered
    assert set(offered) == {name for name in names if part in name}
    begins = [name.startswith(part) for name in offered]
    assert begins == sorted(begins, reverse=True)


async def test_the_containers_are_those_of_the_pod(harness: ToolHarness, cluster: Cluster) -> None:
    assert harness.store is not None
    found = await harness.store.objects.bodies(RowQuery(ResourceName("pods"), (cluster.name,), (Namespace("shop"),)))
    pods = [msgspec.json.decode(body) for _, body in found]
    pod = max(pods, key=lambda one: len(one["spec"]["containers"]))
    wanted = [one["name"] for part in ("containers", "initContainers") for one in pod["spec"].get(part, [])]
    assert await _offered(harness, "k8s_get_pod_logs", "container", namespace="shop", name=pod["metadata"]["name"]) == wanted


async def test_revisions_times_and_words_of_a_closed_set(harness: ToolHarness, cluster: Cluster) -> None:
    deployment = (await _names(harness, cluster, "deployments.apps", "shop"))[0]
    assert "1" in await _offered(harness, "k8s_rollout_undo", "revision", namespace="shop", name=deployment)
    assert "-1h" in await _offered(harness, "history_diff", "since", since="-1")
    assert set(await _offered(harness, "k8s_get_usage", "by")) == {"node", "namespace", "workload"}
    assert await _offered(harness, "k8s_list_pods", "live", live="t") == ["true"]
    assert cluster.name in await _offered(harness, "k8s_list_pods", "context")


@pytest.mark.parametrize(
    ("tool", "parameter", "given"),
    [
        ("k8s_get_resource", "name", {"kind": "no-such-kind"}),
        ("k8s_get_resource", "name", {"kind": "pods", "context": "no-such-context"}),
        ("k8s_create_deployment", "name", {}),
        ("k8s_list_pods", "max_tokens", {}),
        ("k8s_get_pod_logs", "container", {"name": "no-such-pod", "namespace": "shop"}),
    ],
)
async def test_without_known_values_nothing_is_suggested(harness: ToolHarness, tool: str, parameter: str, given: dict[str, Any]) -> None:
    assert await _offered(harness, tool, parameter, **given) == []


async def test_names_of_another_object_in_a_name_are_data(harness: ToolHarness) -> None:
    assert await _offered(harness, "k8s_get_pod_logs", "name", namespace="shop", name="%' OR 1=1 --") == []


async def test_kinds_that_policy_denies_are_neither_suggested_nor_found(harness: ToolHarness, cluster: Cluster) -> None:
    given = {"kind": "secrets", "namespace": "shop"}
    (secret, *_) = await _offered(harness, "k8s_get_resource", "name", **given)
    found = await harness.call("k8s_search_resources", text=secret)
    assert "secrets" in found.data["counts"]
    harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("secrets",)),))
    assert await _offered(harness, "k8s_get_resource", "name", **given) == []
    assert "secrets" not in (await harness.call("k8s_search_resources", text=secret)).data["counts"]
    assert (await harness.call("k8s_search_resources", text=secret, kinds=["secrets"])).data["items"] == []


async def test_namespaces_that_a_call_would_be_refused_in_are_not_suggested(harness: ToolHarness) -> None:
    assert "kube-system" in await _offered(harness, "k8s_list_pods", "namespace")
    harness.policy = Policy(rules=(Rule(Action.DENY, namespaces=("kube-*",)),))
    offered = await _offered(harness, "k8s_list_pods", "namespace")
    assert "shop" in offered
    assert not [name for name in offered if name.startswith("kube-")]
    harness.policy = Policy(rules=(Rule(Action.DENY, namespaces=("kube-*",), kinds=("secrets",)),))
    assert "kube-system" not in await _offered(harness, "k8s_list_resources", "namespace", kind="secrets")
    assert "kube-system" in await _offered(harness, "k8s_list_resources", "namespace", kind="pods")
    harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("namespaces",)),))
    assert await _offered(harness, "k8s_list_pods", "namespace") == []


async def test_revisions_of_a_denied_kind_are_not_suggested(harness: ToolHarness, cluster: Cluster) -> None:
    deployment = (await _names(harness, cluster, "deployments.apps", "shop"))[0]
    asked: list[tuple[str, tuple[str, ...], dict[str, str]]] = [
        ("k8s_rollout_undo", ("deployments", "replicasets"), {"name": deployment, "namespace": "shop"}),
        ("helm_get_values", ("secrets",), {"name": "grafana", "namespace": "monitoring"}),
    ]
    for tool, kinds, given in asked:
        harness.policy = Policy()
        assert await _offered(harness, tool, "revision", **given)
        rules = [*(Rule(Action.DENY, kinds=(kind,)) for kind in kinds), Rule(Action.DENY, namespaces=(given["namespace"],))]
        for rule in rules:
            harness.policy = Policy(rules=(rule,))
            assert await _offered(harness, tool, "revision", **given) == [], (tool, rule)
