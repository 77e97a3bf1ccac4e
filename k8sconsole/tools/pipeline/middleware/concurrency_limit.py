"""Not everything at once: a call waits for room, and a change also for the change that is being made to the same object."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from weakref import WeakValueDictionary

from k8sconsole.kit.clock import Clock
from k8sconsole.model.policy import Limits
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.concurrency import Rooms
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply


class Limit:
    """Streams and the scanner's lists pass by it: they last, and are few by other means."""

    def __init__(self, limits: Callable[[], Limits], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self.rooms = Rooms(limits)
        self._objects: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        """Raises RateLimited."""
        caller = invocation.call.face, invocation.call.caller
        await self.rooms.enter(caller)
        began = self._clock.monotonic()
        try:
            if invocation.spec.risk is Risk.READ:
                return await proceed(invocation)
            async with self._alone(invocation):
                return await proceed(invocation)
        finally:
            self.rooms.leave(caller, self._clock.monotonic() - began)

    @contextlib.asynccontextmanager
    async def _alone(self, invocation: Invocation) -> AsyncIterator[None]:
        lock = self._objects.setdefault(_object(invocation), asyncio.Lock())
        try:
            async with asyncio.timeout(self._limits().patience):
                await lock.acquire()
        except TimeoutError as cause:
            raise self.rooms.refusal((invocation.call.face, invocation.call.caller), "another change of the same object goes on") from cause
        try:
            yield
        finally:
            lock.release()


def _object(invocation: Invocation) -> str:
    """What is changed, in the words a person was asked with; without any, the tool is its own object."""
    target, proposal = invocation.target, invocation.proposal
    what = " ".join(proposal.objects) if proposal is not None and proposal.objects else f"{invocation.spec.name} {target.name}"
    return f"{target.cluster or target.context} {what.lower()}"
