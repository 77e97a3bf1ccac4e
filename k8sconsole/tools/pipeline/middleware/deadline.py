"""The deadline of a call. The time that a person takes to approve a change does not count."""

import asyncio

from k8sconsole.errors import DeadlineExceeded
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply

_GRACE = 5.0
"""Seconds beyond a tool's own ``timeout_seconds``, so that the tool can report how far it came."""


class DeadlineStep:
    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        """Raises DeadlineExceeded."""
        limit = invocation.call.deadline
        if tool_timeout := getattr(invocation.input, "timeout_seconds", 0):
            limit = max(limit, tool_timeout + _GRACE)
        invocation.context.deadline_at = invocation.context.environment.clock.monotonic() + limit
        try:
            async with asyncio.timeout(limit):
                return await proceed(invocation)
        except TimeoutError as cause:
            raise DeadlineExceeded(
                f"{invocation.spec.name} took longer than {limit:g} s",
                "the deadline has passed",
                "a narrower namespace or filter, or a longer deadline",
            ) from cause
