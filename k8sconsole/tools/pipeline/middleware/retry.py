"""A question that met a passing trouble is put again, as long as the call's time lasts. A change never is: it may have been made."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from k8sconsole.errors import ConnectionCut, ConsoleError, ServerError, TooManyRequests
from k8sconsole.kit.clock import Clock
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply

MOST = 2
"""Times that a question is put again."""
_FIRST, _LONGEST = 0.2, 10.0
_UNAVAILABLE = 503


class Retry:
    """After a connection that was cut, a 503, and a 429 once the time it names is over; no two wait equally long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        if invocation.spec.risk is not Risk.READ or not invocation.spec.idempotent:
            return await proceed(invocation)
        for again in range(MOST):
            invocation.context.tries_left = MOST - again
            try:
                return await proceed(invocation)
            except ConsoleError as problem:
                wait = _wait(problem, again)
                if wait is None or self._clock.monotonic() + wait >= invocation.context.until:
                    raise
            await asyncio.sleep(wait)
        invocation.context.tries_left = 0
        return await proceed(invocation)


def _wait(problem: ConsoleError, again: int) -> float | None:
    """Seconds; None where another try is no use."""
    spread = _FIRST * 2**again * random.uniform(0.5, 1.5)
    if isinstance(problem, TooManyRequests):
        return problem.retry_after + spread if problem.retry_after <= _LONGEST else None
    passing = isinstance(problem, ConnectionCut) or (isinstance(problem, ServerError) and problem.http_status == _UNAVAILABLE)
    return spread if passing else None
