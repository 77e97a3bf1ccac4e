"""The policies in the manual mean what the manual says: each is loaded from the page and decided."""

import re
from pathlib import Path
from typing import Any

import mcp_types as types
import msgspec
import pytest
import yaml

from k8sconsole.model.attached_servers import AttachedServerSettings
from k8sconsole.model.policy import Action, Policy
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.mcp_client.tool_adapter import adapt_tools, target_of
from k8sconsole.tools.policy import decide
from k8sconsole.tools.registry import builtin_registry
from k8sconsole.tools.results import Target

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
REGISTRY = builtin_registry()
Asked = tuple[str, Face, str, str, str]
DECIDED: list[list[tuple[Asked, Action]]] = [
    [
        (("k8s_delete_resource", Face.TUI, "dev", "pods", "kube-system"), Action.DENY),
        (("k8s_delete_resource", Face.TUI, "dev", "pods", "shop"), Action.ASK),
        (("k8s_list_pods", Face.TUI, "dev", "pods", "kube-system"), Action.ALLOW),
    ],
    [
        (("k8s_apply_resource", Face.CLI, "dev-1", "configmaps", "shop"), Action.ALLOW),
        (("k8s_apply_resource", Face.CLI, "test", "configmaps", "shop"), Action.ASK),
    ],
    [
        (("k8s_scale_resource", Face.TUI, "prod-eu", "deployments.apps", "shop"), Action.TYPE_NAME),
        (("k8s_set_image", Face.TUI, "prod-eu", "deployments.apps", "shop"), Action.DENY),
    ],
    [
        (("k8s_rollout_restart", Face.MCP, "dev", "deployments.apps", "shop"), Action.ASK),
        (("k8s_delete_pod", Face.MCP, "dev", "pods", "shop"), Action.DENY),
        (("k8s_delete_pod", Face.TUI, "dev", "pods", "shop"), Action.ASK),
    ],
    [
        (("k8s_exec_pod", Face.TUI, "dev", "pods", "shop"), Action.DENY),
        (("k8s_patch_resource", Face.TUI, "dev", "secrets", "shop"), Action.DENY),
        (("k8s_patch_resource", Face.TUI, "dev", "configmaps", "shop"), Action.ASK),
    ],
]


def _decided(policy: Policy, asked: Asked) -> Action:
    tool, face, context, kind, namespace = asked
    resource = next(one for one in BUILTIN if one.name == kind)
    target = Target(ClusterName(context), "", resource, (namespace,), "web")
    return decide(policy, REGISTRY.find(tool), ToolCall(tool, {}, face), target).action


def _written() -> list[Policy]:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    return [msgspec.convert({"allow_write": True, **yaml.safe_load(block)["policy"]}, Policy) for block in blocks]


def test_each_worked_policy_decides_as_the_manual_says() -> None:
    policies = _written()[:-1]
    assert len(policies) == len(DECIDED) == 5
    for policy, cases in zip(policies, DECIDED, strict=True):
        for asked, action in cases:
            assert _decided(policy, asked) is action, asked


@pytest.mark.parametrize(
    ("server", "tool", "arguments", "face", "action"),
    [
        ("files", "delete_note", {}, Face.TUI, Action.DENY),
        ("files", "write_note", {}, Face.TUI, Action.ALLOW),
        ("files", "write_note", {}, Face.MCP, Action.ASK),
        ("peer", "resources_get", {"kind": "Secret"}, Face.TUI, Action.DENY),
        ("peer", "resources_get", {"kind": "Pod"}, Face.TUI, Action.ASK),
    ],
)
def test_the_worked_policy_for_attached_servers_decides_as_the_manual_says(
    server: str, tool: str, arguments: dict[str, Any], face: Face, action: Action
) -> None:
    (spec,), _ = adapt_tools(AttachedServerSettings(server, command="x"), [types.Tool(name=tool, input_schema={"type": "object"})], _never)
    assert decide(_written()[-1], spec, ToolCall(spec.name, arguments, face), target_of(arguments)).action is action


async def _never(*_: Any) -> Any:
    raise AssertionError("nothing is called here")
