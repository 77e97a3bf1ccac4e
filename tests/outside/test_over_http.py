"""An attached server at an address: a real one, over streamable HTTP, with a token that it wants."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from mcp.server import MCPServer
from starlette.responses import PlainTextResponse

from k8sconsole.model.attached_servers import AttachedServerSettings, AttachedServerState
from tests.outside.conftest import Attach
from tests.waiting import wait_until


class Far:
    """url, and the server in whose hands it is; stop() takes it away."""

    def __init__(self, server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
        self._server = server
        self._serving = serving
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/mcp"

    async def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        await self._serving


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    tools = MCPServer("far", log_level="CRITICAL")

    @tools.tool()
    def weather(town: str) -> str:
        """How the weather is."""
        return f"rain in {town}"

    inner = tools.streamable_http_app()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers") or ())
        if scope["type"] == "http" and headers.get(b"authorization") != b"Bearer far-token":
            await PlainTextResponse("no", status_code=401)(scope, receive, send)
            return
        await inner(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(guarded, host="127.0.0.1", port=0, log_level="critical", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started)
    made = Far(server, serving)
    yield made
    with contextlib.suppress(asyncio.CancelledError):
        await made.stop()


async def test_a_server_at_an_address_is_reached_with_the_token_that_the_environment_holds(
    attach: Attach, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_TOKEN", "far-token")
    server = AttachedServerSettings("far", url=far.url, headers={"Authorization": "Bearer ${FAR_TOKEN}"}, reads=("*",), timeout=3.0)
    async with attach(server) as attached:
        outcome = await attached.console.tools.call("far__weather", {"town": "Bergen"})
        assert outcome.error is None, outcome.error
        assert outcome.text == "rain in Bergen"
        await far.stop()
        gone = await attached.console.tools.call("far__weather", {"town": "Bergen"})
        await attached.lost("far")
    assert gone.error is not None
    assert gone.error.name in ("ServiceUnavailable", "Timeout")
    assert "far-token" not in str(gone.error)


@pytest.mark.parametrize(
    ("headers", "why"), [({"Authorization": "Bearer wrong"}, "401"), ({"Authorization": "${NO_SUCH_VARIABLE}"}, "NO_SUCH_VARIABLE")]
)
async def test_a_server_that_refuses_the_token_is_lost_with_the_reason(attach: Attach, far: Far, headers: dict[str, str], why: str) -> None:
    async with attach(AttachedServerSettings("far", url=far.url, headers=headers, timeout=3.0)) as attached:
        assert attached.state("far").state is AttachedServerState.LOST
        assert why in attached.state("far").detail
