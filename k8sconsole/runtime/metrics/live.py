"""The figures of the metrics pane that belong to this run alone. What is kept beyond it are the facts behind ``model.indicators``."""

from collections.abc import Callable

import msgspec

from k8sconsole.model.clusters import Connections
from k8sconsole.model.events import Fact, RowsChanged
from k8sconsole.telemetry.meters import TimeSeries

MINUTES = 300.0


class Reading(msgspec.Struct, frozen=True):
    """changes: batches written in the last five minutes, by slices of ten seconds. connections: of each cluster that stands open."""

    changes: list[float]
    connections: list[Connections]


class Gauges:
    """A listener on the bus. Lives on its loop."""

    def __init__(self, figures: TimeSeries, connections: Callable[[], list[Connections]]) -> None:
        self._figures = figures
        self._connections = connections

    def take(self, fact: Fact) -> None:
        if isinstance(fact, RowsChanged):
            self._figures.record("change")

    def read(self) -> Reading:
        return Reading(self._figures.series("change", MINUTES, 30), self._connections())
