"""Service level indicators of this program: shares, most with a goal, computed from recorded facts."""

from collections.abc import Mapping, Sequence

import msgspec

Facts = Sequence[tuple[float, float]]
"""(seconds since the epoch, value), oldest first."""

CACHE_HIT, SCANNED, SUGGESTED, REPLY_HIT = "cache.hit", "scan.ok", "suggest.hit", "reply.hit"
"""Recorded facts whose value is 1 for yes and 0 for no."""
CACHED, DIRECT = "pair.cached", "pair.direct"
"""Recorded facts in milliseconds: the duration of the same query on the cache and on the cluster."""
RECORDED_FACTS = (CACHE_HIT, CACHED, DIRECT, SCANNED, SUGGESTED, REPLY_HIT)
SLICES = 12


class Indicator(msgspec.Struct, frozen=True):
    """One indicator. share: from 0 to 1, None while nothing was measured. goal: the share to reach, None for none.

    count: facts it is computed from. trend: the share in equal slices of the period, oldest first, None for a slice without facts.
    """

    name: str
    title: str
    goal: float | None
    share: float | None
    count: int
    trend: tuple[float | None, ...] = ()

    @property
    def met(self) -> bool:
        return self.share is not None and self.share >= (self.goal or 0.0)


def compute_indicators(facts: Mapping[str, Facts], since: float, until: float) -> list[Indicator]:
    """The indicators of a period. facts: by the names of ``RECORDED_FACTS``. since, until: seconds since the epoch."""
    found = {name: facts.get(name, ()) for name in RECORDED_FACTS}
    cached, direct = found[CACHED], found[DIRECT]
    slices = _slices(cached, since, until), _slices(direct, since, until)
    faster = tuple(_time_saved(a, b) for a, b in zip(*slices, strict=True))
    return [
        _share_indicator("hit_rate", "cache hits", 0.80, found[CACHE_HIT], since, until),
        Indicator("improvement", "cached faster by", 0.50, _time_saved(cached, direct), len(direct), faster),
        _share_indicator("completion", "scans complete", 0.95, found[SCANNED], since, until),
        _share_indicator("suggestions", "suggestions right", 0.90, found[SUGGESTED], since, until),
        _share_indicator("at_hand", "reply cache hits", None, found[REPLY_HIT], since, until),
    ]


def _share_indicator(name: str, title: str, goal: float | None, facts: Facts, since: float, until: float) -> Indicator:
    return Indicator(name, title, goal, _mean(facts), len(facts), tuple(_mean(part) for part in _slices(facts, since, until)))


def _mean(facts: Facts) -> float | None:
    return sum(value for _, value in facts) / len(facts) if facts else None


def _time_saved(cached: Facts, direct: Facts) -> float | None:
    """The share of time that the cache saves compared with the cluster."""
    cached_mean, direct_mean = _mean(cached), _mean(direct)
    return None if cached_mean is None or not direct_mean else 1 - cached_mean / direct_mean


def _slices(facts: Facts, since: float, until: float) -> list[Facts]:
    width = max(until - since, 1.0) / SLICES
    parts: list[list[tuple[float, float]]] = [[] for _ in range(SLICES)]
    for at, value in facts:
        parts[min(SLICES - 1, max(0, int((at - since) / width)))].append((at, value))
    return list(parts)
