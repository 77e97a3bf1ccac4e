"""Retries of reads after a transient error, within the call's deadline. A change is never retried, because it may have been applied."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from k8sconsole.errors import ApiError, ConnectionCut, ConsoleError, ServerError, TooManyRequests
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import Notice
from k8sconsole.model.tools import Risk
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply

MOST_RETRIES = 2
_FIRST_WAIT, _LONGEST_RETRY_AFTER = 0.2, 10.0
"""Seconds."""
_LONGEST_WITHOUT_DEADLINE = 60.0
"""Seconds: the longest Retry-After that a caller without a deadline waits for, such as a command of a person who can interrupt it."""
_SERVICE_UNAVAILABLE = 503


T = TypeVar("T")


class RetryStep:
    """Retries reads; see ``retry_read``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        if invocation.spec.risk is not Risk.READ or not invocation.spec.idempotent:
            return await proceed(invocation)
        return await retry_read(self._clock, invocation.context, partial(proceed, invocation))


async def retry_read(clock: Clock, context: ToolContext, read: Callable[[], Awaitable[T]]) -> T:
    """Reads, and again after a cut connection, an HTTP 503, and an HTTP 429 once its Retry-After is over. Waits are jittered.

    A wait that does not fit into the call's deadline is not begun. A wait of a second or more is announced by a Notice.
    """
    for attempt in range(MOST_RETRIES):
        context.retries_left = MOST_RETRIES - attempt
        try:
            return await read()
        except ConsoleError as problem:
            longest = _LONGEST_RETRY_AFTER if context.deadline_at < float("inf") else _LONGEST_WITHOUT_DEADLINE
            wait = _retry_wait(problem, attempt, longest)
            if wait is None or clock.monotonic() + wait >= context.deadline_at:
                raise
            if wait >= 1.0:
                context.environment.publish(Notice(problem.title, f"{problem.detail}; trying again in {wait:.0f} s", "warning"))
        await asyncio.sleep(wait)
    context.retries_left = 0
    return await read()


def _retry_wait(problem: ConsoleError, attempt: int, longest: float) -> float | None:
    """Seconds until the next attempt, or None if a retry is no use. attempt: 0 for the first. longest: Retry-After that is waited for."""
    backoff = _FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.5)
    busy = isinstance(problem, TooManyRequests) or (isinstance(problem, ServerError) and problem.http_status == _SERVICE_UNAVAILABLE)
    if isinstance(problem, ApiError) and busy:
        return problem.retry_after + backoff if problem.retry_after <= longest else None
    return backoff if isinstance(problem, ConnectionCut) else None
