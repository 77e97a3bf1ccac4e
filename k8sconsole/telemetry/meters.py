"""What the calls of tools came to, counted as they end: plain numbers, which ``exposition`` puts into Prometheus's words when asked."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: the upper ends of a duration's classes."""
MOST_TOOLS, MOST_VALUES = 500, 200
"""Names that are told apart; the rest are one, ``other``."""
OTHER = "other"


class Reading(msgspec.Struct, frozen=True):
    """A figure that somebody else keeps. label: what its values are told apart by; empty: there is one, under the empty name. grows:
    whether it only ever does."""

    name: str
    meaning: str
    read: Callable[[], Mapping[str, float]]
    label: str = ""
    grows: bool = False


class Durations:
    """counts: by the classes of ``BOUNDS``, and a last one for what took longer."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Meters:
    """Lives on one loop. calls: by tool, face and outcome; replies: by where they came from; durations: by tool."""

    def __init__(self, readings: tuple[Reading, ...] = ()) -> None:
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.replies: Counter[str] = Counter()
        self.durations: dict[str, Durations] = {}
        self.readings = readings
        self._tools: set[str] = set()

    def call(self, tool: str, face: str, outcome: str, seconds: float | None) -> None:
        """seconds: None for what lasts as long as somebody likes, such as a stream."""
        name = self._bounded(tool)
        self.calls[name, face, outcome] += 1
        if seconds is None:
            return
        durations = self.durations.get(name)
        if durations is None:
            durations = self.durations[name] = Durations()
        durations.add(seconds)

    def reply(self, source: str) -> None:
        self.replies[source] += 1

    def _bounded(self, tool: str) -> str:
        if tool not in self._tools:
            if len(self._tools) >= MOST_TOOLS:
                return OTHER
            self._tools.add(tool)
        return tool


def bounded(values: Mapping[str, float]) -> dict[str, float]:
    """As many as are told apart; of the rest the largest stands for all."""
    if len(values) <= MOST_VALUES:
        return dict(values)
    names = list(values)
    return {name: values[name] for name in names[:MOST_VALUES]} | {OTHER: max(values[name] for name in names[MOST_VALUES:])}
