"""So many lists at a time, the most urgent next: urgency is asked when a place becomes free, since what is looked at changes while others
wait."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from k8sconsole.model.refs import ResourceName


class Gate:
    def __init__(self, places: int, urgency: Callable[[ResourceName], int]) -> None:
        self._places = self._free = places
        self._urgency = urgency
        self._waiting: list[tuple[ResourceName, asyncio.Future[None]]] = []

    @property
    def busy(self) -> int:
        """Places taken."""
        return self._places - self._free

    @contextlib.asynccontextmanager
    async def place(self, resource: ResourceName) -> AsyncIterator[None]:
        await self._enter(resource)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, resource: ResourceName) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((resource, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # the place was given in the moment its taker was cancelled
            raise

    def _leave(self) -> None:
        self._waiting = [(resource, turn) for resource, turn in self._waiting if not turn.done()]
        if not self._waiting:
            self._free += 1
            return
        place = min(range(len(self._waiting)), key=lambda at: self._urgency(self._waiting[at][0]))
        self._waiting.pop(place)[1].set_result(None)
