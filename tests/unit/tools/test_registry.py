"""The registry of tools is complete, its annotations are correct, and every spelling of a tool finds it."""

import pkgutil
from collections.abc import Iterator

import pytest

from k8sconsole.errors import UnknownTool
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face, Risk
from k8sconsole.tools import toolsets
from k8sconsole.tools.registry import READING, WRITING, Registry, builtin_registry
from k8sconsole.tools.spec import ToolSpec

REGISTRY = builtin_registry()


def test_the_eight_seed_tools_exist_under_both_spellings() -> None:
    for name in [
        "get_cluster_info",
        "list_namespaces",
        "list_nodes",
        "get_pod_logs",
        "list_pods",
        "list_services",
        "create_deployment",
        "delete_resource",
    ]:
        assert REGISTRY.find(name) is REGISTRY.find(f"k8s_{name}")


def test_an_unknown_name_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UnknownTool) as caught:
        REGISTRY.find("k8s_list_pod")
    assert "k8s_list_pods" in caught.value.details["nearest"]


def test_two_tools_cannot_have_one_name() -> None:
    tool = REGISTRY.find("k8s_list_pods")
    with pytest.raises(ValueError, match="both use the name"):
        list(Registry([tool, *[other for other in REGISTRY if other is not tool], _renamed()]))


def test_a_toolset_that_is_not_used_is_not_loaded() -> None:
    def coming() -> Iterator[ToolSpec]:
        yield REGISTRY.find("k8s_list_pods")
        raise AssertionError("one too many was loaded")

    assert Registry(coming()).find("list_pods").name == "k8s_list_pods"


def test_every_toolset_is_in_the_catalogue() -> None:
    assert {module.name for module in pkgutil.iter_modules(toolsets.__path__)} == {*READING, *WRITING}


def _renamed():  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(REGISTRY.find("k8s_list_nodes"), name="k8s_list_machines", aliases=("list_pods",))


@pytest.mark.parametrize("tool", list(REGISTRY), ids=lambda tool: tool.name)
def test_annotations_match_the_risk_of_the_tool(tool) -> None:  # type: ignore[no-untyped-def]
    hints = tool.annotations()
    changes = bool({"create", "delete", "patch", "update", "write"} & set(tool.capabilities.operation_types))
    assert hints["readOnlyHint"] is not changes
    assert hints["destructiveHint"] is (tool.risk is Risk.DESTRUCTIVE)
    assert not changes or tool.prepare is not None, "a change is always tried by the server first"


@pytest.mark.parametrize("tool", list(REGISTRY), ids=lambda tool: tool.name)
def test_a_tool_can_be_shown_as_a_form_and_stored_as_a_row(tool) -> None:  # type: ignore[no-untyped-def]
    schema = tool.input_schema()
    assert schema["type"] == "object"
    assert "$ref" not in repr(schema) + repr(tool.output_schema())
    required, optional = tool.parameters()
    assert {*required, *optional} == set(schema["properties"])
    record = tool.record()
    assert record.required_params == required
    assert record.resource_types
    assert tool.title
    assert tool.summary


def test_mcp_clients_see_changing_tools_only_if_they_may_call_them() -> None:
    reading = {tool.name for tool in REGISTRY.list_tools(Face.MCP, Policy())}
    writing = {tool.name for tool in REGISTRY.list_tools(Face.MCP, Policy(allow_write=True))}
    assert writing - reading == {tool.name for tool in REGISTRY if tool.risk is not Risk.READ} >= {"k8s_delete_resource", "k8s_exec_pod"}


def test_toolsets_narrow_the_list() -> None:
    assert {tool.toolset for tool in REGISTRY.list_tools(Face.TUI, Policy(), ("write",))} == {"write"}
