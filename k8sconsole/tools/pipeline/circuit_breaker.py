"""A circuit breaker per cluster and attached server: after repeated failures, calls fail at once instead of each waiting for a timeout.

The pattern: https://martinfowler.com/bliki/CircuitBreaker.html.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from enum import IntEnum

from k8sconsole.errors import ApiError, ConsoleError, CredentialsError, InvalidParams, ToolFailed, Unavailable
from k8sconsole.kit.clock import Clock, format_rfc3339

FAILURE_THRESHOLD = 3
"""Consecutive failed calls that open the breaker."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0
"""Seconds that the breaker stays open. The pause doubles with each failed probe."""
SILENCE_THRESHOLD = 5.0
"""Seconds without an answer before a call's own timeout counts as a failure of the server. A shorter timeout is the caller's choice."""

_ANSWERS = (ApiError, ToolFailed, InvalidParams)
"""Errors that the server itself sent."""


class CircuitState(IntEnum):
    """The value of the metric ``breaker_state``. HALF_OPEN: one call probes the server, and all others fail."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class CircuitBreaker:
    """The breaker of one cluster or attached server. Only a missing answer opens it. Any answer closes it, a refusal included."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._failed_calls: set[str] = set()
        self._failing_since = 0.0
        self._last_failure = ""
        self._pause = 0.0
        self._retry_at = 0.0
        self._probing_call = ""

    @property
    def state(self) -> CircuitState:
        if not self._pause:
            return CircuitState.CLOSED
        return CircuitState.HALF_OPEN if self._probing_call else CircuitState.OPEN

    @contextlib.contextmanager
    def guard_request(self, call: str, deadline_at: float, *, long_running: bool = False) -> Iterator[None]:
        """Run one request of a call.

        call: the request id. Several failed requests of one call count as one failure. deadline_at: monotonic seconds. long_running: for a
        watch or a log stream; it may be silent, and it is never a probe. Raises Unavailable while the breaker is open.
        """
        self._admit(call, long_running)
        started = self._clock.monotonic()
        try:
            yield
        except BaseException as problem:
            timed_out = self._timed_out(started, deadline_at) and not long_running
            if failure := _failure_text(problem, timed_out):
                self._record_failure(call, failure)
            elif isinstance(problem, _ANSWERS):
                self.record_answer()
            elif self._probing_call == call:
                self._probing_call = ""
            raise
        self.record_answer()

    def record_answer(self) -> None:
        """Close the breaker: the server answers."""
        self._failed_calls.clear()
        self._pause, self._probing_call = 0.0, ""

    def prioritise(self) -> None:
        """Let the next call probe at once, because a user waits. A probe that is already running does not prevent it."""
        self._retry_at, self._probing_call = self._clock.monotonic(), ""

    def _admit(self, call: str, long_running: bool) -> None:
        """After the pause, the first call becomes the probe, with all its requests."""
        if not self._pause or self._probing_call == call:
            return
        if self._probing_call or self._clock.monotonic() < self._retry_at:
            raise self._open_error()
        if not long_running:
            self._probing_call = call

    def _timed_out(self, started: float, deadline_at: float) -> bool:
        now = self._clock.monotonic()
        return now >= deadline_at and now - started >= SILENCE_THRESHOLD

    def _record_failure(self, call: str, failure: str) -> None:
        """Failures of requests that began before the breaker opened are ignored."""
        if self._pause and self._probing_call != call:
            return
        if not self._failed_calls:
            self._failing_since = self._clock.now()
        if not self._pause:
            self._failed_calls.add(call)
        self._last_failure, self._probing_call = failure, ""
        if len(self._failed_calls) >= FAILURE_THRESHOLD:
            self._pause = min(LONGEST_PAUSE, self._pause * 2) or FIRST_PAUSE
            self._retry_at = self._clock.monotonic() + self._pause

    def _open_error(self) -> ConsoleError:
        wait = max(0.0, self._retry_at - self._clock.monotonic())
        next_attempt = "another call is probing it now" if self._probing_call else f"next attempt in {wait:.0f} s"
        since, retry_at = format_rfc3339(self._failing_since), format_rfc3339(self._clock.now() + wait)
        details = {"service": self.name, "since": since, "retry_at": retry_at, "retry_after_seconds": round(wait, 1)}
        return Unavailable(
            f"{self.name} does not answer",
            f"since {since}: {self._last_failure}; {next_attempt}",
            "repeat the call later, or read the cache",
            details,
        )


def _failure_text(problem: BaseException, timed_out: bool) -> str:
    """Why the server counts as not answering. Empty if it answered, or if that is unknown."""
    if isinstance(problem, Unavailable) and not isinstance(problem, CredentialsError):
        return problem.detail or problem.title
    return "no answer in time" if timed_out and isinstance(problem, asyncio.CancelledError) else ""
