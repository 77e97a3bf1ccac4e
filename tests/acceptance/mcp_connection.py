"""``k8sconsole mcp`` driven by raw lines over its pipes, for what a client library would never send or never notice."""

import asyncio
import contextlib
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from typing import Any

from tests.acceptance.program import COMMAND, ROOT, Program

_LONGEST = 64 << 20
LEGACY = "2025-06-18"


class McpConnection:
    """A connection to one server.

    - stray: lines of its standard output that are no JSON-RPC message. There must never be any.
    - unclaimed: answers that no request waits for.
    - notices: requests and notifications of the server.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self.stray: list[bytes] = []
        self.unclaimed: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def send(self, line: bytes | dict[str, Any]) -> None:
        """A message, or any bytes as one line."""
        assert self.process.stdin is not None
        self.process.stdin.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        await self.process.stdin.drain()

    async def request(self, number: Any, method: str, within: float = 30.0, **params: Any) -> dict[str, Any]:
        """Sends a request. Returns the answer, a result or an error. Raises TimeoutError."""
        reply = self.expect_reply(number)
        await self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        async with asyncio.timeout(within):
            return await reply

    def expect_reply(self, number: Any) -> "asyncio.Future[dict[str, Any]]":
        """Returns a future for the answer to a request that is sent next."""
        return self._waiting.setdefault(str(number), asyncio.get_running_loop().create_future())

    def ignore_reply(self, number: Any) -> None:
        """Stops waiting for the answer. One that comes later is unclaimed."""
        self._waiting.pop(str(number), None)

    async def notify(self, method: str, **params: Any) -> None:
        await self.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def initialize(self) -> None:
        about = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "wire", "version": "0"}}
        await self.request("hello", "initialize", **about)
        await self.notify("notifications/initialized")

    async def call(self, number: Any, tool: str, within: float = 30.0, **arguments: Any) -> dict[str, Any]:
        return await self.request(number, "tools/call", within, name=tool, arguments=arguments)

    @property
    def resident_mib(self) -> float:
        with open(f"/proc/{self.process.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            try:
                message = json.loads(line)
                assert message["jsonrpc"] == "2.0"
            except (ValueError, KeyError, TypeError, AssertionError):
                self.stray.append(line)
                continue
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            self.notices.append(message)
            return
        waiting = self._waiting.pop(str(message.get("id")), None)
        if waiting is None:
            self.unclaimed.append(message)
        elif not waiting.done():
            waiting.set_result(message)


@contextlib.asynccontextmanager
async def connect_mcp(program: Program, *arguments: str) -> AsyncIterator[McpConnection]:
    """Starts a server. On exit its input is closed, and it must end by itself within ten seconds."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "mcp", *arguments, env=program.env, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_LONGEST
    )
    try:
        yield McpConnection(process)
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
