"""A list's pages, each asked for as soon as the one before says how to go on.

An API server writes a list's metadata, and in it the continue token, before the items. So while one page still comes, and while it is
parsed, the server already works on the next.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping

import msgspec

from k8sconsole.cluster.errors import Asked
from k8sconsole.cluster.live.decoding import decoded
from k8sconsole.cluster.live.transport import Request, Transport
from k8sconsole.cluster.port import RawPage

_HEAD = 8192
"""Bytes within which the metadata of a list stands; a continue token has a few hundred."""
_TOKEN = re.compile(rb'\{(?:"(?:kind|apiVersion)":"[^"\\]*",)*"metadata":\{[^{}]*?"continue":"([^"\\]+)"')


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")
    remaining_item_count: int | None = None


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: list[msgspec.Raw] | None = None


async def pages(transport: Transport, asked: Asked, path: str, params: Mapping[str, str], limit: int) -> AsyncIterator[RawPage]:
    """The server keeps all pages consistent with the first. At most one is ahead of the one that is being used."""

    def begin(token: str) -> _Coming:
        wanted = {**params, "limit": str(limit), **({"continue": token} if token else {})}
        return _Coming(transport, Request(asked, path, wanted))

    coming: _Coming | None = begin("")
    following: _Coming | None = None
    try:
        while coming:
            token = await coming.token()
            following = begin(token) if token else None
            yield await coming.page()
            coming, following = following, None
    finally:
        for left in (coming, following):
            if left:
                await left.drop()


class _Coming:
    """One page on its way."""

    def __init__(self, transport: Transport, request: Request) -> None:
        self._transport = transport
        self._request = request
        self._token: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._download())

    async def token(self) -> str:
        """How to go on, empty at the end of the list: known before the page is. Raises what the download raises."""
        await asyncio.wait((self._token, self._task), return_when=asyncio.FIRST_COMPLETED)
        return self._token.result() if self._token.done() else (await self._task).continue_token

    async def page(self) -> RawPage:
        return await self._task

    async def drop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _download(self) -> RawPage:
        chunks: list[bytes] = []
        head = b""
        async with self._transport.stream(self._request) as response:
            async for chunk in response.content.iter_any():
                chunks.append(chunk)
                if len(head) < _HEAD and not self._token.done():
                    head += chunk[:_HEAD]
                    if found := _TOKEN.match(head):
                        self._token.set_result(found[1].decode())
        body = b"".join(chunks)
        chunks.clear()
        answer = await decoded(self._request.asked, body, _List)
        meta = answer.metadata
        return RawPage(answer.items or [], meta.resource_version, meta.continue_, meta.remaining_item_count, len(body))
