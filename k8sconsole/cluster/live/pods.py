"""Into a pod: eviction, a command, a port. The last two speak Kubernetes' channel protocol over a WebSocket: the first byte of a message
is its channel.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from k8sconsole.cluster.errors import Asked, from_status
from k8sconsole.cluster.live.transport import Request, Transport
from k8sconsole.cluster.port import Output
from k8sconsole.errors import ConsoleError, UsageError

EXEC_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
FORWARD_PROTOCOLS = ("v4.channel.k8s.io",)
_OUT, _ERR, _END = 1, 2, 3
_DATA, _TROUBLE = 0, 1
_AT_ONCE = 1 << 16
_BINARY = (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)
_CODE = re.compile(r"exit code (\d+)")


def eviction(namespace: str, pod: str, uid: str, grace_seconds: int | None, dry_run: bool) -> bytes:
    """The Eviction to post."""
    wished = {"gracePeriodSeconds": grace_seconds, "preconditions": {"uid": uid} if uid else None, "dryRun": ["All"] if dry_run else None}
    options = {key: value for key, value in wished.items() if value is not None}
    meta = {"name": pod, "namespace": namespace}
    return msgspec.json.encode({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta, "deleteOptions": options})


async def executed(transport: Transport, asked: Asked, path: str, container: str, command: Sequence[str], most_bytes: int) -> Output:
    """Raises what the server says where the command could not be run; a command that fails has its exit code."""
    query = [("stdout", "true"), ("stderr", "true"), *([("container", container)] if container else [])]
    address = f"{path}?{urlencode([*query, *(('command', word) for word in command)])}"
    written = {_OUT: bytearray(), _ERR: bytearray()}
    end: dict[str, Any] | None = None
    async with transport.socket(Request(asked, address, silence=None, endless=True), EXEC_PROTOCOLS) as socket:
        async for message in socket:
            channel, data = _channel(message)
            if channel == _END:
                end = msgspec.json.decode(data)
                break
            if channel in written:
                written[channel] += data
            if sum(map(len, written.values())) > most_bytes:
                return Output(bytes(written[_OUT][:most_bytes]), bytes(written[_ERR][:most_bytes]), None, cut=True)
    return Output(bytes(written[_OUT]), bytes(written[_ERR]), _exit_code(asked, end))


def _channel(message: aiohttp.WSMessage) -> tuple[int, bytes]:
    if message.type not in _BINARY or not message.data:
        return -1, b""
    data = message.data.encode() if isinstance(message.data, str) else message.data
    return data[0], data[1:]


def _exit_code(asked: Asked, end: dict[str, Any] | None) -> int | None:
    if end is None:
        return None
    if end.get("status") == "Success":
        return 0
    if end.get("reason") != "NonZeroExitCode":
        raise from_status(asked, end, int(end.get("code") or 500))
    causes = (end.get("details") or {}).get("causes") or []
    told = next((one.get("message", "") for one in causes if one.get("reason") == "ExitCode"), "")
    said = _CODE.search(str(end.get("message", "")))
    return int(told) if told.isdecimal() else int(said[1]) if said else None


class OpenForward:
    """Implements ``cluster.port.Forward``: one WebSocket for each connection that is made to it."""

    def __init__(self, transport: Transport, request: Request) -> None:
        self.port = 0
        self._transport = transport
        self._request = request
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @classmethod
    async def open(cls, transport: Transport, asked: Asked, path: str, port: int, local_port: int) -> "OpenForward":
        made = cls(transport, Request(asked, f"{path}?ports={port}", silence=None, endless=True))
        async with made._transport.socket(made._request, FORWARD_PROTOCOLS):
            pass  # the server is asked before anybody connects: a refusal is told here
        try:
            made._server = await asyncio.start_server(made._connected, "127.0.0.1", local_port)
        except OSError as cause:
            details = {"parameter": "local_port", "given": local_port, "expected": "a free port, or 0", "nearest": [0]}
            raise UsageError(f"cannot listen on 127.0.0.1:{local_port}", str(cause), "local_port=0", details) from cause
        made.port = made._server.sockets[0].getsockname()[1]
        return made

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            async with self._transport.socket(self._request, FORWARD_PROTOCOLS) as socket:
                sending = asyncio.create_task(_send(reader, socket))
                try:
                    await _receive(socket, writer)
                finally:
                    sending.cancel()
        except (ConsoleError, ConnectionError):
            pass  # whoever connected sees the connection end
        finally:
            self._open.discard(writer)
            with contextlib.suppress(ConnectionError):
                writer.close()


async def _send(reader: asyncio.StreamReader, socket: aiohttp.ClientWebSocketResponse) -> None:
    while data := await reader.read(_AT_ONCE):
        await socket.send_bytes(bytes([_DATA]) + data)
    await socket.close()


async def _receive(socket: aiohttp.ClientWebSocketResponse, writer: asyncio.StreamWriter) -> None:
    """The first message on each channel only repeats the port."""
    announced: set[int] = set()
    async for message in socket:
        channel, data = _channel(message)
        if channel not in announced:
            announced.add(channel)
        elif channel == _DATA:
            writer.write(data)
            await writer.drain()
        elif channel == _TROUBLE:
            return
