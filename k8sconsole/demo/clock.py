"""Time for the demo cluster: real, or held still and advanced by hand, and its Kubernetes spelling."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache


class DemoClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedDemoClock(DemoClock):
    """A clock that moves only when told to, so that tests and pictures repeat."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, seconds: float) -> None:
        """Move forward; a negative number of seconds is refused with ValueError."""
        if seconds < 0:
            raise ValueError("time only moves forward")
        self._at += timedelta(seconds=seconds)

    def move_to(self, at: datetime) -> None:
        """Move forward to `at`; an instant in the past leaves the clock alone."""
        self._at = max(self._at, at)


@lru_cache(maxsize=1024)
def format_timestamp(at: datetime) -> str:
    """The form of metav1.Time: whole seconds, `2026-11-22T10:00:00Z`."""
    return at.astimezone(UTC).isoformat()[:19] + "Z"


def format_micro_time(at: datetime) -> str:
    """The form of metav1.MicroTime, used by leases."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=1024)
def parse_timestamp(text: str) -> datetime:
    """Read either form back."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def seconds_since(text: str | None, now: datetime) -> float:
    """How long ago a stamp was; infinite for a stamp that is missing, so that "long enough ago" holds."""
    return (now - parse_timestamp(text)).total_seconds() if text else float("inf")
