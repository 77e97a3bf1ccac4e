"""Not everything at once: a call waits for room, and a change also for the change that is being made to the same object."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from weakref import WeakValueDictionary

from k8sconsole.kit.clock import Clock
from k8sconsole.model.limits import Limits
from k8sconsole.model.tools import Risk
from k8sconsole.tools.passage import Passage, Reply
from k8sconsole.tools.rooms import Rooms


class Limit:
    """Streams and the scanner's lists pass by it: they last, and are few by other means."""

    def __init__(self, limits: Callable[[], Limits], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self.rooms = Rooms(limits)
        self._objects: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, passage: Passage, proceed: Callable[[Passage], Awaitable[Reply]]) -> Reply:
        """Raises RateLimited."""
        caller = passage.call.face, passage.call.caller
        await self.rooms.enter(caller)
        began = self._clock.monotonic()
        try:
            if passage.spec.risk is Risk.READ:
                return await proceed(passage)
            async with self._alone(passage):
                return await proceed(passage)
        finally:
            self.rooms.leave(caller, self._clock.monotonic() - began)

    @contextlib.asynccontextmanager
    async def _alone(self, passage: Passage) -> AsyncIterator[None]:
        lock = self._objects.setdefault(_object(passage), asyncio.Lock())
        try:
            async with asyncio.timeout(self._limits().patience):
                await lock.acquire()
        except TimeoutError as cause:
            raise self.rooms.refusal((passage.call.face, passage.call.caller), "another change of the same object goes on") from cause
        try:
            yield
        finally:
            lock.release()


def _object(passage: Passage) -> str:
    """What is changed, in the words a person was asked with; without any, the tool is its own object."""
    target, proposal = passage.target, passage.proposal
    what = " ".join(proposal.objects) if proposal is not None and proposal.objects else f"{passage.spec.name} {target.name}"
    return f"{target.cluster or target.context} {what.lower()}"
