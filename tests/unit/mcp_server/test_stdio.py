"""The server over two pipes: every line gets an answer, and the end of either pipe ends it."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from k8sconsole.mcp_server.stdio import read_lines, serve_descriptors
from tests.tool_harness import HarnessConsole
from tests.waiting import wait_until

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
OPEN = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bare", "version": "1"}}


class Wire(NamedTuple):
    """The client's ends of the pipes."""

    to_server: int
    answers: AsyncIterator[bytes]
    serving: "asyncio.Task[bool]"

    async def send(self, *lines: bytes) -> None:
        await asyncio.to_thread(os.write, self.to_server, b"".join(lines))

    async def receive(self) -> Any:
        async with asyncio.timeout(10):
            return json.loads(await anext(self.answers))


@asynccontextmanager
async def _served(console: HarnessConsole) -> AsyncIterator[Wire]:
    (server_in, client_out), (client_in, server_out) = os.pipe(), os.pipe()
    serving = asyncio.create_task(serve_descriptors(console, server_in, server_out))  # type: ignore[arg-type]
    try:
        yield Wire(client_out, read_lines(client_in), serving)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def _request(number: int, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The package's logger passes nothing on once a console has run."""
    logger = logging.getLogger("k8sconsole.mcp")
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.mark.parametrize(
    ("line", "code", "identity", "why"),
    [
        (b"this is no message", PARSE_ERROR, None, "not JSON"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": ', PARSE_ERROR, None, "not JSON"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "p\xffng"}', PARSE_ERROR, None, "not UTF-8"),
        (b"[" * 100_000, PARSE_ERROR, None, "nested too deeply"),
        (b'{"id": 7, "method": "ping"}', INVALID_REQUEST, 7, "jsonrpc"),
        (b'{"jsonrpc": "2.0", "id": "a"}', INVALID_REQUEST, "a", "no method"),
        (b'{"jsonrpc": "2.0", "id": 7, "method": 5}', INVALID_REQUEST, 7, "no method"),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": [1]}', INVALID_REQUEST, 7, "params"),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', INVALID_REQUEST, None, "id"),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', INVALID_REQUEST, None, "id"),
        (b'[{"jsonrpc": "2.0", "id": 7, "method": "ping"}]', INVALID_REQUEST, None, "batch"),
        (b'"ping"', INVALID_REQUEST, None, "not an object"),
        (b'{"jsonrpc": "2.0", "id": "\\ud800"}', INVALID_REQUEST, "\ud800", "no method"),
    ],
)
async def test_a_line_that_is_no_message_is_answered_and_logged_and_the_session_goes_on(
    console: HarnessConsole, logged: pytest.LogCaptureFixture, line: bytes, code: int, identity: Any, why: str
) -> None:
    async with _served(console) as wire:
        await wire.send(line, b"\n\n", _request(2, "initialize", **OPEN))
        refused = await wire.receive()
        assert (refused["error"]["code"], refused["id"]) == (code, identity)
        assert why in refused["error"]["message"]
        assert "(try: " in refused["error"]["message"]
        assert (await wire.receive())["result"]["serverInfo"]["name"] == "k8sconsole"
    assert why in logged.text


@pytest.mark.parametrize(
    ("method", "params", "why"),
    [
        ("tools/call", {"name": 5}, "tools/call: params.name: "),
        ("tools/call", {"arguments": {}}, "tools/call: params.name: Field required"),
        ("tools/call", {"name": "k8s_list_pods", "arguments": [1]}, "tools/call: params.arguments: "),
        ("resources/read", {}, "resources/read: params.uri: Field required"),
    ],
)
async def test_wrong_parameters_of_a_request_are_named_and_logged(
    console: HarnessConsole, logged: pytest.LogCaptureFixture, method: str, params: dict[str, Any], why: str
) -> None:
    async with _served(console) as wire:
        await wire.send(_request(2, "initialize", **OPEN), _request(3, method, **params))
        assert (await wire.receive())["id"] == 2
        error = (await wire.receive())["error"]
    assert error["code"] == -32602
    assert why in error["message"]
    assert why in logged.text


async def test_a_call_before_the_session_is_open_says_what_is_missing(console: HarnessConsole) -> None:
    async with _served(console) as wire:
        await wire.send(_request(1, "tools/list"))
        assert "initialize was not sent" in (await wire.receive())["error"]["message"]


async def test_arguments_that_are_json_text_are_read(console: HarnessConsole) -> None:
    async with _served(console) as wire:
        arguments = json.dumps({"namespace": "shop", "limit": 1})
        await wire.send(_request(1, "initialize", **OPEN), _request(2, "tools/call", name="k8s_list_pods", arguments=arguments))
        await wire.receive()
        assert len((await wire.receive())["result"]["structuredContent"]["data"]["items"]) == 1


async def test_an_invalid_response_is_logged_and_not_answered(console: HarnessConsole, logged: pytest.LogCaptureFixture) -> None:
    async with _served(console) as wire:
        await wire.send(b'{"jsonrpc": "1.0", "id": 1, "result": {}}\n', _request(2, "initialize", **OPEN))
        assert (await wire.receive())["id"] == 2
    assert "jsonrpc" in logged.text


async def test_a_byte_order_mark_and_blank_lines_are_no_fault(console: HarnessConsole) -> None:
    async with _served(console) as wire:
        await wire.send(b"\xef\xbb\xbf" + _request(1, "initialize", **OPEN), b"\r\n")
        assert (await wire.receive())["id"] == 1


async def test_what_was_asked_before_the_input_ended_is_answered(console: HarnessConsole) -> None:
    async with _served(console) as wire:
        ready = b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'
        await wire.send(_request(1, "initialize", **OPEN), ready, _request(2, "tools/call", name="k8s_list_pods", arguments={}))
        os.close(wire.to_server)
        assert (await wire.receive())["id"] == 1
        assert "data" in (await wire.receive())["result"]["structuredContent"]
        assert await wire.serving is True


async def test_a_session_without_a_message_says_so(console: HarnessConsole) -> None:
    async with _served(console) as wire:
        os.close(wire.to_server)
        assert await wire.serving is False


async def test_a_client_that_reads_no_more_ends_the_session(console: HarnessConsole) -> None:
    (server_in, client_out), (client_in, server_out) = os.pipe(), os.pipe()
    os.close(client_in)
    serving = asyncio.create_task(serve_descriptors(console, server_in, server_out))  # type: ignore[arg-type]
    os.write(client_out, _request(1, "initialize", **OPEN))
    await wait_until(serving.done)
    assert serving.exception() is None
    os.close(client_out)
