"""Time as the program sees it: always UTC, always asked of a Clock, so that a test or a picture can fix it."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """now() is wall time in seconds since the epoch; monotonic() only ever grows and measures durations."""

    def now(self) -> float: ...
    def monotonic(self) -> float: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class FixedClock:
    """Stands still until advanced."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at

    def monotonic(self) -> float:
        return self._at

    def advance(self, seconds: float) -> None:
        self._at += seconds


def iso(at: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, with milliseconds: ``2026-11-22T03:00:00.000Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """RFC 3339 as seconds since the epoch. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
