"""A call ends in time. The time a person takes to answer a question is not the call's."""

import asyncio
from collections.abc import Awaitable, Callable

from k8sconsole.errors import DeadlineExceeded
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply

_TO_TELL = 5.0


class Deadline:
    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        limit = invocation.call.deadline
        if asked := getattr(invocation.input, "timeout_seconds", 0):  # that time, and a moment to tell how far it came
            limit = max(limit, asked + _TO_TELL)
        invocation.context.until = invocation.context.environment.clock.monotonic() + limit
        try:
            async with asyncio.timeout(limit):
                return await proceed(invocation)
        except TimeoutError as cause:
            raise DeadlineExceeded(
                f"{invocation.spec.name} took longer than {limit:g} s",
                "its deadline passed",
                "a narrower namespace or filter, or a longer deadline",
            ) from cause
