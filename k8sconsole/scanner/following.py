"""One watch, its events taken in bunches: what arrives within a twentieth of a second becomes one write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from k8sconsole.cluster.port import WatchEvent

_WINDOW = 0.05
_MOST_WAITING = 2000
"""Events: beyond these the watch is not read on until they are written, and the server's own buffer carries the rest."""

Take = Callable[[list[WatchEvent]], Awaitable[None]]


async def follow(events: AsyncIterator[WatchEvent], take: Take) -> None:
    """Until the watch ends; then all that arrived has been taken. Raises what the watch or ``take`` raises. When it is cancelled, what is
    being taken is taken to its end: half written, it would be written again after what follows it."""
    bunch = _Bunch(take)
    try:
        async for event in events:
            await bunch.add(event)
    except asyncio.CancelledError:
        bunch.drop()
        raise
    finally:
        await bunch.finish()


class _Bunch:
    def __init__(self, take: Take) -> None:
        self._take = take
        self._waiting: list[WatchEvent] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, event: WatchEvent) -> None:
        self._waiting.append(event)
        if self._task is not None and self._task.done():
            self._task.result()
            self._task = None
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        elif len(self._waiting) >= _MOST_WAITING:
            await self._task

    async def _drain(self) -> None:
        await asyncio.sleep(_WINDOW)
        while self._waiting:
            events, self._waiting = self._waiting, []
            await self._take(events)

    async def finish(self) -> None:
        if self._task is not None:
            await self._task

    def drop(self) -> None:
        self._waiting = []
