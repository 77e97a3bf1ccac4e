"""The limits on concurrent calls: a call waits for a slot, and two changes of the same object never run at the same time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from weakref import WeakValueDictionary

from k8sconsole.kit.clock import Clock
from k8sconsole.model.policy import Limits
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.concurrency import ConcurrencySlots
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply


class ConcurrencyLimitStep:
    """Streams and the scanner's lists do not pass this step: they run long, and other limits keep them few."""

    def __init__(self, limits: Callable[[], Limits], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self.slots = ConcurrencySlots(limits)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        """Raises RateLimited."""
        caller = invocation.call.face, invocation.call.caller
        await self.slots.acquire(caller)
        started = self._clock.monotonic()
        try:
            if invocation.spec.risk is Risk.READ:
                return await proceed(invocation)
            async with self._object_lock(invocation):
                return await proceed(invocation)
        finally:
            self.slots.release(caller, self._clock.monotonic() - started)

    @contextlib.asynccontextmanager
    async def _object_lock(self, invocation: Invocation) -> AsyncIterator[None]:
        lock = self._locks.setdefault(_lock_key(invocation), asyncio.Lock())
        try:
            async with asyncio.timeout(self._limits().patience):
                await lock.acquire()
        except TimeoutError as cause:
            caller = invocation.call.face, invocation.call.caller
            raise self.slots.limit_error(caller, "another change of the same object is in progress") from cause
        try:
            yield
        finally:
            lock.release()


def _lock_key(invocation: Invocation) -> str:
    """The objects as the approval question names them. Without any, the tool and the name."""
    target, proposal = invocation.target, invocation.proposal
    objects = " ".join(proposal.objects) if proposal is not None and proposal.objects else f"{invocation.spec.name} {target.name}"
    return f"{target.cluster or target.context} {objects.lower()}"
