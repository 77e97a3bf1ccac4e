"""The audit of calls: one row when a call starts and one when it ends, for every kind of end."""

import contextlib
from collections.abc import Callable, Iterator

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock
from k8sconsole.model.cache_records import AuditEntry
from k8sconsole.model.events import CallCompleted, Fact
from k8sconsole.model.freshness import Source
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.tools import Face, Risk
from k8sconsole.tools.pipeline.audit_trail import AuditTrail
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep, observe_end, outcome_of
from k8sconsole.tools.results import Reply

MOST_ERROR_TEXT = 500
"""Characters of an error's text in an audit row."""


class AuditStep:
    """Records the rows, the duration of each call, and whether the cache answered a read (the figure ``cache.hit``)."""

    def __init__(self, trail: AuditTrail, clock: Clock, publish: Callable[[Fact], None]) -> None:
        self._trail = trail
        self._clock = clock
        self._publish = publish

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        with self.record(invocation):
            reply = await proceed(invocation)
        counts = invocation.spec.risk is Risk.READ and invocation.spec.capabilities.cache_friendly
        if counts and reply.freshness.source is not Source.HISTORY:
            self._trail.record_figure(self._clock.now(), "cache.hit", 1.0 if reply.freshness.source is Source.CACHE else 0.0)
        return reply

    @contextlib.contextmanager
    def record(self, invocation: Invocation) -> Iterator[None]:
        """Record both rows around the block. Used directly for calls without a single reply, such as a stream.

        The scanner's own reads are no one's calls: hundreds a minute would hide what people and models did. ``cache_metadata`` has
        their times and failures.
        """
        if invocation.call.face is Face.SCANNER:
            yield
            return
        self._trail.record_entry(self._entry(invocation, "started"))
        with observe_end(self._clock, lambda error, seconds: self._record_end(invocation, error, seconds * 1000)):
            yield

    def _record_end(self, invocation: Invocation, error: BaseException | None, duration_ms: float) -> None:
        outcome = outcome_of(error)
        entry = self._entry(invocation, "completed", outcome=outcome, error=_error_text(error), duration_ms=duration_ms)
        self._trail.record_entry(entry)
        self._trail.record_figure(self._clock.now(), "call.ms", duration_ms)
        self._publish(CallCompleted(invocation.call.request_id, invocation.spec.name, invocation.call.face.value, outcome, duration_ms))

    def _entry(
        self, invocation: Invocation, phase: str, *, outcome: str = "", error: str = "", duration_ms: float | None = None
    ) -> AuditEntry:
        call = invocation.call
        return AuditEntry(
            at=self._clock.now(),
            request_id=call.request_id,
            caller=call.caller,
            face=call.face.value,
            tool=invocation.spec.name,
            arguments=mask_arguments(call.arguments),
            phase=phase,
            outcome=outcome,
            duration_ms=duration_ms,
            error=error,
        )


def _error_text(error: BaseException | None) -> str:
    """The masked text of an error. Empty for success and for a cancelled call."""
    if not isinstance(error, Exception):
        return ""
    return mask_text(str(error) if isinstance(error, ConsoleError) else repr(error))[:MOST_ERROR_TEXT]
