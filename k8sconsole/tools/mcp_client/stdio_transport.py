"""A server of somebody else's as a child process: one JSON-RPC message a line, and no more of it than we are willing to hold.

The SDK's own stdio transport keeps a line without end in memory and reads as fast as a server writes; see
https://modelcontextprotocol.io/specification/draft/basic/transports for the form.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage

from k8sconsole.errors import Unreachable
from k8sconsole.kit.text import strip_control

log = logging.getLogger("k8sconsole.outside")
LONGEST = 32 << 20
"""Bytes of one message: a list of ten thousand objects is some ten million."""
A_SECOND = 500
"""Messages read in a second; a server that sends more waits in its own pipe."""
GARBAGE = 100
"""Lines in a row that are no message until the server is given up."""
_KEPT = 20
_GOODBYE, _KILL = 2.0, 1.0
_LOOK = 0.01

Streams = tuple[Any, Any]


class StdioProcess:
    """The child and what it last wrote to its standard error."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self.process = process
        self.name = name
        self.said: deque[str] = deque(maxlen=_KEPT)
        self.broken = ""
        self.over = asyncio.Event()

    @property
    def reason(self) -> str:
        """Why it is gone, in one line."""
        ended = "" if self.process.returncode is None else f"it ended with exit code {self.process.returncode}"
        return ": ".join(part for part in (self.broken or ended, self.said[-1] if self.said else "") if part) or "it closed its output"

    async def read(self, to_session: Any) -> None:
        """Until its output ends or makes no sense; then it is over."""
        try:
            async with to_session:
                await self._read(to_session)
        finally:
            self.over.set()

    async def _read(self, to_session: Any) -> None:
        garbage, began, count = 0, time.monotonic(), 0
        assert self.process.stdout is not None
        while garbage < GARBAGE:
            try:
                line = await self.process.stdout.readline()
            except ValueError:
                self.broken = f"it wrote a line of more than {LONGEST >> 20} MiB"
                return
            if not line:
                return
            message = _message(line)
            garbage = 0 if message is not None else garbage + 1
            if message is not None:
                await to_session.send(message)
            began, count = await _paced(began, count + 1)
        self.broken = "what it writes is no JSON-RPC"

    async def write(self, from_session: Any) -> None:
        assert self.process.stdin is not None
        async with from_session:
            async for message in from_session:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                self.process.stdin.write(text.encode() + b"\n")
                await self.process.stdin.drain()

    async def listen(self) -> None:
        """Its standard error goes to our log, and its last lines are kept as the reason."""
        assert self.process.stderr is not None
        while True:
            try:
                line = await self.process.stderr.readline()
            except ValueError:
                continue  # a line beyond every bound, of which the reader has let go
            if not line:
                return
            self.said.append(strip_control(line.decode(errors="replace").strip())[:300])
            log.debug("%s: %s", self.name, self.said[-1], extra={"operation": "outside"})

    async def end(self) -> None:
        """As the protocol wants it: its input is closed, then it is asked, then it is killed, and its children with it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        for wait, how in ((_GOODBYE, signal.SIGTERM), (_KILL, signal.SIGKILL), (_KILL, None)):
            if await self.exits(wait):
                break
            if how is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, how)
        self.process._transport.close()  # type: ignore[attr-defined]  # what it wrote and nobody read would keep it open

    async def exits(self, within: float) -> bool:
        """Whether it has ended after so many seconds; looked at, since ``wait`` also waits for all that it wrote to be read."""
        for _ in range(int(within / _LOOK)):
            if self.process.returncode is not None:
                return True
            await asyncio.sleep(_LOOK)
        return self.process.returncode is not None


@asynccontextmanager
async def start_stdio_server(name: str, command: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[tuple[StdioProcess, Streams]]:
    """The running child and the SDK's two streams. It sees little of our environment: PATH, HOME and their like, and ``env``. Raises
    Unreachable where it cannot be started."""
    pipes = StdioProcess(await _started(name, command, {**get_default_environment(), **env}), name)
    to_session, read_stream = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write_stream, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    tasks = [asyncio.create_task(_quiet(work)) for work in (pipes.read(to_session), pipes.write(from_session), pipes.listen())]
    try:
        yield pipes, (read_stream, write_stream)
    finally:
        with anyio.CancelScope(shield=True):
            await pipes.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for stream in (read_stream, write_stream, to_session, from_session):
                stream.close()


async def _started(name: str, command: Sequence[str], env: Mapping[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(env), limit=LONGEST, start_new_session=True
        )
    except (OSError, ValueError) as cause:
        raise Unreachable(f"{name} cannot be started", f"{command[0]}: {cause}", "mcp_servers: in k8sconsole.yaml") from cause


async def _quiet(work: Any) -> None:
    """A pipe that breaks ends the work on it: whoever waits for an answer is told by the closed stream."""
    with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        await work


async def _paced(began: float, count: int) -> tuple[float, int]:
    if count < A_SECOND:
        return began, count
    await asyncio.sleep(max(0.0, began + 1.0 - time.monotonic()))
    return time.monotonic(), 0


def _message(line: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None
