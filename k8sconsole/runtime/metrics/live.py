"""Figures of this process for the metrics pane. Stored samples are behind ``model.indicators`` instead."""

from collections.abc import Callable

import msgspec

from k8sconsole.model.clusters import Connections
from k8sconsole.model.events import Fact, RowsChanged
from k8sconsole.telemetry.meters import TimeSeries

WINDOW = 300.0
"""Seconds."""


class LiveFigures(msgspec.Struct, frozen=True):
    """changes: batches written in the last five minutes, in slices of ten seconds. connections: one entry for each open cluster."""

    changes: list[float]
    connections: list[Connections]


class LiveMetrics:
    """A bus listener. Lives on the bus's loop."""

    def __init__(self, figures: TimeSeries, connections: Callable[[], list[Connections]]) -> None:
        self._figures = figures
        self._connections = connections

    def handle_fact(self, fact: Fact) -> None:
        if isinstance(fact, RowsChanged):
            self._figures.record("change")

    def read(self) -> LiveFigures:
        return LiveFigures(self._figures.series("change", WINDOW, 30), self._connections())
