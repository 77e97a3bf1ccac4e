"""An MCP client of either protocol era gets the tools that policy allows, replies with their age, and a question before every change."""

import asyncio
import json
from typing import Any

import jsonschema
import mcp_types as types
import pytest
from mcp import Client, MCPError

from k8sconsole.mcp_server.server import make_server
from k8sconsole.model.policy import Policy
from tests.tool_harness import HarnessConsole, ToolHarness, reading_arguments
from tests.waiting import wait_until

ERAS = ["legacy", "2026-07-28"]
pytestmark = pytest.mark.parametrize("era", ERAS)


def _client(console: HarnessConsole, era: str, toolsets: tuple[str, ...] = (), **options: Any) -> Client:
    return Client(make_server(console, toolsets), mode=era, **options)


def _answering(action: str, **content: Any) -> tuple[list[str], Any]:
    asked: list[str] = []

    async def callback(context: Any, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        asked.append(params.message)
        return types.ElicitResult(action=action, content=content or None)

    return asked, callback


async def _a_config_map(console: HarnessConsole) -> dict[str, str]:
    listed = await console.harness.call("k8s_list_resources", kind="configmaps", namespace="shop", live=True)
    return {"kind": "configmaps", "namespace": "shop", "name": listed.data["items"][0]["name"]}


async def _still_there(harness: ToolHarness, where: dict[str, str]) -> bool:
    return (await harness.call("k8s_get_resource", **where, live=True)).error is None


async def test_reading_tools_are_listed_and_each_answers(console: HarnessConsole, era: str) -> None:
    async with _client(console, era) as client:
        listed = (await client.list_tools()).tools
        assert "k8s_delete_resource" not in {tool.name for tool in listed}
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        pods = await client.call_tool("k8s_list_pods", {"namespace": "shop", "filter": "status=Running", "limit": 2})
        pod = pods.structured_content["data"]["items"][0]["name"]
        deployments = await client.call_tool("k8s_list_resources", {"kind": "deploy", "namespace": "shop", "limit": 1})
        arguments = reading_arguments(pod, deployments.structured_content["data"]["items"][0]["name"])
        for tool in listed:
            result = await client.call_tool(tool.name, arguments.get(tool.name, {}))
            assert not result.is_error, (tool.name, result.content)
            assert set(result.structured_content) == {"data", "freshness", "page", "warnings"}
            assert result.content[0].text.splitlines()[-1].startswith("source: ")


async def test_the_audit_records_the_name_of_the_client(console: HarnessConsole, era: str) -> None:
    async with _client(console, era, client_info=types.Implementation(name="desktop", version="1")) as client:
        await client.call_tool("k8s_list_nodes", {})
    assert console.calls[0].caller == "mcp:desktop"


async def test_a_failure_is_a_tool_error_that_a_model_can_act_on(console: HarnessConsole, era: str) -> None:
    async with _client(console, era) as client:
        result = await client.call_tool("k8s_list_pods", {"namespace": "shpo"})
    assert result.is_error
    error = result.structured_content["error"]
    assert (error["code"], error["name"]) == (-32001, "NotFound")
    assert error["details"]["parameter"] == "namespace"
    assert "shop" in error["details"]["nearest"]


async def test_an_error_fits_the_output_schema_that_clients_check_it_against_and_its_text_ends_with_it(
    console: HarnessConsole, era: str
) -> None:
    """The TypeScript SDK 1.x loses an error whose structured content breaks the schema; other clients show a model the text alone."""
    async with _client(console, era) as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        failing = {name: {"context": "nowhere"} for name in schemas} | {"k8s_list_pods": {"namespace": "shpo"}}
        for tool, arguments in failing.items():
            result = await client.call_tool(tool, arguments)
            assert result.is_error, tool
            jsonschema.validate(result.structured_content, schemas[tool])
            assert json.loads(result.content[0].text.splitlines()[-1]) == result.structured_content
            assert set(result.structured_content["error"]) == {"code", "name", "message", "details"}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"data": {}}, schemas["k8s_list_pods"])


async def test_only_an_unknown_tool_is_a_protocol_error(console: HarnessConsole, era: str) -> None:
    async with _client(console, era) as client:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("k8s_list_podz", {})
    assert caught.value.code == -32602
    assert "k8s_list_pods" in caught.value.data["nearest"]


async def test_a_change_is_refused_when_called_though_not_listed(console: HarnessConsole, era: str) -> None:
    where = await _a_config_map(console)
    async with _client(console, era) as client:
        result = await client.call_tool("k8s_delete_resource", where)
    assert result.is_error
    assert result.structured_content["error"]["name"] == "PermissionDenied"
    assert "--allow-write" in result.content[0].text
    assert await _still_there(console.harness, where)


async def test_a_tool_of_a_disabled_toolset_is_neither_listed_nor_called(console: HarnessConsole, era: str) -> None:
    async with _client(console, era, ("write",)) as client:
        assert (await client.list_tools()).tools == []
        result = await client.call_tool("k8s_list_pods", {})
    assert result.structured_content["error"]["name"] == "PermissionDenied"


async def test_a_change_is_made_after_the_user_said_yes(console: HarnessConsole, era: str) -> None:
    console.harness.policy = Policy(allow_write=True)
    where = await _a_config_map(console)
    asked, callback = _answering("accept", confirm=True)
    async with _client(console, era, elicitation_callback=callback) as client:
        result = await client.call_tool("k8s_delete_resource", where)
    assert not result.is_error, result.content
    assert len(asked) == 1
    assert f"ConfigMap shop/{where['name']}" in asked[0]
    assert not await _still_there(console.harness, where)


@pytest.mark.parametrize(("action", "content"), [("decline", {}), ("cancel", {}), ("accept", {"confirm": False}), ("accept", {})])
async def test_anything_but_a_clear_yes_is_a_no(console: HarnessConsole, era: str, action: str, content: dict[str, Any]) -> None:
    console.harness.policy = Policy(allow_write=True)
    where = await _a_config_map(console)
    _, callback = _answering(action, **content)
    async with _client(console, era, elicitation_callback=callback) as client:
        result = await client.call_tool("k8s_delete_resource", where)
    assert result.is_error
    assert result.structured_content["error"]["name"] == "PermissionDenied"
    assert await _still_there(console.harness, where)


async def test_a_deletion_with_many_dependents_needs_the_name_typed(console: HarnessConsole, era: str) -> None:
    console.harness.policy = Policy(allow_write=True)
    _, wrong = _answering("accept", confirm=True, word="yes")
    async with _client(console, era, elicitation_callback=wrong) as client:
        refused = await client.call_tool("k8s_delete_resource", {"kind": "namespace", "name": "team-b"})
    assert refused.is_error
    asked, right = _answering("accept", word="team-b")
    async with _client(console, era, elicitation_callback=right) as client:
        done = await client.call_tool("k8s_delete_resource", {"kind": "namespace", "name": "team-b"})
    assert not done.is_error, done.content
    assert "everything in namespace team-b" in asked[0]


async def test_a_client_without_elicitation_is_refused_with_the_way_to_allow_changes(console: HarnessConsole, era: str) -> None:
    console.harness.policy = Policy(allow_write=True)
    where = await _a_config_map(console)
    async with _client(console, era) as client:
        result = await client.call_tool("k8s_delete_resource", where)
    assert result.is_error
    assert "cannot ask" in result.content[0].text
    assert "action: allow" in result.content[0].text
    assert await _still_there(console.harness, where)


async def test_a_cancelled_call_is_completed_in_the_audit(console: HarnessConsole, era: str) -> None:
    begun = asyncio.Event()

    async def hang(question: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    console.harness.policy = Policy(allow_write=True)
    console.harness.ask = hang
    where = await _a_config_map(console)
    async with _client(console, era) as client:
        task = asyncio.create_task(client.call_tool("k8s_delete_resource", where))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        async def is_completed() -> bool:
            return (await console.harness.audit())[-1][:2] == ("k8s_delete_resource", "completed")

        await wait_until(is_completed)
    assert (await console.harness.audit())[-1] == ("k8s_delete_resource", "completed", "Cancelled")
    assert await _still_there(console.harness, where)


async def test_everything_listed_has_a_title_and_only_the_server_has_an_icon(console: HarnessConsole, era: str) -> None:
    console.harness.policy = Policy(allow_write=True)
    async with _client(console, era) as client:
        listed = [
            *(await client.list_tools()).tools,
            *(await client.list_prompts()).prompts,
            *(await client.list_resources()).resources,
            *(await client.list_resource_templates()).resource_templates,
        ]
    assert all(one.title for one in listed)
    assert [one.name for one in listed if one.icons] == []
    (icon,) = make_server(console).icons
    assert icon.src.startswith("data:image/svg+xml,%3Csvg")
    assert "script" not in icon.src


async def test_a_change_too_long_for_one_view_is_shown_page_by_page_before_the_answer(console: HarnessConsole, era: str) -> None:
    console.harness.policy = Policy(allow_write=True)
    data = {f"key-{number}": f"value-{number} " * 20 for number in range(150)}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"long-{era[:4]}", "namespace": "shop"}, "data": data}
    asked: list[str] = []

    async def read_on(context: Any, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        asked.append(params.message)
        more = "show_more" in params.requested_schema["properties"]
        return types.ElicitResult(action="accept", content={"show_more": True, "confirm": True} if more else {"confirm": True})

    async with _client(console, era, elicitation_callback=read_on) as client:
        result = await client.call_tool("k8s_apply_resource", {"manifest": manifest})
    assert not result.is_error, result.content
    assert len(asked) > 2
    assert all(len(message) <= 16_000 for message in asked)
    assert "configmaps · namespace shop · 1 object" in asked[0]
    rest = "\n".join(asked[1:])
    assert all(f"value-{number} " in rest for number in range(150))


async def test_a_question_shows_what_is_dangerous_before_the_change(console: HarnessConsole, era: str) -> None:
    console.harness.policy = Policy(allow_write=True)
    container = {"name": "c", "image": "evil.example.com/" + "deep/" * 30 + "x:1", "securityContext": {"privileged": True}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "evil", "namespace": "shop"}}
    asked, decline = _answering("decline")
    async with _client(console, era, elicitation_callback=decline) as client:
        result = await client.call_tool("k8s_apply_resource", {"manifest": {**pod, "spec": {"hostPID": True, "containers": [container]}}})
    (message,) = asked
    places = [message.index(text) for text in ("hostPID: true", "privileged: true", str(container["image"]), "dry run:")]
    assert places == sorted(places)
    refusal = result.content[0].text
    assert "the answer was no" in refusal
    assert not any(word in refusal for word in ("try:", "policy", "allow", "remedy"))
