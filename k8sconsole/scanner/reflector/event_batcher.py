"""One watch, its events taken in bunches: what arrives within a twentieth of a second becomes one write."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from k8sconsole.cluster.port import WatchEvent

_WINDOW = 0.05
_MOST_AT_ONCE = 1000
"""Events of one write: a longer one gains nothing, and holds up who else writes."""
_MOST_WAITING = 16 << 20
"""Bytes of events: beyond these the watch is not read on until some are written. A server ends the watch of whoever reads slowly, and what
it held for him may be gone when he comes back; so much is read ahead of what a flood leaves time to write. It stays with the process: with
48 MiB a scanner of 10 000 pods held 185 MiB after a flood, with these 150."""

Take = Callable[[list[WatchEvent], float], Awaitable[None]]
"""Some events, and when the last of them arrived: no row is newer than that, however much later it is written."""


async def follow(events: AsyncIterator[WatchEvent], take: Take, now: Callable[[], float]) -> None:
    """Until the watch ends; then all that arrived has been taken. Raises what the watch or ``take`` raises. When it is cancelled, what is
    being taken is taken to its end: half written, it would be written again after what follows it."""
    bunch = _Bunch(take, now)
    try:
        async for event in events:
            await bunch.add(event)
    except asyncio.CancelledError:
        bunch.drop()
        raise
    finally:
        await bunch.finish()


class _Bunch:
    def __init__(self, take: Take, now: Callable[[], float]) -> None:
        self._take = take
        self._now = now
        self._waiting: deque[tuple[WatchEvent, float]] = deque()
        self._size = 0
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def add(self, event: WatchEvent) -> None:
        self._waiting.append((event, self._now()))
        self._size += len(event.object)
        if self._task is not None and self._task.done():
            self._task.result()
            self._task = None
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        while self._size > _MOST_WAITING and not self._task.done():
            self._moved.clear()
            await self._moved.wait()

    async def _drain(self) -> None:
        try:
            await asyncio.sleep(_WINDOW)
            while self._waiting:
                arrived = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
                await self._take([event for event, _ in arrived], arrived[-1][1])
                self._size -= sum(len(event.object) for event, _ in arrived)
                self._moved.set()
        finally:
            self._moved.set()

    async def finish(self) -> None:
        if self._task is not None:
            await self._task

    def drop(self) -> None:
        self._waiting.clear()
