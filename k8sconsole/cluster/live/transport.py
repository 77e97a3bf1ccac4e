"""Requests to one API server over its pools of connections, with fresh credentials after a 401 and every failure told in our words."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from k8sconsole.cluster.errors import Asked, refusal
from k8sconsole.cluster.live.access import Access
from k8sconsole.cluster.live.access_source import AccessSource
from k8sconsole.cluster.live.credentials.certificates import expired
from k8sconsole.cluster.live.failures import told
from k8sconsole.cluster.live.pool import Pool
from k8sconsole.cluster.live.proxy import is_loopback
from k8sconsole.errors import ConsoleError, CredentialsError, Unreachable
from k8sconsole.model.clusters import Connections, PoolBounds
from k8sconsole.model.refs import ClusterName

CONNECT_TIMEOUT = 10.0
_NO_UPGRADE = 400
# The API server ends its own work on a request after 60 s.
REQUEST_TIMEOUT = 70.0


@dataclass(frozen=True)
class Request:
    """path is percent-encoded. body needs its content type. ``silence`` is how many seconds may pass without a byte, None for any."""

    asked: Asked
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    accept: str = "application/json"
    body: bytes | None = None
    content_type: str = "application/json"
    silence: float | None = REQUEST_TIMEOUT
    endless: bool = False


class Transport:
    """Two pools: short requests share a few connections; watches and followed logs hold theirs for minutes and must not use those up."""

    def __init__(self, source: AccessSource, bounds: PoolBounds) -> None:
        self._source = source
        self._source.changed = self._hang_up
        self._held: set[aiohttp.ClientResponse] = set()
        self._short = Pool(least=bounds.pool_min, most=bounds.pool_max, keep_alive=bounds.keep_alive)
        self._endless = Pool(least=0, most=0, keep_alive=bounds.keep_alive)

    def connections(self, cluster: ClusterName) -> Connections:
        """As they are now."""
        short = self._short
        return Connections(cluster, short.size, short.in_use, short.waiting, short.made, short.reused, self._endless.size)

    async def fetch(self, request: Request) -> bytes:
        """The whole answer. Raises as ``cluster.port`` says."""
        async with self.stream(request) as response:
            return await response.read()

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """A successful answer, to be read inside; leaving early closes its connection."""
        access = await self._source.current()
        async with self._sent(request, access) as response:
            if response.status != 401:
                await _accepted(request, access, response)
                with told(request.asked, access, request.silence):
                    yield response
                return
            refused = await _refused(request, access, response)
        fresh = await self._source.renewed(access)
        if fresh is None:
            raise refused
        async with self._sent(request, fresh) as response:
            await _accepted(request, fresh, response)
            with told(request.asked, fresh, request.silence):
                yield response

    @asynccontextmanager
    async def socket(self, request: Request, protocols: Sequence[str]) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket, closed at the end of the block. Raises as ``fetch``, in the server's words where it gives any."""
        access = await self._source.current()
        opened = await self._upgraded(request, access, protocols)
        if isinstance(opened, aiohttp.WSServerHandshakeError):
            raise await self._explained(request, opened) from opened
        async with opened:
            with told(request.asked, access, request.silence):
                yield opened

    async def _upgraded(
        self, request: Request, access: Access, protocols: Sequence[str]
    ) -> aiohttp.ClientWebSocketResponse | aiohttp.WSServerHandshakeError:
        headers = [pair for pair in _headers(access, request) if pair[0] != "Accept-Encoding"]
        with told(request.asked, access, request.silence):
            try:
                return await self._endless.session.ws_connect(
                    URL(_address(access, request), encoded=True),
                    headers=headers,
                    protocols=protocols,
                    ssl=access.trust or True,
                    server_hostname=access.server_hostname,
                    proxy=access.proxy,
                    max_msg_size=0,
                    heartbeat=30.0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CONNECT_TIMEOUT),
                )
            except aiohttp.WSServerHandshakeError as refused:
                return refused

    async def _explained(self, request: Request, refused: aiohttp.WSServerHandshakeError) -> ConsoleError:
        """A refused handshake comes without its body: the same request, sent plainly, is answered with the reason, unless that is only that
        it is no handshake."""
        try:
            await self.fetch(request)
        except ConsoleError as problem:
            if problem.details.get("http_status") != _NO_UPGRADE:
                return problem
        return refusal(request.asked, refused.status, refused.message.encode())

    async def close(self) -> None:
        await self._source.close()
        await self._short.close()
        await self._endless.close()

    @asynccontextmanager
    async def _sent(self, request: Request, access: Access) -> AsyncIterator[aiohttp.ClientResponse]:
        pool = self._endless if request.endless else self._short
        with pool.asking() as asking:
            with told(request.asked, access, request.silence):
                response = await self._answer(pool, request, access, asking)
            if request.endless:
                self._held.add(response)
            try:
                yield response
            finally:
                self._held.discard(response)
                response.release()

    async def _answer(self, pool: Pool, request: Request, access: Access, asking: object) -> aiohttp.ClientResponse:
        total = None if request.endless else REQUEST_TIMEOUT
        last = [("Connection", "close")] if pool.has_to_spare and not request.endless else []
        return await pool.session.request(
            request.method,
            URL(_address(access, request), encoded=True),
            data=request.body,
            headers=[*_headers(access, request), *last],
            ssl=access.trust or True,
            server_hostname=access.server_hostname,
            proxy=access.proxy,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=total, sock_connect=CONNECT_TIMEOUT, sock_read=request.silence),
            trace_request_ctx=asking,
        )

    def _hang_up(self) -> None:
        """Long answers come from where the kubeconfig led before: whoever reads them is to ask anew."""
        for response in self._held:
            why = f"{response.url.origin()} is asked no more in its name"
            response.content.set_exception(Unreachable("The kubeconfig has changed", why, "ask again"))


def _address(access: Access, request: Request) -> str:
    query = f"?{urlencode(request.params)}" if request.params else ""
    return f"{access.server}{request.path}{query}"


def _headers(access: Access, request: Request) -> list[tuple[str, str]]:
    """gzip spares us decrypting: 68 MB of pods over TLS cost 0.26 s of our processor time with it and 0.42 s without, even on one machine.
    Between two programs of one machine without TLS there is nothing to spare, and the API server never compresses a watch."""
    near = access.trust is None and is_loopback(urlsplit(access.server).hostname or "")
    encoding = "identity" if request.endless or near else "gzip"
    headers = [*access.headers, ("Accept", request.accept), ("Accept-Encoding", encoding)]
    return [*headers, ("Content-Type", request.content_type)] if request.body is not None else headers


async def _accepted(request: Request, access: Access, response: aiohttp.ClientResponse) -> None:
    if response.status >= 300:
        raise await _refused(request, access, response)


async def _refused(request: Request, access: Access, response: aiohttp.ClientResponse) -> ConsoleError:
    if 300 <= response.status < 400:
        where = urlsplit(response.headers.get("Location", ""))
        detail = f"{access.told} sends us on to {where.scheme}://{where.netloc}: a login page, not an API server"
        return Unreachable(f"Cannot {request.asked}", detail, "check the server in the kubeconfig", request.asked.facts())
    with told(request.asked, access, request.silence):
        body = await response.read()
    error = refusal(request.asked, response.status, body, response.headers.get("Retry-After", ""))
    if isinstance(error, CredentialsError):
        await _explain(error, access)
    return error


async def _explain(error: CredentialsError, access: Access) -> None:
    """A 401 says nothing but "Unauthorized": whose credentials they were, and what to do, is known here only."""
    if sentence := await asyncio.to_thread(expired, access.pair):
        error.detail, error.remedy = f"not logged in: {sentence}", "renew the client certificate, or log in again"
        return
    given = f"what {access.origin} gave" if access.origin else "the credentials"
    error.detail = f"not logged in: the server does not accept {given} for user {access.user or '(none)'} ({error.detail})"
    error.remedy = access.remedy or error.remedy
