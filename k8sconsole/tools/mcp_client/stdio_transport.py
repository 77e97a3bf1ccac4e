"""An attached server as a child process: its JSON-RPC messages, with limits on their size and rate.

The SDK's own stdio transport has neither limit: it buffers an endless line, and reads as fast as the server writes. The format:
https://modelcontextprotocol.io/specification/draft/basic/transports.
"""

import asyncio
import contextlib
import logging
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
from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import strip_control
from k8sconsole.tools.mcp_client.message_lines import MessageAssembler
from k8sconsole.tools.mcp_client.process_guard import ProcessGuard, signal_group

log = logging.getLogger("k8sconsole.outside")
MAX_MESSAGE = 32 << 20
"""Bytes of one message. A list of ten thousand objects takes about ten million."""
MAX_PER_SECOND = 500
"""Messages read per second. A server that writes faster blocks on its pipe."""
MAX_INVALID_LINES = 100
"""Consecutive lines without a valid message after which the connection is closed."""
_STDERR_LINES = 20
_GRACE, _KILL_WAIT = 2.0, 1.0
_POLL = 0.01
_LONG_REQUESTS = ("subscriptions/listen",)
"""Requests that are answered only at their end."""

Streams = tuple[Any, Any]


class StdioProcess:
    """The child process and the last lines of its standard error. stderr_lines: without control characters."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self.name = name
        self.stderr_lines: deque[str] = deque(maxlen=_STDERR_LINES)
        self.output_ended = asyncio.Event()
        self._process = process
        self._protocol_error = ""
        self._unanswered: set[str | int] = set()

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    @property
    def reason(self) -> str:
        """Why the connection ended, in one line."""
        ended = "" if self.returncode is None else f"it ended with exit code {self.returncode}"
        last_line = self.stderr_lines[-1] if self.stderr_lines else ""
        return ": ".join(part for part in (self._protocol_error or ended, last_line) if part) or "it closed its output"

    async def forward_output(self, to_session: Any) -> None:
        """Read messages until the output ends or is not JSON-RPC, then set ``output_ended``."""
        try:
            async with to_session:
                await self._read_messages(to_session)
        finally:
            self.output_ended.set()

    async def _read_messages(self, to_session: Any) -> None:
        lines, window_start, count = MessageAssembler(MAX_MESSAGE), time.monotonic(), 0
        assert self._process.stdout is not None
        while lines.invalid < MAX_INVALID_LINES:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                self._protocol_error = f"it wrote a line of more than {MAX_MESSAGE >> 20} MiB"
                return
            if not line:
                return
            before = lines.invalid
            messages = lines.feed(line)
            for message in messages:
                self._unanswered.discard(getattr(message.message, "id", ""))
                await to_session.send(message)
            if messages or lines.invalid > before:
                window_start, count = await _limit_rate(window_start, count + 1)
        self._protocol_error = "its output is not JSON-RPC"

    async def forward_input(self, from_session: Any) -> None:
        assert self._process.stdin is not None
        async with from_session:
            async for message in from_session:
                if isinstance(message.message, types.JSONRPCRequest) and message.message.method not in _LONG_REQUESTS:
                    self._unanswered.add(message.message.id)
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                self._process.stdin.write(text.encode() + b"\n")
                await self._process.stdin.drain()

    async def forward_stderr(self) -> None:
        """Copy standard error to the log, and remember the last lines for ``reason``."""
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:
                continue  # a line above the limit, which the reader has discarded
            if not line:
                return
            self.stderr_lines.append(mask_text(strip_control(line.decode(errors="replace").strip()))[:300])
            log.debug("%s: %s", self.name, self.stderr_lines[-1], extra={"operation": "outside"})

    async def stop(self) -> None:
        """As MCP specifies: close its input, then send SIGTERM, then SIGKILL, to its whole process group.

        A server that has not answered gets no time to end by itself. What the server started and left behind is ended too.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        grace = 0.0 if self._unanswered else _GRACE
        for wait, signal_number in ((grace, signal.SIGTERM), (_KILL_WAIT, signal.SIGKILL), (_KILL_WAIT, None)):
            if await self.wait_exited(wait):
                break
            if signal_number is not None:
                signal_group(self._process.pid, signal_number)
        signal_group(self._process.pid, signal.SIGKILL)
        self._process._transport.close()  # type: ignore[attr-defined]  # unread output would keep the transport open

    async def wait_exited(self, timeout: float) -> bool:
        """Whether it exits within ``timeout`` seconds. Polls, because ``Process.wait`` also waits until all output is read."""
        for _ in range(int(timeout / _POLL)):
            if self.returncode is not None:
                return True
            await asyncio.sleep(_POLL)
        return self.returncode is not None


@asynccontextmanager
async def start_stdio_server(name: str, command: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[tuple[StdioProcess, Streams]]:
    """Run the command, and yield the process and the SDK's two streams. Raises Unreachable if it cannot be started.

    The process gets the SDK's default environment (PATH, HOME and the like) and ``env``.
    """
    child = await _spawn(name, command, {**get_default_environment(), **env})
    guard = await ProcessGuard.start(child.pid)
    process = StdioProcess(child, name)
    to_session, read_stream = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write_stream, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    tasks = [
        asyncio.create_task(_ignore_broken_pipe(work))
        for work in (process.forward_output(to_session), process.forward_input(from_session), process.forward_stderr())
    ]
    try:
        yield process, (read_stream, write_stream)
    finally:
        with anyio.CancelScope(shield=True):
            await process.stop()
            await guard.release()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for stream in (read_stream, write_stream, to_session, from_session):
                stream.close()


async def _spawn(name: str, command: Sequence[str], env: Mapping[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(env), limit=MAX_MESSAGE, start_new_session=True
        )
    except (OSError, ValueError) as cause:
        raise Unreachable(f"{name} cannot be started", f"{command[0]}: {cause}", "mcp_servers: in k8sconsole.yaml") from cause


async def _ignore_broken_pipe(work: Any) -> None:
    """A broken pipe ends the task silently: the closed stream reports the failure to waiting calls."""
    with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        await work


async def _limit_rate(window_start: float, count: int) -> tuple[float, int]:
    if count < MAX_PER_SECOND:
        return window_start, count
    await asyncio.sleep(max(0.0, window_start + 1.0 - time.monotonic()))
    return time.monotonic(), 0
