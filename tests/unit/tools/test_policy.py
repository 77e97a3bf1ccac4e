"""Policy decisions: the switches, the rules of the user, and the defaults."""

from typing import Any

import pytest

from k8sconsole.errors import InvalidParams, PolicyDenied
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.model.tools import Face, Risk, ToolCall
from k8sconsole.tools.context import ToolEnvironment
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.policy import decide, is_listed
from k8sconsole.tools.registry import builtin_registry
from k8sconsole.tools.results import Target

REGISTRY = builtin_registry()
DELETE, CREATE, LIST = "k8s_delete_resource", "k8s_create_deployment", "k8s_list_pods"


def _environment(policy: Policy) -> ToolEnvironment:
    """Without a cluster: what is refused first needs none."""

    async def unused(*_: object) -> Any:
        raise AssertionError("a refused call looks at nothing")

    return ToolEnvironment(
        clock=SystemClock(), store=None, contexts=list, selected=tuple, open_cluster=unused, find_resource=unused,
        table=lambda context, resource: find_table(resource), policy=lambda: policy,
    )  # fmt: skip


def _resource(name: str) -> ApiResource:
    return next(one for one in BUILTIN if one.name == name)


def _asked(
    policy: Policy,
    tool: str,
    *,
    face: Face = Face.TUI,
    context: str = "dev",
    kind: str = "pods",
    namespaces: tuple[str, ...] = ("shop",),
    name: str = "web",
    caller: str = "local",
) -> tuple[Action, str]:
    target = Target(ClusterName(context), "", _resource(kind), namespaces, name)
    decision = decide(policy, REGISTRY.find(tool), ToolCall(tool, {}, face, caller), target)
    return decision.action, decision.word


@pytest.mark.parametrize("face", list(Face))
def test_reading_is_allowed_from_every_face(face: Face) -> None:
    assert _asked(Policy(), LIST, face=face) == (Action.ALLOW, "")
    assert _asked(Policy(read_only=True), LIST, face=face) == (Action.ALLOW, "")


@pytest.mark.parametrize("face", [Face.TUI, Face.CHAT, Face.CLI])
def test_a_change_asks_first(face: Face) -> None:
    assert _asked(Policy(), DELETE, face=face) == (Action.ASK, "")


@pytest.mark.parametrize("face", list(Face))
@pytest.mark.parametrize("tool", [tool.name for tool in REGISTRY if tool.risk is not Risk.READ])
def test_read_only_denies_every_change_in_every_face_despite_any_rule(face: Face, tool: str) -> None:
    policy = Policy(read_only=True, allow_write=True, rules=(Rule(Action.ALLOW),))
    assert _asked(policy, tool, face=face) == (Action.DENY, "")
    assert tool not in {one.name for one in REGISTRY.list_tools(face, policy)}


def test_an_mcp_client_changes_nothing_without_allow_write_even_where_a_rule_allows() -> None:
    assert _asked(Policy(rules=(Rule(Action.ALLOW),)), DELETE, face=Face.MCP) == (Action.DENY, "")
    assert _asked(Policy(allow_write=True), DELETE, face=Face.MCP) == (Action.ASK, "")


def test_the_scanner_only_reads() -> None:
    assert _asked(Policy(allow_write=True), DELETE, face=Face.SCANNER) == (Action.DENY, "")


@pytest.mark.parametrize("context", ["prod", "eu-prod-1", "live.example", "gke_x_production"])
def test_a_production_context_requires_its_name_to_be_typed(context: str) -> None:
    assert _asked(Policy(), DELETE, context=context) == (Action.TYPE_NAME, context)


@pytest.mark.parametrize("context", ["dev", "reproduce", "product-catalog", "delivery", "olive"])
def test_a_context_that_only_resembles_production_does_not(context: str) -> None:
    assert _asked(Policy(), DELETE, context=context) == (Action.ASK, "")


@pytest.mark.parametrize("kind", ["namespaces", "persistentvolumes", "customresourcedefinitions.apiextensions.k8s.io"])
def test_kinds_with_many_dependents_require_their_name_to_be_typed(kind: str) -> None:
    assert _asked(Policy(), DELETE, kind=kind, namespaces=(), name="shop") == (Action.TYPE_NAME, "shop")


def test_the_first_rule_that_matches_decides_and_then_the_defaults() -> None:
    policy = Policy(
        rules=(
            Rule(Action.DENY, tools=("k8s_delete_*",), namespaces=("kube-*",)),
            Rule(Action.ALLOW, contexts=("dev*",), verbs=("delete",)),
        )
    )
    assert _asked(policy, DELETE, namespaces=("kube-system",)) == (Action.DENY, "")
    assert _asked(policy, DELETE) == (Action.ALLOW, "")
    assert _asked(policy, DELETE, context="test") == (Action.ASK, "")
    assert _asked(policy, CREATE, kind="deployments.apps") == (Action.ASK, "")


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (Rule(Action.DENY, kinds=("pod",)), True),
        (Rule(Action.DENY, kinds=("Pod",)), True),
        (Rule(Action.DENY, kinds=("pods",)), True),
        (Rule(Action.DENY, kinds=("secrets",)), False),
        (Rule(Action.DENY, faces=("mcp", "chat")), False),
        (Rule(Action.DENY, callers=("loc*",)), True),
        (Rule(Action.DENY, callers=("mcp:*",)), False),
        (Rule(Action.DENY, verbs=("patch",)), False),
    ],
)
def test_a_rule_matches_only_if_all_its_parts_match(rule: Rule, matches: bool) -> None:
    assert (_asked(Policy(rules=(rule,)), DELETE)[0] is Action.DENY) is matches


def test_a_type_name_rule_requires_the_object_or_in_production_the_context() -> None:
    policy = Policy(rules=(Rule(Action.TYPE_NAME),))
    assert _asked(policy, DELETE) == (Action.TYPE_NAME, "web")
    assert _asked(policy, DELETE, context="prod-eu") == (Action.TYPE_NAME, "prod-eu")


def test_a_call_over_all_namespaces_matches_deny_rules_but_no_allow_rules() -> None:
    assert _asked(Policy(rules=(Rule(Action.DENY, namespaces=("kube-system",)),)), LIST, namespaces=())[0] is Action.DENY
    assert _asked(Policy(rules=(Rule(Action.ALLOW, namespaces=("shop",)),)), DELETE, namespaces=())[0] is Action.ASK
    assert _asked(Policy(rules=(Rule(Action.ALLOW, namespaces=("shop",)),)), DELETE, namespaces=("shop", "team"))[0] is Action.ASK


def test_a_tool_denied_outright_is_not_listed() -> None:
    offered = {tool.name for tool in REGISTRY.list_tools(Face.TUI, Policy(rules=(Rule(Action.DENY, tools=("cache_*",)),)))}
    assert "cache_query" not in offered
    assert LIST in offered


WRONG: tuple[dict[str, object], ...] = ({}, {"nmae": "web"}, {"name": ["web"], "context": "nowhere"}, {"manifest": "{"})


@pytest.mark.parametrize("tool", [tool.name for tool in REGISTRY if tool.risk is not Risk.READ])
@pytest.mark.parametrize("arguments", WRONG, ids=str)
async def test_a_tool_that_this_face_may_not_use_is_refused_whatever_its_arguments(tool: str, arguments: dict[str, object]) -> None:
    for policy, face, remedy in (
        (Policy(), Face.MCP, "--allow-write"),
        (Policy(read_only=True, allow_write=True), Face.CLI, "--readonly"),
        (Policy(allow_write=True, rules=(Rule(Action.DENY, faces=("mcp",)),)), Face.MCP, "policy:"),
        (Policy(rules=(Rule(Action.DENY, callers=("local",)),)), Face.TUI, "policy:"),
    ):
        pipeline = Pipeline(REGISTRY, _environment(policy))
        error = (await pipeline.call(ToolCall(tool, dict(arguments), face))).error
        assert isinstance(error, PolicyDenied), (error, policy)
        assert error.detail
        assert remedy in error.remedy


async def test_a_tool_of_one_kind_is_refused_first_where_a_rule_denies_that_kind() -> None:
    pipeline = Pipeline(REGISTRY, _environment(Policy(rules=(Rule(Action.DENY, kinds=("pods",)),))))
    error = (await pipeline.call(ToolCall("k8s_delete_pod", {"nmae": "web"}, Face.TUI))).error
    assert isinstance(error, PolicyDenied)


async def test_a_rule_about_a_place_decides_nothing_before_the_arguments() -> None:
    pipeline = Pipeline(REGISTRY, _environment(Policy(rules=(Rule(Action.DENY, namespaces=("kube-system",)),))))
    error = (await pipeline.call(ToolCall("k8s_delete_pod", {"nmae": "web"}, Face.TUI))).error
    assert isinstance(error, InvalidParams)


def test_a_tool_that_an_earlier_rule_allows_in_one_place_is_listed() -> None:
    policy = Policy(rules=(Rule(Action.ALLOW, namespaces=("sandbox",)), Rule(Action.DENY, tools=(DELETE,))))
    assert is_listed(REGISTRY.find(DELETE), Face.TUI, policy)
    assert not is_listed(REGISTRY.find(DELETE), Face.TUI, Policy(rules=policy.rules[1:]))
