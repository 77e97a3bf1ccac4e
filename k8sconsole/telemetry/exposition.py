"""Meters in Prometheus's words. Its library is loaded with the first question, not with the start.

Text format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from k8sconsole.telemetry.meters import BOUNDS, DurationHistogram, Meters, ObservableMetric, limit_values

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

PREFIX = "k8sconsole"


class MetersCollector:
    """What a registry asks; the numbers are those of the moment it asks."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def collect(self) -> "Iterator[Metric]":
        yield self._calls()
        yield self._durations()
        yield self._replies()
        for reading in self._meters.readings:
            yield _read(reading)

    def _calls(self) -> "Metric":
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily(f"{PREFIX}_tool_calls", "Calls of tools that have ended.", labels=("tool", "face", "outcome"))
        for labels, count in self._meters.calls.items():
            family.add_metric(labels, count)
        return family

    def _durations(self) -> "Metric":
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(f"{PREFIX}_tool_call_seconds", "How long calls took, from all faces.", labels=("tool",))
        for tool, durations in self._meters.durations.items():
            family.add_metric((tool,), _classes(durations), durations.total)
        return family

    def _replies(self) -> "Metric":
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily(f"{PREFIX}_tool_replies", "Replies by where they came from.", labels=("source",))
        for source, count in self._meters.replies.items():
            family.add_metric((source,), count)
        return family


def build_registry(meters: Meters) -> "CollectorRegistry":
    """For whoever exposes them."""
    from prometheus_client import CollectorRegistry

    made = CollectorRegistry(auto_describe=False)
    made.register(MetersCollector(meters))
    return made


def render_metrics(meters: Meters) -> str:
    """The text that a Prometheus server reads."""
    from prometheus_client import generate_latest

    return generate_latest(build_registry(meters)).decode()


def _classes(durations: DurationHistogram) -> list[tuple[str, float]]:
    """Cumulative, as Prometheus has them."""
    ends = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    return list(zip(ends, map(float, accumulate(durations.counts)), strict=True))


def _read(reading: ObservableMetric) -> "Metric":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    kind = CounterMetricFamily if reading.is_counter else GaugeMetricFamily
    family = kind(f"{PREFIX}_{reading.name}", reading.help_text, labels=(reading.label,) if reading.label else ())
    for name, value in limit_values(reading.read()).items():
        family.add_metric((name,) if reading.label else (), value)
    return family
