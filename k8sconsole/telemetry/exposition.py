"""The meters in Prometheus's text format. The Prometheus library is imported on first use, so that a start does not pay for it.

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
    """A Prometheus collector over the meters. Each ``collect`` reads the present values."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def collect(self) -> "Iterator[Metric]":
        yield self._calls_family()
        yield self._durations_family()
        yield self._replies_family()
        for reading in self._meters.readings:
            yield _build_family(reading)

    def _calls_family(self) -> "Metric":
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily(f"{PREFIX}_tool_calls", "Tool calls that have completed.", labels=("tool", "face", "outcome"))
        for labels, count in self._meters.calls.items():
            family.add_metric(labels, count)
        return family

    def _durations_family(self) -> "Metric":
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(f"{PREFIX}_tool_call_seconds", "Duration of tool calls in seconds, for all faces.", labels=("tool",))
        for tool, durations in self._meters.durations.items():
            family.add_metric((tool,), _buckets(durations), durations.total)
        return family

    def _replies_family(self) -> "Metric":
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily(f"{PREFIX}_tool_replies", "Replies by source: cache, live or history.", labels=("source",))
        for source, count in self._meters.replies.items():
            family.add_metric((source,), count)
        return family


def build_registry(meters: Meters) -> "CollectorRegistry":
    """A Prometheus registry of the meters, for an HTTP endpoint."""
    from prometheus_client import CollectorRegistry

    made = CollectorRegistry(auto_describe=False)
    made.register(MetersCollector(meters))
    return made


def render_metrics(meters: Meters) -> str:
    """The metrics as text, as a Prometheus server scrapes them."""
    from prometheus_client import generate_latest

    return generate_latest(build_registry(meters)).decode()


def _buckets(durations: DurationHistogram) -> list[tuple[str, float]]:
    """(upper bound, cumulative count) of each histogram bucket."""
    ends = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    return list(zip(ends, map(float, accumulate(durations.counts)), strict=True))


def _build_family(reading: ObservableMetric) -> "Metric":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    kind = CounterMetricFamily if reading.is_counter else GaugeMetricFamily
    family = kind(f"{PREFIX}_{reading.name}", reading.help_text, labels=(reading.label,) if reading.label else ())
    for name, value in limit_values(reading.read()).items():
        family.add_metric((name,) if reading.label else (), value)
    return family
