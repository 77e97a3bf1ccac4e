"""A server behind a SOCKS5 proxy."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from k8sconsole.errors import Unreachable
from k8sconsole.model.refs import ApiResource
from tests.unit.cluster.live.certificates import issue, server_context

PODS = ApiResource("", "v1", "Pod", "pods", True)


class SocksProxy:
    """Connects every request to one port of this machine. asked: the names that it was given. password: what it wants, if anything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.password = b""
        self.target = 0
        self.reply = 0
        self.open = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"socks5://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._handshake(reader, writer)
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        self.open -= 1
        writer.close()

    async def _handshake(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x05\x02" if self.password else b"\x05\x00")
        if self.password:
            user = await reader.readexactly((await reader.readexactly(2))[1])
            given = await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\x01\x00" if (user, given) == (b"me", self.password) else b"\x01\x01")
        kind = (await reader.readexactly(4))[3]
        assert kind == 3, "a name was wanted, not an address that was resolved on this side"
        name = await reader.readexactly((await reader.readexactly(1))[0])
        self.asked.append((name.decode(), struct.unpack("!H", await reader.readexactly(2))[0]))
        writer.write(bytes([5, self.reply, 0, 1, 0, 0, 0, 0, 0, 0]))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(1 << 16):
        target.write(data)
    target.close()


@pytest.fixture
async def proxy() -> AsyncIterator[SocksProxy]:
    made = SocksProxy()
    yield made
    made.close()


async def version(request: web.Request) -> web.Response:
    return web.json_response({"gitVersion": "v1", "platform": request.headers.get("Authorization", "")})


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_the_proxy_resolves_the_servers_name(scheme: str, proxy: SocksProxy, serve: Callable, reach: Callable) -> None:
    proxy.target = urlsplit(await serve({"/version": version})).port or 0
    url = (await proxy.start()).replace("socks5", scheme)
    cluster = await reach("http://api.cluster.invalid:6443", **{"proxy-url": url})
    assert [(await cluster.version()).git_version for _ in range(2)] == ["v1", "v1"]
    assert proxy.asked == [("api.cluster.invalid", 6443)]
    assert cluster.connections().size == 1


async def test_the_certificate_is_checked_against_tls_server_name(proxy: SocksProxy, serve: Callable, reach: Callable, tmp_path) -> None:
    pair = issue("web", hosts=("kubernetes.default",))
    proxy.target = urlsplit(await serve({"/version": version}, server_context(tmp_path, pair))).port or 0
    trusting = {"certificate-authority-data": pair.inline("certificate"), "proxy-url": await proxy.start()}
    user = {"token": "t"}
    cluster = await reach("https://api.cluster.invalid", user, **trusting, **{"tls-server-name": "kubernetes.default"})
    assert (await cluster.version()).platform == "Bearer t"
    with pytest.raises(Unreachable, match="its certificate is for another host"):
        await (await reach("https://api.cluster.invalid", user, **trusting)).version()


async def test_a_password_of_the_proxy_is_sent_and_a_wrong_one_is_explained(proxy: SocksProxy, serve: Callable, reach: Callable) -> None:
    proxy.target, proxy.password = urlsplit(await serve({"/version": version})).port or 0, b"p@ss"
    url = await proxy.start()
    right, wrong = (url.replace("//", f"//me:{word}@") for word in ("p%40ss", "hunter2"))
    assert (await (await reach("http://api.cluster.invalid", **{"proxy-url": right})).version()).git_version == "v1"
    with pytest.raises(Unreachable, match=r"the proxy socks5://127.*authentication failure") as error:
        await (await reach("http://api.cluster.invalid", **{"proxy-url": wrong})).version()
    assert "hunter2" not in f"{error.value} {error.value.details}"


async def test_a_proxy_that_refuses_or_does_not_answer_is_named(proxy: SocksProxy, reach: Callable) -> None:
    proxy.reply = 4
    with pytest.raises(Unreachable, match=r"the proxy socks5://127.*[Hh]ost unreachable") as error:
        await (await reach("http://api.cluster.invalid", **{"proxy-url": await proxy.start()})).version()
    assert "proxy-url" in error.value.remedy
    with pytest.raises(Unreachable, match=r"the proxy socks5://127\.0\.0\.1:1 does not answer"):
        await (await reach("http://api.cluster.invalid", **{"proxy-url": "socks5://127.0.0.1:1"})).version()


async def test_a_socks_proxy_in_the_environment_is_used_for_watches_too(
    proxy: SocksProxy, serve: Callable, reach: Callable, secure: ssl.SSLContext
) -> None:
    async def watch(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"type":"ADDED","object":{}}\n')
        return response

    proxy.target = urlsplit(await serve({"/api/v1/pods": watch}, secure)).port or 0
    cluster = await reach("https://localhost.invalid", environ={"HTTPS_PROXY": await proxy.start()}, **{"tls-server-name": "localhost"})
    assert [event.type async for event in cluster.watch(PODS, resource_version="1")] == ["ADDED"]
    assert proxy.asked == [("localhost.invalid", 443)]
