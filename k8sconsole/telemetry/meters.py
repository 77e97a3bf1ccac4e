"""What the calls of tools came to, counted as they end: plain numbers, which ``exposition`` puts into Prometheus's words when asked."""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Mapping

import msgspec

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: the upper ends of a duration's classes."""
MOST_TOOLS, MOST_VALUES = 500, 200
"""Names that are told apart; the rest are one, ``other``."""
OTHER = "other"


class ObservableMetric(msgspec.Struct, frozen=True):
    """A figure that somebody else keeps. label: what its values are told apart by; empty: there is one, under the empty name. grows:
    whether it only ever does."""

    name: str
    help_text: str
    read: Callable[[], Mapping[str, float]]
    label: str = ""
    is_counter: bool = False


class DurationHistogram:
    """counts: by the classes of ``BOUNDS``, and a last one for what took longer."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Meters:
    """Lives on one loop. calls: by tool, face and outcome; replies: by where they came from; durations: by tool."""

    def __init__(self, readings: tuple[ObservableMetric, ...] = ()) -> None:
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.replies: Counter[str] = Counter()
        self.durations: dict[str, DurationHistogram] = {}
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
            durations = self.durations[name] = DurationHistogram()
        durations.add(seconds)

    def reply(self, source: str) -> None:
        self.replies[source] += 1

    def _bounded(self, tool: str) -> str:
        if tool not in self._tools:
            if len(self._tools) >= MOST_TOOLS:
                return OTHER
            self._tools.add(tool)
        return tool


def limit_values(values: Mapping[str, float]) -> dict[str, float]:
    """As many as are told apart; of the rest the largest stands for all."""
    if len(values) <= MOST_VALUES:
        return dict(values)
    names = list(values)
    return {name: values[name] for name in names[:MOST_VALUES]} | {OTHER: max(values[name] for name in names[MOST_VALUES:])}


class TimeSeries:
    """Values by name, each with its time; bounded in number and age. Not thread-safe: lives on one loop."""

    def __init__(self, now: Callable[[], float], *, most: int = 2_000, keep: float = 3_600.0) -> None:
        self._now = now
        self._most = most
        self._keep = keep
        self._values: dict[str, deque[tuple[float, float]]] = {}

    def record(self, name: str, value: float = 1.0) -> None:
        values = self._values.setdefault(name, deque(maxlen=self._most))
        at = self._now()
        values.append((at, value))
        while values[0][0] < at - self._keep:
            values.popleft()

    def series(self, name: str, seconds: float, buckets: int) -> list[float]:
        """Counts per equal slice of the last ``seconds``, oldest first."""
        start, width = self._now() - seconds, seconds / buckets
        counts = [0.0] * buckets
        for at, _ in self._values.get(name, ()):
            if at >= start:
                counts[min(buckets - 1, int((at - start) / width))] += 1
        return counts
