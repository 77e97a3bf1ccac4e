"""Pod subresources: eviction, exec and port-forward.

The last two use Kubernetes' channel protocol over a WebSocket: the first byte of a message is its channel.

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

from k8sconsole.cluster.errors import RequestInfo, error_from_status
from k8sconsole.cluster.live.transport import ApiRequest, Transport
from k8sconsole.cluster.port import ExecOutput
from k8sconsole.errors import ConsoleError, UsageError
from k8sconsole.kit.system_errors import explain_os_error

EXEC_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
FORWARD_PROTOCOLS = ("v4.channel.k8s.io",)
_STDOUT, _STDERR, _STATUS = 1, 2, 3
_DATA, _ERROR = 0, 1
_READ_SIZE = 1 << 16
_BINARY = (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)
_EXIT_CODE = re.compile(r"exit code (\d+)")


def eviction_body(namespace: str, pod: str, uid: str, grace_seconds: int | None, dry_run: bool) -> bytes:
    """Returns the Eviction to post, as JSON."""
    fields = {"gracePeriodSeconds": grace_seconds, "preconditions": {"uid": uid} if uid else None, "dryRun": ["All"] if dry_run else None}
    options = {key: value for key, value in fields.items() if value is not None}
    meta = {"name": pod, "namespace": namespace}
    return msgspec.json.encode({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta, "deleteOptions": options})


async def run_command(
    transport: Transport, info: RequestInfo, path: str, container: str, command: Sequence[str], max_bytes: int
) -> ExecOutput:
    """Runs a command in a container. A command that fails has an exit code; raises the server's error when it could not be run."""
    query = [("stdout", "true"), ("stderr", "true"), *([("container", container)] if container else [])]
    url = f"{path}?{urlencode([*query, *(('command', argument) for argument in command)])}"
    output = {_STDOUT: bytearray(), _STDERR: bytearray()}
    status: dict[str, Any] | None = None
    async with transport.socket(ApiRequest(info, url, idle_timeout=None, long_running=True), EXEC_PROTOCOLS) as socket:
        async for message in socket:
            channel, data = _split_channel(message)
            if channel == _STATUS:
                status = msgspec.json.decode(data)
                break
            if channel in output:
                output[channel] += data
            if sum(map(len, output.values())) > max_bytes:
                return ExecOutput(bytes(output[_STDOUT][:max_bytes]), bytes(output[_STDERR][:max_bytes]), None, cut=True)
    return ExecOutput(bytes(output[_STDOUT]), bytes(output[_STDERR]), _exit_code(info, status))


def _split_channel(message: aiohttp.WSMessage) -> tuple[int, bytes]:
    if message.type not in _BINARY or not message.data:
        return -1, b""
    data = message.data.encode() if isinstance(message.data, str) else message.data
    return data[0], data[1:]


def _exit_code(info: RequestInfo, status: dict[str, Any] | None) -> int | None:
    if status is None:
        return None
    if status.get("status") == "Success":
        return 0
    if status.get("reason") != "NonZeroExitCode":
        raise error_from_status(info, status, int(status.get("code") or 500))
    causes = (status.get("details") or {}).get("causes") or []
    code = next((cause.get("message", "") for cause in causes if cause.get("reason") == "ExitCode"), "")
    in_message = _EXIT_CODE.search(str(status.get("message", "")))
    return int(code) if code.isdecimal() else int(in_message[1]) if in_message else None


class OpenForward:
    """Implements ``cluster.port.Forward``: each local connection gets a WebSocket of its own."""

    def __init__(self, transport: Transport, request: ApiRequest) -> None:
        self.port = 0
        self._transport = transport
        self._request = request
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @classmethod
    async def open(cls, transport: Transport, info: RequestInfo, path: str, port: int, local_port: int) -> "OpenForward":
        """Raises the server's refusal, and UsageError when the local port is in use."""
        forward = cls(transport, ApiRequest(info, f"{path}?ports={port}", idle_timeout=None, long_running=True))
        async with forward._transport.socket(forward._request, FORWARD_PROTOCOLS):
            pass  # tried before a client connects, so that a refusal is raised here
        try:
            forward._server = await asyncio.start_server(forward._serve_connection, "127.0.0.1", local_port)
        except OSError as cause:
            details = {"parameter": "local_port", "given": local_port, "expected": "a free port, or 0", "nearest": [0]}
            why, remedy = explain_os_error(cause, port=local_port)
            raise UsageError(
                f"cannot listen on 127.0.0.1:{local_port}", why, f"local_port=0, which takes a free port; {remedy}", details
            ) from cause
        forward.port = forward._server.sockets[0].getsockname()[1]
        return forward

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.close()

    async def _serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            async with self._transport.socket(self._request, FORWARD_PROTOCOLS) as socket:
                sending = asyncio.create_task(_send(reader, socket))
                try:
                    await _receive(socket, writer)
                finally:
                    sending.cancel()
        except (ConsoleError, ConnectionError):
            pass  # the local client sees its connection end
        finally:
            self._writers.discard(writer)
            with contextlib.suppress(ConnectionError):
                writer.close()


async def _send(reader: asyncio.StreamReader, socket: aiohttp.ClientWebSocketResponse) -> None:
    while data := await reader.read(_READ_SIZE):
        await socket.send_bytes(bytes([_DATA]) + data)
    await socket.close()


async def _receive(socket: aiohttp.ClientWebSocketResponse, writer: asyncio.StreamWriter) -> None:
    """Copies data to the local client. The first message on each channel only repeats the port."""
    announced: set[int] = set()
    async for message in socket:
        channel, data = _split_channel(message)
        if channel not in announced:
            announced.add(channel)
        elif channel == _DATA:
            writer.write(data)
            await writer.drain()
        elif channel == _ERROR:
            return
