"""The demo cluster's clock, real or fixed, and the timestamp formats of Kubernetes."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache


class DemoClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SkewedDemoClock(DemoClock):
    """The time of a cluster whose clock differs from this machine's. ahead: seconds; negative when it is behind."""

    def __init__(self, ahead: float) -> None:
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return super().now() + self._ahead


class FixedDemoClock(DemoClock):
    """A clock that moves only by `advance` and `move_to`, so that tests and screenshots repeat."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, seconds: float) -> None:
        """Move forward. Raises ValueError for a negative number of seconds."""
        if seconds < 0:
            raise ValueError("time only moves forward")
        self._at += timedelta(seconds=seconds)

    def move_to(self, at: datetime) -> None:
        """Move forward to `at`. A time in the past changes nothing."""
        self._at = max(self._at, at)


@lru_cache(maxsize=1024)
def format_timestamp(at: datetime) -> str:
    """Format a metav1.Time: whole seconds, `2026-11-22T10:00:00Z`."""
    return at.astimezone(UTC).isoformat()[:19] + "Z"


def format_micro_time(at: datetime) -> str:
    """Format a metav1.MicroTime, which leases use."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=1024)
def parse_timestamp(text: str) -> datetime:
    """Parse an RFC 3339 time, with or without fractions, as UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def seconds_since(text: str | None, now: datetime) -> float:
    """Seconds since a timestamp; infinite when it is missing, so that a missing time counts as long ago."""
    return (now - parse_timestamp(text)).total_seconds() if text else float("inf")
