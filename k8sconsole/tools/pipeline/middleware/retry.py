"""Retries of reads after a transient error, within the call's deadline. A change is never retried, because it may have been applied."""

import asyncio
import random

from k8sconsole.errors import ConnectionCut, ConsoleError, ServerError, TooManyRequests
from k8sconsole.kit.clock import Clock
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply

MOST_RETRIES = 2
_FIRST_WAIT, _LONGEST_RETRY_AFTER = 0.2, 10.0
"""Seconds."""
_SERVICE_UNAVAILABLE = 503


class RetryStep:
    """Retries after a cut connection, an HTTP 503, and an HTTP 429 once its Retry-After is over. Waits are jittered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        if invocation.spec.risk is not Risk.READ or not invocation.spec.idempotent:
            return await proceed(invocation)
        for attempt in range(MOST_RETRIES):
            invocation.context.retries_left = MOST_RETRIES - attempt
            try:
                return await proceed(invocation)
            except ConsoleError as problem:
                wait = _retry_wait(problem, attempt)
                if wait is None or self._clock.monotonic() + wait >= invocation.context.deadline_at:
                    raise
            await asyncio.sleep(wait)
        invocation.context.retries_left = 0
        return await proceed(invocation)


def _retry_wait(problem: ConsoleError, attempt: int) -> float | None:
    """Seconds until the next attempt, or None if a retry is no use. attempt: 0 for the first."""
    backoff = _FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.5)
    if isinstance(problem, TooManyRequests):
        return problem.retry_after + backoff if problem.retry_after <= _LONGEST_RETRY_AFTER else None
    transient = isinstance(problem, ConnectionCut) or (isinstance(problem, ServerError) and problem.http_status == _SERVICE_UNAVAILABLE)
    return backoff if transient else None
