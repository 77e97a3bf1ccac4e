"""A list's pages: the next is on its way before the present one is used, one and no more."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from aiohttp import web

from k8sconsole.model.refs import ApiResource

PODS = ApiResource("", "v1", "Pod", "pods", True)
LAST = 3


class Pages:
    """Answers pages 0 to LAST; ``held`` keeps the items of a page back until the next one is asked for."""

    def __init__(self, *, held: bool = False) -> None:
        self.asked: list[int] = []
        self._next = [asyncio.Event() for _ in range(LAST + 2)]
        self._held = held

    async def answer(self, request: web.Request) -> web.StreamResponse:
        page = int(request.query.get("continue", "0"))
        self.asked.append(page)
        self._next[page].set()
        response = web.StreamResponse()
        await response.prepare(request)
        more = f',"continue":"{page + 1}"' if page < LAST else ""
        await response.write(f'{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"7"{more}}},"items":['.encode())
        if self._held and more:
            async with asyncio.timeout(5):
                await self._next[page + 1].wait()
        await response.write(f'{{"page":{page},"metadata":{{"continue":"9"}}}}]}}'.encode())
        return response


async def test_the_next_page_is_requested_while_the_current_one_downloads(serve: Callable, reach: Callable) -> None:
    pages = Pages(held=True)
    cluster = await reach(await serve({"/api/v1/pods": pages.answer}))
    found = [page async for page in cluster.pages(PODS)]
    assert [page.continue_token for page in found] == ["1", "2", "3", ""]
    assert pages.asked == [0, 1, 2, 3]


async def test_at_most_one_page_is_requested_ahead(serve: Callable, reach: Callable) -> None:
    pages = Pages()
    cluster = await reach(await serve({"/api/v1/pods": pages.answer}))
    async with aclosing(cluster.pages(PODS)) as coming:
        async for _ in coming:
            await asyncio.sleep(0.1)
            assert pages.asked == [0, 1]
            break
    assert not [task for task in asyncio.all_tasks() if "_download" in repr(task)], "what was on its way is dropped with the list"
