"""Serves one client over standard input and output: one JSON-RPC message a line, in UTF-8.

The SDK's own transport says nothing to a line that is no message, and its blocked reader keeps the process from ending.
https://modelcontextprotocol.io/specification/draft/basic/transports
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from queue import SimpleQueue
from typing import Any

import anyio

from k8sconsole.mcp_server.messages import MAX_MESSAGE, RefusedMessage, read_message
from k8sconsole.runtime.api import ConsoleApi

log = logging.getLogger("k8sconsole.mcp")
LAST_ANSWERS = 2.0
"""Seconds after the end of the input in which calls that run may still be answered."""
_CHUNK = 1 << 16
_MOST_WAITING = 64
_ENDLESS = "subscriptions/listen"
"""A request that is answered only when the subscription ends."""


async def serve_stdio(console: ConsoleApi, *, toolsets: tuple[str, ...] = ()) -> bool:
    """Runs until the client closes its end. toolsets: only these; none means all. Returns whether a client sent any message."""
    with _claimed_descriptors() as (incoming, outgoing):
        return await serve_descriptors(console, incoming, outgoing, toolsets=toolsets)


async def serve_descriptors(console: ConsoleApi, incoming: int, outgoing: int, *, toolsets: tuple[str, ...] = ()) -> bool:
    """As ``serve_stdio``, on two open file descriptors, which stay open."""
    from k8sconsole.mcp_server.server import initialization_options, make_server

    server = make_server(console, toolsets)
    connection = StdioConnection(incoming, outgoing)
    to_server, requests = anyio.create_memory_object_stream[Any](0)
    answers, from_server = anyio.create_memory_object_stream[Any](0)
    async with anyio.create_task_group() as tasks:
        connection.on_gone = tasks.cancel_scope.cancel
        tasks.start_soon(connection.forward_requests, to_server)
        tasks.start_soon(connection.forward_answers, from_server)
        await server.run(requests, answers, initialization_options(server))
        tasks.cancel_scope.cancel()
    return connection.heard


class StdioConnection:
    """The messages of one client in both directions. heard: whether it sent any. on_gone: called where it reads no more."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.heard = False
        self.on_gone: Callable[[], None] = lambda: None
        self._incoming = incoming
        self._writer = DescriptorWriter(outgoing)
        self._unanswered: set[str | int] = set()
        self._answered = asyncio.Event()

    async def forward_requests(self, to_server: Any) -> None:
        """Passes on each message, and answers a line that is none. Returns at the end of the input."""
        async with to_server:
            async for line in read_lines(self._incoming):
                message = read_message(line)
                if isinstance(message, RefusedMessage):
                    await self._refuse(message)
                elif message is not None:
                    self.heard = True
                    self._note_request(message.message)
                    await to_server.send(message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_ANSWERS):
                    await self._wait_answered()

    async def forward_answers(self, from_server: Any) -> None:
        async with from_server:
            async for answer in from_server:
                await self._write(answer.message.model_dump_json(by_alias=True, exclude_unset=True).encode())
                self._unanswered.discard(getattr(answer.message, "id", ""))
                self._answered.set()

    async def _write(self, message: bytes) -> None:
        try:
            await self._writer.write(message + b"\n")
        except OSError as cause:
            log.info("the client reads no more: %s", cause, extra={"operation": "mcp"})
            self.on_gone()

    async def _refuse(self, refused: RefusedMessage) -> None:
        log.warning("a client's message was refused: %s: %s", refused.why, refused.excerpt, extra={"operation": "mcp"})
        if refused.answer:
            await self._write(refused.answer)

    def _note_request(self, message: Any) -> None:
        if getattr(message, "method", _ENDLESS) != _ENDLESS and hasattr(message, "id"):
            self._unanswered.add(message.id)

    async def _wait_answered(self) -> None:
        while self._unanswered:
            self._answered.clear()
            await self._answered.wait()


class DescriptorWriter:
    """Writes to a file descriptor in a daemon thread: a client that does not read stops neither the loop nor the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[tuple[bytes, asyncio.Future[None]]] = SimpleQueue()
        threading.Thread(target=self._run, name="mcp output", daemon=True).start()

    async def write(self, data: bytes) -> None:
        """Returns once all is written. Raises OSError, such as BrokenPipeError."""
        written: asyncio.Future[None] = self._loop.create_future()
        self._waiting.put((data, written))
        await written

    def _run(self) -> None:
        while True:
            data, written = self._waiting.get()
            problem: OSError | None = None
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError as cause:
                problem = cause
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(_settle, written, problem)


async def read_lines(descriptor: int) -> AsyncIterator[bytes]:
    """The lines of a file descriptor, without their ends. A line of more than MAX_MESSAGE bytes is cut there."""
    lines: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_WAITING)
    loop = asyncio.get_running_loop()

    def put(line: bytes | None) -> None:
        asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()

    def run() -> None:
        with contextlib.suppress(RuntimeError, asyncio.CancelledError):  # the loop is closed
            for line in _split_lines(descriptor):
                put(line)
            put(None)

    threading.Thread(target=run, name="mcp input", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


def _split_lines(descriptor: int) -> Iterator[bytes]:
    rest, overlong = bytearray(), False
    while chunk := _read_chunk(descriptor):
        *ends, tail = chunk.split(b"\n")
        for part in ends:
            if not overlong:
                yield bytes(rest + part)
            rest, overlong = bytearray(), False
        rest += b"" if overlong else tail
        if len(rest) > MAX_MESSAGE:
            yield bytes(rest)
            rest, overlong = bytearray(), True
    if rest:
        yield bytes(rest)


def _read_chunk(descriptor: int) -> bytes:
    """Empty at the end, also where a terminal is gone."""
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:
        return b""


def _settle(written: "asyncio.Future[None]", problem: OSError | None) -> None:
    if written.done():
        return
    if problem is None:
        written.set_result(None)
    else:
        written.set_exception(problem)


@contextlib.contextmanager
def _claimed_descriptors() -> Iterator[tuple[int, int]]:
    """Duplicates of descriptors 0 and 1. Meanwhile 0 is the null device and 1 is standard error: a stray print or a child process must not
    write between the messages. The duplicates stay open, because a thread may still wait at them."""
    sys.stdout.flush()
    incoming, outgoing, null = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2 if sys.stderr is not None else null, 1)
    os.close(null)
    try:
        yield incoming, outgoing
    finally:
        os.dup2(incoming, 0)
        os.dup2(outgoing, 1)
