"""Slots for calls that run at the same time: limited in total and per caller. A call without a slot waits in its caller's queue.

Queues are limited in length and in time.
"""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator

from k8sconsole.errors import RateLimited
from k8sconsole.model.policy import Limits
from k8sconsole.model.tools import Face

Caller = tuple[Face, str]
LOCAL_FACES = frozenset({Face.TUI, Face.CLI, Face.SCANNER})
"""Faces of the user at this machine. A quarter of the slots is reserved for them, and their queued calls go first."""
MOST_CALLERS = 64
"""Callers that may have queued calls."""
_LONGEST_RETRY = 60.0
_WEIGHT = 0.1
"""Weight of the newest call in the moving average of durations."""


class ConcurrencySlots:
    """Not thread-safe: use it from one event loop."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._limits = limits
        self._running: Counter[Caller] = Counter()
        self._queues: dict[Caller, deque[asyncio.Future[None]]] = {}
        self._average_seconds = 0.0

    @property
    def running(self) -> int:
        return self._running.total()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._queues.values()))

    async def acquire(self, caller: Caller) -> None:
        """Wait for a slot; the caller must release it. Raises RateLimited if the queue is full or the wait takes too long."""
        if caller not in self._queues and self._has_slot(caller):
            self._running[caller] += 1
            return
        waiter = self._enqueue(caller)
        try:
            async with asyncio.timeout(self._limits().patience):
                await waiter
        except BaseException as problem:
            self._abandon(caller, waiter)
            if isinstance(problem, TimeoutError):
                raise self.limit_error(caller, f"no slot became free in {self._limits().patience:g} s") from problem
            raise

    def release(self, caller: Caller, seconds: float) -> None:
        """seconds: how long the call ran. The average of these gives ``retry_after`` in errors."""
        self._average_seconds += (seconds - self._average_seconds) * _WEIGHT
        self._free(caller)

    def limit_error(self, caller: Caller, reason: str) -> RateLimited:
        queued = len(self._queues.get(caller, ()))
        ahead = queued + self._running[caller]
        retry_after = min(_LONGEST_RETRY, max(1.0, math.ceil(self._average_seconds * ahead / max(1, self._limits().per_caller))))
        title = f"too many concurrent calls from {caller[1] or caller[0].value}"
        return RateLimited(title, f"{self._running[caller]} running, {queued} queued; {reason}", retry_after)

    def _enqueue(self, caller: Caller) -> "asyncio.Future[None]":
        queue = self._queues.get(caller)
        if len(queue or ()) >= self._limits().waiting or (queue is None and len(self._queues) >= MOST_CALLERS):
            raise self.limit_error(caller, "the queue is full")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(waiter)
        return waiter

    def _abandon(self, caller: Caller, waiter: "asyncio.Future[None]") -> None:
        """Remove a waiter that gave up. If it was given a slot at the same moment, free the slot."""
        if waiter.done() and not waiter.cancelled():
            self._free(caller)
        elif queue := self._queues.get(caller):
            if waiter in queue:
                queue.remove(waiter)
            if not queue:
                del self._queues[caller]

    def _free(self, caller: Caller) -> None:
        self._running[caller] -= 1
        if not self._running[caller]:
            del self._running[caller]
        while (following := next(self._next_callers(), None)) is not None:
            self._admit(following)

    def _next_callers(self) -> Iterator[Caller]:
        """Queued callers that may run now: local faces first, the others in turn."""
        yield from sorted(filter(self._has_slot, self._queues), key=lambda caller: caller[0] not in LOCAL_FACES)

    def _admit(self, caller: Caller) -> None:
        queue = self._queues.pop(caller)
        if not (waiter := queue.popleft()).done():
            waiter.set_result(None)
            self._running[caller] += 1
        if queue:
            self._queues[caller] = queue  # at the end, so that callers take turns

    def _has_slot(self, caller: Caller) -> bool:
        limits = self._limits()
        total = max(1, limits.at_once) if caller[0] in LOCAL_FACES else max(1, limits.at_once - limits.at_once // 4)
        return self.running < total and self._running[caller] < max(1, limits.per_caller)
