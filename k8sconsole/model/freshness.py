"""Where a fact came from, when it was seen, and what it does not cover: it travels with every answer."""

from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.kit.times import format_exact_time


class Source(StrEnum):
    CACHE = "cache"
    LIVE = "live"
    HISTORY = "history"


class Freshness(msgspec.Struct, frozen=True):
    """observed_at in seconds since the epoch, None when nothing was ever observed. missing: sentences on what is not covered, and why."""

    source: Source
    observed_at: float | None
    complete: bool = True
    missing: tuple[str, ...] = ()

    def age(self, now: float) -> float | None:
        """Seconds since it was observed, never negative."""
        return None if self.observed_at is None else max(0.0, now - self.observed_at)

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
        }


def merge_freshness(parts: list[Freshness]) -> Freshness:
    """One statement for several: as old as the oldest, as incomplete as all of them together."""
    seen = [part.observed_at for part in parts if part.observed_at is not None]
    missing = tuple(dict.fromkeys(reason for part in parts for reason in part.missing))
    sources = {part.source for part in parts}
    source = sources.pop() if len(sources) == 1 else Source.CACHE
    whole = bool(parts) and all(part.complete for part in parts)
    return Freshness(source, min(seen) if len(seen) == len(parts) and seen else None, whole, missing)
