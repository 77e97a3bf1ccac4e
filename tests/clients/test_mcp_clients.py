"""List, call, fail, complete, subscribe: every client that people have, against ``k8sconsole mcp`` over stdio on the demo cluster."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client, MCPError, StdioServerParameters

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.clients.node import ClientsMissing, install_clients

pytestmark = pytest.mark.long
CONFIG_MAPS = {"kind": "configmaps", "namespace": "shop"}
FAILURES = ["NotFound", "InvalidParams", "NotFound"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """It has scanned its cluster, so that completions and suggestions are there."""
    with DemoCluster.in_thread("calm-shop", still=True, seed=7) as demo:
        made = Program(tmp_path_factory.mktemp("clients"), demo.kubeconfig)
        made.run("scan", "--once")
        yield made


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        return install_clients()
    except ClientsMissing as problem:
        pytest.skip(str(problem))


def _run(program: Program, *command: str) -> Any:
    done = subprocess.run(command, cwd=ROOT, env=program.env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:] or done.stdout[-2000:]
    return json.loads(done.stdout)


def _error(result: dict[str, Any]) -> dict[str, Any]:
    """The error of a failed call. Its text ends with it, and its structured content, where the client passes it on, is the same."""
    assert result["isError"]
    found = json.loads(result["content"][0]["text"].splitlines()[-1])
    assert result.get("structuredContent", found) == found
    assert set(found["error"]) == {"code", "name", "message", "details"}
    return dict(found["error"])


@pytest.mark.parametrize(("sdk", "era"), [("1", "legacy"), ("2", "legacy"), ("2", "modern")])
def test_the_typescript_sdk_lists_calls_fails_completes_and_subscribes(folder: Path, program: Program, sdk: str, era: str) -> None:
    driver = str(Path(__file__).parent / "session.mjs")
    said = _run(program, "node", driver, str(folder), sdk, era, "--", *COMMAND, "mcp", "--allow-write")
    assert {"k8s_list_pods", "k8s_label_resource"} <= set(said["tools"])
    assert said["called"]["structuredContent"]["freshness"]["source"] == "live"
    assert [_error(result)["name"] for result in said["failed"]] == FAILURES
    assert _error(said["failed"][0])["details"]["nearest"] == ["shop"]
    assert said["unknown"] == {"code": -32602}
    assert said["completed"]["completion"]["values"] == ["shop"]
    assert "kind: ConfigMap" in said["read"]["contents"][0]["text"]
    assert not said["changed"].get("isError")
    assert len(said["questions"]) == 1
    assert "ConfigMap shop/" in said["questions"][0]
    assert said["notified"] == said["uri"]


def test_inspector_s_command_line_lists_calls_and_shows_why_a_call_failed(folder: Path, program: Program, tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.write_text(f'#!/bin/sh\nexec "{COMMAND[0]}" -m k8sconsole mcp --no-scan\n')
    server.chmod(0o755)
    inspector = ("node", str(folder / "node_modules/@modelcontextprotocol/inspector-cli/build/index.js"), str(server), "--method")
    call = ("tools/call", "--tool-name", "k8s_list_pods", "--tool-arg")
    assert "k8s_list_pods" in {tool["name"] for tool in _run(program, *inspector, "tools/list")["tools"]}
    assert _run(program, *inspector, *call, "namespace=shop", "live=true")["structuredContent"]["data"]["items"]
    assert _error(_run(program, *inspector, *call, "namespace=shpo"))["details"]["given"] == "shpo"


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_the_python_sdk_lists_calls_fails_completes_and_subscribes(program: Program, era: str) -> None:
    updated: asyncio.Queue[str] = asyncio.Queue()

    async def on_message(message: Any) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            updated.put_nowait(str(message.params.uri))

    async def on_question(context: Any, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"confirm": True})

    server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "mcp", "--allow-write"], env=program.env, cwd=ROOT)
    async with (
        Client(server, mode=era, message_handler=on_message, elicitation_callback=on_question) as client,
        AsyncExitStack() as following,
    ):
        assert {"k8s_list_pods", "k8s_label_resource"} <= {tool.name for tool in (await client.list_tools()).tools}
        called = await client.call_tool("k8s_list_resources", {**CONFIG_MAPS, "live": True, "limit": 1})
        name = (called.structured_content or {})["data"]["items"][0]["name"]
        for expected, (tool, arguments) in zip(FAILURES, _failing_calls(), strict=True):
            failed = await client.call_tool(tool, arguments)
            assert _error(failed.model_dump(by_alias=True, mode="json"))["name"] == expected
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("k8s_list_podz", {})
        assert unknown.value.code == -32602
        prompt = types.PromptReference(type="ref/prompt", name="diagnose")
        completed = await client.complete(prompt, {"name": "namespace", "value": "sh"})
        assert completed.completion.values == ["shop"]
        contexts = await client.call_tool("k8s_list_contexts", {})
        uri = f"k8s://{(contexts.structured_content or {})['data']['items'][0]['name']}/shop/configmaps/{name}"
        if era == "legacy":
            await client.subscribe_resource(uri)
        else:
            await following.enter_async_context(client.listen(resource_subscriptions=[uri]))
        changed = await client.call_tool("k8s_label_resource", {**CONFIG_MAPS, "name": name, "labels": {"seen-by": f"python-{era}"}})
        assert not changed.is_error, changed.content
        async with asyncio.timeout(30):
            assert await updated.get() == uri


def _failing_calls() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("k8s_list_pods", {"namespace": "shpo"}),
        ("k8s_list_pods", {"namspace": "shop"}),
        ("k8s_get_resource", {**CONFIG_MAPS, "name": "no-such"}),
    ]
