"""How well the program does what it is for: shares, most with a goal, computed from facts that were kept."""

from collections.abc import Mapping, Sequence

import msgspec

Facts = Sequence[tuple[float, float]]
"""(seconds since the epoch, value), oldest first."""

CACHE_HIT, SCANNED, SUGGESTED, REPLY_HIT = "cache.hit", "scan.ok", "suggest.hit", "reply.hit"
"""Kept facts: 1 for yes, 0 for no."""
CACHED, DIRECT = "pair.cached", "pair.direct"
"""Kept facts: milliseconds that one and the same question took the cache, and the cluster."""
RECORDED_FACTS = (CACHE_HIT, CACHED, DIRECT, SCANNED, SUGGESTED, REPLY_HIT)
SLICES = 12


class Indicator(msgspec.Struct, frozen=True):
    """share: from 0 to 1, None while nothing was measured. count: how many facts it stands on. trend: the share in equal slices of the time
    looked at, oldest first, None where there was nothing. goal: None for what nobody can promise."""

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
    """facts: by the names of ``RECORDED_FACTS``."""
    found = {name: facts.get(name, ()) for name in RECORDED_FACTS}
    cached, direct = found[CACHED], found[DIRECT]
    slices = _slices(cached, since, until), _slices(direct, since, until)
    faster = tuple(_saved(one, other) for one, other in zip(*slices, strict=True))
    return [
        _yes("hit_rate", "cache hits", 0.80, found[CACHE_HIT], since, until),
        Indicator("improvement", "cached faster by", 0.50, _saved(cached, direct), len(direct), faster),
        _yes("completion", "scans complete", 0.95, found[SCANNED], since, until),
        _yes("suggestions", "suggestions right", 0.90, found[SUGGESTED], since, until),
        _yes("at_hand", "answers still at hand", None, found[REPLY_HIT], since, until),
    ]


def _yes(name: str, title: str, goal: float | None, facts: Facts, since: float, until: float) -> Indicator:
    return Indicator(name, title, goal, _mean(facts), len(facts), tuple(_mean(part) for part in _slices(facts, since, until)))


def _mean(facts: Facts) -> float | None:
    return sum(value for _, value in facts) / len(facts) if facts else None


def _saved(cached: Facts, direct: Facts) -> float | None:
    """By how much the one took less time than the other."""
    mine, theirs = _mean(cached), _mean(direct)
    return None if mine is None or not theirs else 1 - mine / theirs


def _slices(facts: Facts, since: float, until: float) -> list[Facts]:
    width = max(until - since, 1.0) / SLICES
    parts: list[list[tuple[float, float]]] = [[] for _ in range(SLICES)]
    for at, value in facts:
        parts[min(SLICES - 1, max(0, int((at - since) / width)))].append((at, value))
    return list(parts)
