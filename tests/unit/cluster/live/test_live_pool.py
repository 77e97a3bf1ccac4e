"""The pool of connections, against a server that counts them: it grows under load up to a bound, and shrinks when the load is gone."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.live.pool import ConnectionPool
from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import OutOfFiles
from k8sconsole.model.clusters import PoolBounds
from k8sconsole.model.refs import ApiResource, ClusterName
from tests.waiting import wait_until

PODS = ApiResource("", "v1", "Pod", "pods", True)
VERSION = b'{"gitVersion": "v1.36.0"}'


class CountingServer:
    """Speaks just enough HTTP/1.1. ``gate`` holds answers back while it is closed; most: connections open at the same time, ever."""

    def __init__(self) -> None:
        self.open = self.most = self.made = self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def serve(self) -> str:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self.gate.set()
        self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open, self.made = self.open + 1, self.made + 1
        self.most = max(self.most, self.open)
        try:
            while (head := await _head(reader)) and await self._answer(head, writer):
                continue
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is kept."""
        self.asked += 1
        await self.gate.wait()
        last = b"connection: close" in head.lower()
        word = b"close" if last else b"keep-alive"
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: %s\r\nContent-Length: %d\r\n\r\n%s" % (word, len(VERSION), VERSION))
        await writer.drain()
        return not last


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.fixture
async def server() -> AsyncIterator[CountingServer]:
    made = CountingServer()
    yield made
    await made.close()


@pytest.fixture
async def reach(server: CountingServer, kubeconfig: Callable[..., Path]) -> AsyncIterator[Callable[..., Any]]:
    opened: list[Cluster] = []

    async def open_(**bounds: Any) -> Cluster:
        contexts = KubeconfigContexts([kubeconfig(await server.serve())], {}, bounds=PoolBounds(**bounds))
        opened.append(await contexts.open(ClusterName("test")))
        return opened[-1]

    yield open_
    for cluster in opened:
        await cluster.close()


async def _rush(server: CountingServer, cluster: Cluster, requests: int, fit: int) -> list[asyncio.Task[Any]]:
    """So many at once, held back by the server once as many as fit have reached it."""
    server.gate.clear()
    before = server.asked
    tasks = [asyncio.create_task(cluster.version()) for _ in range(requests)]
    await wait_until(lambda: _is(lambda: server.asked - before, fit))
    return tasks


async def _is(figure: Callable[[], int], wanted: int) -> bool:
    return figure() == wanted


async def test_a_load_peak_opens_connections_up_to_the_limit_and_other_requests_wait(server: CountingServer, reach: Any) -> None:
    cluster = await reach(pool_max=4)
    assert cluster.connections().size == 0, "no connection is opened before the first request"
    tasks = await _rush(server, cluster, 9, fit=4)
    now = cluster.connections()
    assert (now.size, now.in_use, now.waiting, now.made, now.reused) == (4, 4, 5, 4, 0)
    server.gate.set()
    await asyncio.gather(*tasks)
    then = cluster.connections()
    assert (then.size, then.in_use, then.waiting, then.made, then.reused) == (4, 0, 0, 4, 5)
    assert (server.most, server.made) == (4, 4)


async def test_sequential_requests_use_one_connection(server: CountingServer, reach: Any) -> None:
    cluster = await reach()
    for _ in range(5):
        await cluster.version()
    assert (server.made, cluster.connections().reused) == (1, 4)


async def test_after_a_rush_a_trickle_of_requests_gives_up_what_it_does_not_need(server: CountingServer, reach: Any) -> None:
    cluster = await reach(pool_min=2, pool_max=6, keep_alive=0.5)
    tasks = await _rush(server, cluster, 6, fit=6)
    server.gate.set()
    await asyncio.gather(*tasks)
    assert server.open == 6

    async def has_shrunk() -> bool:
        """Asked so often that each of the six would be used again before its keep-alive is over."""
        await cluster.version()
        return server.open == 2

    await wait_until(has_shrunk)
    for _ in range(5):
        await cluster.version()
    assert server.open == cluster.connections().size == 2, "what is left is kept"


async def test_idle_connections_are_closed_after_keep_alive(server: CountingServer, reach: Any) -> None:
    cluster = await reach(keep_alive=0.2)
    tasks = await _rush(server, cluster, 3, fit=3)
    server.gate.set()
    await asyncio.gather(*tasks)
    await wait_until(lambda: _is(lambda: server.open, 0))
    assert cluster.connections().size == 0


async def test_a_cancelled_request_is_no_longer_counted_as_waiting(server: CountingServer, reach: Any) -> None:
    cluster = await reach(pool_max=1)
    tasks = await _rush(server, cluster, 3, fit=1)
    assert cluster.connections().waiting == 2
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    assert cluster.connections().waiting == 1
    server.gate.set()
    await asyncio.gather(tasks[0], tasks[2])
    assert cluster.connections().in_use == 0


async def test_a_watch_takes_no_place_of_the_short_requests(server: CountingServer, reach: Any) -> None:
    cluster = await reach(pool_max=1)
    server.gate.clear()
    opening = asyncio.create_task(anext(cluster.watch(PODS, resource_version="1"), None))
    await wait_until(lambda: _is(lambda: server.asked, 1))
    now = cluster.connections()
    assert (now.size, now.streams) == (0, 1)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)


async def test_a_shortage_of_open_files_is_no_unreachable_server(
    kubeconfig: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, serve: Callable
) -> None:
    def refuse(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(ConnectionPool, "_create_socket", refuse)
    cluster = await KubeconfigContexts([kubeconfig(await serve({}))], {}).open(ClusterName("test"))
    with pytest.raises(OutOfFiles, match=r"cannot get version on cluster test — too many open files \(try: ulimit -n 4096"):
        await cluster.version()
    await cluster.close()
