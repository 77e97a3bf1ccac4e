"""Clocks and RFC 3339. Every part takes the time from a Clock, so that a test can fix it. All times are UTC."""

import time
from datetime import UTC, datetime
from typing import Protocol

_SLEWED = 2.0
"""Seconds of offset that NTP slewing may cause between two readings; more means that the clock was set."""

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux's CLOCK_MONOTONIC stops while the machine sleeps; CLOCK_BOOTTIME does not. Other systems' monotonic clocks run on."""


class Clock(Protocol):
    """Three readings, in seconds.

    now: wall time since the epoch. monotonic: never decreases; for durations. boottime: as monotonic, but it also counts the time in
    which the machine sleeps.
    """

    def now(self) -> float: ...
    def monotonic(self) -> float: ...
    def boottime(self) -> float: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def boottime(self) -> float:
        return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)


class FixedClock:
    """A clock that only ``advance`` moves."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at

    def monotonic(self) -> float:
        return self._at

    def boottime(self) -> float:
        return self._at

    def advance(self, seconds: float) -> None:
        self._at += seconds


class ClockWatch:
    """Compares a clock's wall time with its boot time, and so detects when the wall clock is set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._last = self._offset()

    def read_jump(self) -> float:
        """Seconds by which the wall clock was set since the last call, negative when set back; 0 when it was not set."""
        offset = self._offset()
        jump, self._last = offset - self._last, offset
        return jump if abs(jump) > _SLEWED else 0.0

    def cautious_now(self) -> float:
        """Wall time for deciding what has expired. It does not follow a wall clock that is set forward, so that this expires nothing."""
        return min(self._clock.now(), self._began + self._clock.boottime())

    def _offset(self) -> float:
        return self._clock.now() - self._clock.boottime()


def format_rfc3339(at: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, with milliseconds: ``2026-11-22T03:00:00.000Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> float:
    """RFC 3339 as seconds since the epoch. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
