"""Freshness: the source of a result, when it was observed, and what it lacks. Every result carries one."""

from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.kit.times import format_exact_time


class Source(StrEnum):
    CACHE = "cache"
    LIVE = "live"
    HISTORY = "history"


_MISSED_TURNS = 3


class Freshness(msgspec.Struct, frozen=True):
    """observed_at: seconds since the epoch, None when nothing was observed. missing: sentences on what is missing, and why.

    polled_every: seconds between two readings of rows that are not watched all the time; 0 where they are, or where nothing reads them.
    """

    source: Source
    observed_at: float | None
    complete: bool = True
    missing: tuple[str, ...] = ()
    polled_every: float = 0.0

    def age(self, now: float) -> float | None:
        """Seconds since the observation, never negative."""
        return None if self.observed_at is None else max(0.0, now - self.observed_at)

    def polling(self, now: float) -> float:
        """``polled_every``, or 0 when no reading has come for several intervals: the process that read them has died."""
        age = self.age(now)
        return self.polled_every if age is not None and age <= _MISSED_TURNS * self.polled_every else 0.0

    def to_json(self, now: float) -> dict[str, Any]:
        age = self.age(now)
        return {
            "source": self.source.value,
            "observed_at": None
            if self.observed_at is None
            else (format_exact_time if self.source is Source.HISTORY else format_rfc3339)(self.observed_at),
            "age_seconds": None if age is None else round(age, 3),
            "complete": self.complete,
            "missing": list(self.missing),
            **({"polled_every_seconds": every} if (every := self.polling(now)) else {}),
        }


def merge_freshness(parts: list[Freshness]) -> Freshness:
    """The freshness of a result made of several parts: the age of the oldest part, and everything that any part lacks."""
    seen = [part.observed_at for part in parts if part.observed_at is not None]
    missing = tuple(dict.fromkeys(reason for part in parts for reason in part.missing))
    sources = {part.source for part in parts}
    source = sources.pop() if len(sources) == 1 else Source.CACHE
    whole = bool(parts) and all(part.complete for part in parts)
    polled = max((part.polled_every for part in parts), default=0.0)
    return Freshness(source, min(seen) if len(seen) == len(parts) and seen else None, whole, missing, polled)
