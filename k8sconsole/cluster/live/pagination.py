"""Reads a list page by page, and requests each page as soon as the continue token of the previous one arrives.

An API server sends the metadata of a list, with the continue token, before the items. So it works on the next page while one page is
downloaded and parsed.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping

import msgspec

from k8sconsole.cluster.errors import RequestInfo
from k8sconsole.cluster.live.transport import ApiRequest, Transport, decode_response
from k8sconsole.cluster.port import RawPage

_HEAD = 8192
"""Bytes at the start of a list that hold its metadata. A continue token has a few hundred."""
_TOKEN = re.compile(rb'\{(?:"(?:kind|apiVersion)":"[^"\\]*",)*"metadata":\{[^{}]*?"continue":"([^"\\]+)"')


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")
    remaining_item_count: int | None = None


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: list[msgspec.Raw] | None = None


async def list_pages(transport: Transport, info: RequestInfo, path: str, params: Mapping[str, str], limit: int) -> AsyncIterator[RawPage]:
    """Yields the pages, which the server keeps consistent with the first. At most one page is requested ahead."""

    def request_page(token: str) -> _PageDownload:
        page_params = {**params, "limit": str(limit), **({"continue": token} if token else {})}
        return _PageDownload(transport, ApiRequest(info, path, page_params))

    current: _PageDownload | None = request_page("")
    ahead: _PageDownload | None = None
    try:
        while current:
            token = await current.continue_token()
            ahead = request_page(token) if token else None
            yield await current.page()
            current, ahead = ahead, None
    finally:
        for unfinished in (current, ahead):
            if unfinished:
                await unfinished.cancel()


class _PageDownload:
    """Downloads one page in a task of its own."""

    def __init__(self, transport: Transport, request: ApiRequest) -> None:
        self._transport = transport
        self._request = request
        self._token: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._download())

    async def continue_token(self) -> str:
        """Returns the continue token before the page is complete; empty at the end of the list. Raises what the download raises."""
        await asyncio.wait((self._token, self._task), return_when=asyncio.FIRST_COMPLETED)
        return self._token.result() if self._token.done() else (await self._task).continue_token

    async def page(self) -> RawPage:
        return await self._task

    async def cancel(self) -> None:
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
        answer = await decode_response(self._request.info, body, _List)
        meta = answer.metadata
        return RawPage(answer.items or [], meta.resource_version, meta.continue_, meta.remaining_item_count, len(body))
