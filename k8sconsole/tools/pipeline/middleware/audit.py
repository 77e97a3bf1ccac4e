"""A row when a call starts and one when it ends, whatever ends it: success, refusal, failure, a deadline, a cancelled client."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock
from k8sconsole.model.cache_records import AuditEntry
from k8sconsole.model.events import CallCompleted, Fact
from k8sconsole.model.freshness import Source
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.audit_trail import AuditTrail
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.pipeline.outcomes import outcome_of
from k8sconsole.tools.results import Reply

MOST_TEXT = 500


class Audited:
    """Also counts: how long a call took, and whether the cache answered a read (``cache.hit``)."""

    def __init__(self, trail: AuditTrail, clock: Clock, publish: Callable[[Fact], None]) -> None:
        self._trail = trail
        self._clock = clock
        self._publish = publish

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        with self.record(invocation):
            reply = await proceed(invocation)
        asked = invocation.spec.risk is Risk.READ and invocation.spec.capabilities.cache_friendly
        if asked and reply.freshness.source is not Source.HISTORY:
            self._trail.figure(self._clock.now(), "cache.hit", 1.0 if reply.freshness.source is Source.CACHE else 0.0)
        return reply

    @contextlib.contextmanager
    def record(self, invocation: Invocation) -> Iterator[None]:
        """For calls that have no single reply, such as a stream."""
        began = self._clock.monotonic()
        self._trail.record(self._entry(invocation, "started"))
        ended: BaseException | None = None
        try:
            yield
        except BaseException as problem:
            ended = problem
            raise
        finally:
            self._end(invocation, outcome_of(ended), _told(ended), (self._clock.monotonic() - began) * 1000)

    def _end(self, invocation: Invocation, outcome: str, error: str, duration_ms: float) -> None:
        self._trail.record(self._entry(invocation, "completed", outcome=outcome, error=error, duration_ms=duration_ms))
        self._trail.figure(self._clock.now(), "call.ms", duration_ms)
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


def _told(ended: BaseException | None) -> str:
    """What went wrong, as it may be kept."""
    if not isinstance(ended, Exception):
        return ""
    return mask_text(str(ended))[:MOST_TEXT] if isinstance(ended, ConsoleError) else mask_text(repr(ended))[:MOST_TEXT]
