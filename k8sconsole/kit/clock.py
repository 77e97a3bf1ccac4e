"""Time as the program sees it: always UTC, always asked of a Clock, so that a test or a picture can fix it."""

import time
from datetime import UTC, datetime
from typing import Protocol

_SLEWED = 2.0
"""Seconds: what a clock is put right by between two looks without having been set."""

_PASSING = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux's monotonic clock stands still while the machine sleeps; others' do not."""


class Clock(Protocol):
    """now() is wall time in seconds since the epoch; monotonic() only ever grows and measures durations; passing() does so while the
    machine sleeps, too."""

    def now(self) -> float: ...
    def monotonic(self) -> float: ...
    def passing(self) -> float: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def passing(self) -> float:
        return time.monotonic() if _PASSING is None else time.clock_gettime(_PASSING)


class FixedClock:
    """Stands still until advanced."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at

    def monotonic(self) -> float:
        return self._at

    def passing(self) -> float:
        return self._at

    def advance(self, seconds: float) -> None:
        self._at += seconds


class ClockWatch:
    """Holds a clock's wall time against the time that passes, whatever the clock is set to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._last = self._offset()

    def read_jump(self) -> float:
        """Seconds the clock was set by since the last look, negative when back; 0 when it merely went on."""
        offset = self._offset()
        jump, self._last = offset - self._last, offset
        return jump if abs(jump) > _SLEWED else 0.0

    def cautious_now(self) -> float:
        """Wall time for whoever throws away what is old: never later than what has passed since this watch began, so that a clock set
        forward makes nothing old."""
        return min(self._clock.now(), self._began + self._clock.passing())

    def _offset(self) -> float:
        return self._clock.now() - self._clock.passing()


def format_rfc3339(at: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, with milliseconds: ``2026-11-22T03:00:00.000Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> float:
    """RFC 3339 as seconds since the epoch. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
