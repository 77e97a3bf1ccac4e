"""Meters of this process as plain numbers: tool calls, their durations, replies, and recent values.

``exposition`` renders them in Prometheus's format on request.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Mapping

import msgspec

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram buckets, in seconds."""
MOST_TOOLS, MOST_VALUES = 500, 200
"""Label values that are counted separately; all others are counted as ``other``, which bounds the number of time series."""
OTHER = "other"


class ObservableMetric(msgspec.Struct, frozen=True):
    """A metric that is read through a callback when metrics are collected, as OpenTelemetry's observable instruments are.

    read: returns label value to number. label: the label's name; empty for a metric without labels, whose only key is the empty text.
    is_counter: whether the value never decreases.
    """

    name: str
    help_text: str
    read: Callable[[], Mapping[str, float]]
    label: str = ""
    is_counter: bool = False


class DurationHistogram:
    """counts: durations per bucket of ``BOUNDS``; the last count is of longer ones. total: their sum in seconds."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Meters:
    """Counters of tool calls. Not thread-safe: belongs to one event loop.

    calls: by tool, face and outcome. replies: by source. durations: by tool.
    """

    def __init__(self, readings: tuple[ObservableMetric, ...] = ()) -> None:
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.replies: Counter[str] = Counter()
        self.durations: dict[str, DurationHistogram] = {}
        self.readings = readings
        self._tools: set[str] = set()

    def call(self, tool: str, face: str, outcome: str, seconds: float | None) -> None:
        """Counts a completed call. seconds: None for a stream, whose duration says nothing about the tool."""
        name = self._limit_tool_name(tool)
        self.calls[name, face, outcome] += 1
        if seconds is None:
            return
        durations = self.durations.get(name)
        if durations is None:
            durations = self.durations[name] = DurationHistogram()
        durations.add(seconds)

    def reply(self, source: str) -> None:
        self.replies[source] += 1

    def _limit_tool_name(self, tool: str) -> str:
        if tool not in self._tools:
            if len(self._tools) >= MOST_TOOLS:
                return OTHER
            self._tools.add(tool)
        return tool


def limit_values(values: Mapping[str, float]) -> dict[str, float]:
    """At most ``MOST_VALUES`` label values; the largest of the remaining values becomes ``other``."""
    if len(values) <= MOST_VALUES:
        return dict(values)
    names = list(values)
    return {name: values[name] for name in names[:MOST_VALUES]} | {OTHER: max(values[name] for name in names[MOST_VALUES:])}


class TimeSeries:
    """Recent values by name, each with its time. Not thread-safe: belongs to one event loop.

    most: values kept of a name. keep: seconds a value is kept.
    """

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
        """How many values were recorded in each of ``buckets`` equal slices of the last ``seconds``, oldest first."""
        start, width = self._now() - seconds, seconds / buckets
        counts = [0.0] * buckets
        for at, _ in self._values.get(name, ()):
            if at >= start:
                counts[min(buckets - 1, int((at - start) / width))] += 1
        return counts
