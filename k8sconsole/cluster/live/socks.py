"""Connections through a SOCKS5 proxy, which also resolves the server's name, as kubectl's do (``socks5h`` in curl's words).

aiohttp connects through HTTP proxies only, and aiohttp-socks checks the certificate against the address, not against ``tls-server-name``.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from python_socks import ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy

_DEFAULT_PORT = 1080


class SocksConnector(aiohttp.TCPConnector):
    """Opens every connection through one proxy.

    url: ``socks5://`` or ``socks5h://``, which mean the same here, with an optional user and password. opened: called with each new socket.
    """

    def __init__(self, url: str, opened: Callable[[socket.socket], None], **options: Any) -> None:
        super().__init__(resolver=_NoResolver(), **options)
        self._url = url
        self._opened = opened

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[aiohttp.AddrInfoType],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """Replaces how aiohttp opens a connection. The TLS handshake with the server follows inside the tunnel."""
        host, port = str(addr_infos[0][4][0]), int(addr_infos[0][4][1])
        try:
            tunnel = await _proxy(self._url).connect(host, port, timeout=timeout.sock_connect)
        except (ProxyError, OSError) as error:
            reason = error if isinstance(error, OSError) else OSError(str(error))
            raise aiohttp.ClientProxyConnectionError(req.connection_key, reason) from error
        self._opened(tunnel)
        return await self._loop.create_connection(*args, **kwargs, sock=tunnel)


class _NoResolver(AbstractResolver):
    """Returns names unresolved: the proxy knows addresses that this machine may not."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


def _proxy(url: str) -> Proxy:
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(ProxyType.SOCKS5, parts.hostname or "", parts.port or _DEFAULT_PORT, user or None, password or None, rdns=True)
