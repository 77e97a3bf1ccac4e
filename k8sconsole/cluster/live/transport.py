"""Sends requests to one API server: with pooled connections, new credentials after a 401, and translated errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
from yarl import URL

from k8sconsole.cluster.errors import RequestInfo, error_from_response
from k8sconsole.cluster.live.access import Access
from k8sconsole.cluster.live.access_source import AccessSource
from k8sconsole.cluster.live.credentials.provider import describe_expiry
from k8sconsole.cluster.live.failures import translate_errors
from k8sconsole.cluster.live.pool import ConnectionPool
from k8sconsole.cluster.live.proxy import is_loopback, is_socks
from k8sconsole.cluster.live.server_clock import ServerClock
from k8sconsole.errors import ConsoleError, CredentialsError, ServerError, Unreachable
from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.clusters import Connections, PoolBounds
from k8sconsole.model.refs import ClusterName

CONNECT_TIMEOUT = 10.0
_NO_UPGRADE = 400
# The API server ends its own work on a request after 60 s.
REQUEST_TIMEOUT = 70.0
# Bytes of a response. Below this, switching to a thread costs more than decoding.
_DECODE_IN_THREAD = 256 * 1024

T = TypeVar("T")


@dataclass(frozen=True)
class ApiRequest:
    """path: percent-encoded. content_type: of the body, if any. idle_timeout: seconds without a byte; None means no limit.

    long_running: a watch, a followed log or a WebSocket, which keeps its connection for minutes.
    """

    info: RequestInfo
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    accept: str = "application/json"
    body: bytes | None = None
    content_type: str = "application/json"
    idle_timeout: float | None = REQUEST_TIMEOUT
    long_running: bool = False


async def decode_response(info: RequestInfo, body: bytes, shape: type[T]) -> T:
    """Decodes the fields that ``shape`` names. Raises ServerError for an answer of another shape, such as a login page."""
    try:
        if len(body) < _DECODE_IN_THREAD:
            return msgspec.json.decode(body, type=shape)
        return await asyncio.to_thread(msgspec.json.decode, body, type=shape)
    except msgspec.DecodeError as error:
        raise unreadable_response_error(info, error) from error


def unreadable_response_error(info: RequestInfo, error: Exception) -> ServerError:
    why = f"the answer is not what the Kubernetes API sends: {error}"
    return ServerError(info.title, why, "check the server in the kubeconfig", info.details())


class Transport:
    """Sends requests over two pools. Short requests share a few connections; long-running ones must not use those up.

    Belongs to the loop on which it was created. clock: the server's, as far as its responses show it.
    """

    def __init__(self, source: AccessSource, bounds: PoolBounds) -> None:
        self._source = source
        self._source.on_change = self._end_long_running
        self.clock = ServerClock()
        self._open_responses: set[aiohttp.ClientResponse] = set()
        self._short = ConnectionPool(least=bounds.pool_min, most=bounds.pool_max, keep_alive=bounds.keep_alive)
        self._long_running = ConnectionPool(least=0, most=0, keep_alive=bounds.keep_alive)

    def connections(self, cluster: ClusterName) -> Connections:
        """Counts the connections at this moment."""
        short = self._short
        return Connections(cluster, short.size, short.in_use, short.waiting, short.created, short.reused, self._long_running.size)

    async def fetch(self, request: ApiRequest) -> bytes:
        """Returns the whole response. Raises what ``cluster.port`` lists."""
        async with self.stream(request) as response:
            return await response.read()

    @asynccontextmanager
    async def stream(self, request: ApiRequest) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yields a successful response, to be read inside the block. Leaving the block early closes its connection."""
        access = await self._source.get()
        async with self._send(request, access) as response:
            if response.status != 401:
                await _raise_for_status(request, access, response)
                with translate_errors(request.info, access, request.idle_timeout):
                    yield response
                return
            refusal = await _response_error(request, access, response)
        renewed = await self._source.renew(access)
        if renewed is None:
            raise refusal
        async with self._send(request, renewed) as response:
            await _raise_for_status(request, renewed, response)
            with translate_errors(request.info, renewed, request.idle_timeout):
                yield response

    @asynccontextmanager
    async def socket(self, request: ApiRequest, protocols: Sequence[str]) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Yields a WebSocket and closes it at the end of the block. Raises as ``fetch``, with the server's message if there is one."""
        access = await self._source.get()
        opened = await self._upgrade(request, access, protocols)
        if isinstance(opened, aiohttp.WSServerHandshakeError):
            raise await self._handshake_error(request, opened) from opened
        async with opened:
            with translate_errors(request.info, access, request.idle_timeout):
                yield opened

    async def _upgrade(
        self, request: ApiRequest, access: Access, protocols: Sequence[str]
    ) -> aiohttp.ClientWebSocketResponse | aiohttp.WSServerHandshakeError:
        headers = [pair for pair in _headers(access, request) if pair[0] != "Accept-Encoding"]
        with translate_errors(request.info, access, request.idle_timeout):
            try:
                return await self._long_running.session(access.proxy).ws_connect(
                    URL(_request_url(access, request), encoded=True),
                    headers=headers,
                    protocols=protocols,
                    ssl=access.tls or True,
                    server_hostname=access.server_hostname,
                    proxy=None if is_socks(access.proxy) else access.proxy,
                    max_msg_size=0,
                    heartbeat=30.0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CONNECT_TIMEOUT),
                )
            except aiohttp.WSServerHandshakeError as refused:
                return refused

    async def _handshake_error(self, request: ApiRequest, refused: aiohttp.WSServerHandshakeError) -> ConsoleError:
        """Finds the reason of a refused handshake, whose body aiohttp drops.

        The same request without a handshake returns the reason, unless the missing handshake is all that it reports.
        """
        try:
            await self.fetch(request)
        except ConsoleError as problem:
            if problem.details.get("http_status") != _NO_UPGRADE:
                return problem
        return error_from_response(request.info, refused.status, refused.message.encode())

    async def close(self) -> None:
        await self._source.close()
        await self._short.close()
        await self._long_running.close()

    @asynccontextmanager
    async def _send(self, request: ApiRequest, access: Access) -> AsyncIterator[aiohttp.ClientResponse]:
        pool = self._long_running if request.long_running else self._short
        with pool.track_request() as pending:
            sent_at = SystemClock().now()
            with translate_errors(request.info, access, request.idle_timeout):
                response = await self._request(pool, request, access, pending)
            self.clock.observe(response.headers.get("Date", ""), sent_at, SystemClock().now())
            if request.long_running:
                self._open_responses.add(response)
            try:
                yield response
            finally:
                self._open_responses.discard(response)
                response.release()

    async def _request(self, pool: ConnectionPool, request: ApiRequest, access: Access, pending: object) -> aiohttp.ClientResponse:
        total = None if request.long_running else REQUEST_TIMEOUT
        close = [("Connection", "close")] if pool.has_surplus and not request.long_running else []
        return await pool.session(access.proxy).request(
            request.method,
            URL(_request_url(access, request), encoded=True),
            data=request.body,
            headers=[*_headers(access, request), *close],
            ssl=access.tls or True,
            server_hostname=access.server_hostname,
            proxy=None if is_socks(access.proxy) else access.proxy,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=total, sock_connect=CONNECT_TIMEOUT, sock_read=request.idle_timeout),
            trace_request_ctx=pending,
        )

    def _end_long_running(self) -> None:
        """Ends the long-running responses of the server that the kubeconfig named before, so that their readers request again."""
        for response in self._open_responses:
            why = f"{response.url.origin()} is no longer used for this context"
            response.content.set_exception(Unreachable("the kubeconfig has changed", why, "repeat the request"))


def _request_url(access: Access, request: ApiRequest) -> str:
    query = f"?{urlencode(request.params)}" if request.params else ""
    return f"{access.server}{request.path}{query}"


def _headers(access: Access, request: ApiRequest) -> list[tuple[str, str]]:
    """Asks for gzip when there are bytes to decrypt: 68 MB of pods over TLS took 0.26 s of processor time with it, 0.42 s without.

    That holds even on one machine. Without TLS on one machine gzip saves nothing, and the API server never compresses a watch.
    """
    is_local_plain = access.tls is None and is_loopback(urlsplit(access.server).hostname or "")
    encoding = "identity" if request.long_running or is_local_plain else "gzip"
    headers = [*access.headers, ("Accept", request.accept), ("Accept-Encoding", encoding)]
    return [*headers, ("Content-Type", request.content_type)] if request.body is not None else headers


async def _raise_for_status(request: ApiRequest, access: Access, response: aiohttp.ClientResponse) -> None:
    if response.status >= 300:
        raise await _response_error(request, access, response)


async def _response_error(request: ApiRequest, access: Access, response: aiohttp.ClientResponse) -> ConsoleError:
    if 300 <= response.status < 400:
        target = urlsplit(response.headers.get("Location", ""))
        detail = f"{access.display_server} redirects to {target.scheme}://{target.netloc}: a login page, not an API server"
        return Unreachable(request.info.title, detail, "check the server in the kubeconfig", request.info.details())
    with translate_errors(request.info, access, request.idle_timeout):
        body = await response.read()
    error = error_from_response(request.info, response.status, body, response.headers.get("Retry-After", ""))
    if isinstance(error, CredentialsError):
        await _explain_refusal(error, access)
    return error


async def _explain_refusal(error: CredentialsError, access: Access) -> None:
    """Adds whose credentials were refused, and what to do: a 401 response itself says only "Unauthorized"."""
    if sentence := await asyncio.to_thread(describe_expiry, access.pair):
        error.detail, error.remedy = f"not logged in: {sentence}", "renew the client certificate, or log in again"
        return
    if access.withheld:
        error.detail, error.remedy = f"not logged in: {access.withheld}", access.remedy
        return
    credentials = f"the credentials from {access.origin}" if access.origin else "the credentials"
    error.detail = f"not logged in: the server does not accept {credentials} for user {access.user or '(none)'} ({error.detail})"
    error.remedy = access.remedy or error.remedy
