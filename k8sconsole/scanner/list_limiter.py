"""Bounds how many lists run at the same time, and starts the most urgent one next.

Urgency is computed when a slot becomes free, because the kind on the screen may change while lists wait.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from k8sconsole.model.refs import ResourceName


class ListLimiter:
    """slots: how many lists may run at once. urgency(resource): the smallest number goes first. Belongs to one loop."""

    def __init__(self, slots: int, urgency: Callable[[ResourceName], int]) -> None:
        self._slots = self._free = slots
        self._urgency = urgency
        self._waiting: list[tuple[ResourceName, asyncio.Future[None]]] = []

    @property
    def slots_in_use(self) -> int:
        return self._slots - self._free

    @contextlib.asynccontextmanager
    async def slot(self, resource: ResourceName) -> AsyncIterator[None]:
        """Waits for a slot and holds it for the block."""
        await self._acquire(resource)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, resource: ResourceName) -> None:
        if self._free:
            self._free -= 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((resource, granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._release()  # the slot was granted at the moment its waiter was cancelled
            raise

    def _release(self) -> None:
        self._waiting = [(resource, granted) for resource, granted in self._waiting if not granted.done()]
        if not self._waiting:
            self._free += 1
            return
        most_urgent = min(range(len(self._waiting)), key=lambda index: self._urgency(self._waiting[index][0]))
        self._waiting.pop(most_urgent)[1].set_result(None)
