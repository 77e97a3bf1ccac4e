"""The figures of the metrics pane: what this run measured of itself while it ran."""

import msgspec

from k8sconsole.model.events import CallCompleted, Fact, RowsChanged, ScanCompleted
from k8sconsole.telemetry.figures import Figures, Window

MINUTES = 300.0
NO_FAILURE = frozenset({"ok", "Cancelled", "PermissionDenied"})


class Reading(msgspec.Struct, frozen=True):
    """Of the last five minutes. calls: milliseconds. scans: seconds a kind. changes: batches written, by slices of ten seconds.

    hit_rate: cached answers ÷ all answers of reading tools; improvement: 1 − cached ÷ direct time; completion: scans without an error. None
    where nothing was measured yet.
    """

    calls: Window
    errors: int
    scans: Window
    failed_scans: int
    changes: list[float]
    hit_rate: float | None
    improvement: float | None
    completion: float | None


class Gauges:
    """A listener on the bus. Lives on its loop."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def take(self, fact: Fact) -> None:
        record = self._figures.record
        if isinstance(fact, CallCompleted):
            record("call", fact.duration_ms)
            if fact.outcome not in NO_FAILURE:
                record("call.error")
        elif isinstance(fact, ScanCompleted):
            record("scan" if not fact.error else "scan.failed", fact.seconds)
        elif isinstance(fact, RowsChanged):
            record("change")

    def answered(self, *, cached: bool, duration_ms: float) -> None:
        """A reading call was answered, by the cache or directly."""
        self._figures.record("read.cached" if cached else "read.direct", duration_ms)

    def read(self) -> Reading:
        figures = self._figures
        cached, direct = figures.window("read.cached", MINUTES), figures.window("read.direct", MINUTES)
        return Reading(
            calls=figures.window("call", MINUTES),
            errors=figures.window("call.error", MINUTES).count,
            scans=figures.window("scan", MINUTES),
            failed_scans=figures.window("scan.failed", MINUTES).count,
            changes=figures.series("change", MINUTES, 30),
            hit_rate=figures.share("read.cached", "read.direct", MINUTES),
            improvement=1 - cached.average / direct.average if cached.count and direct.average else None,
            completion=figures.share("scan", "scan.failed", MINUTES),
        )
