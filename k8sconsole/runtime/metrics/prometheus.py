"""The calls of all processes on one cache file in Prometheus' text format, computed from the audit and the stored samples."""

from k8sconsole.model.indicators import REPLY_HIT
from k8sconsole.model.tools import Face
from k8sconsole.store.port import Store
from k8sconsole.telemetry.exposition import render_metrics
from k8sconsole.telemetry.meters import Meters, ObservableMetric

MOST_ROWS = 50_000
"""Of the audit, newest first, at most."""


async def format_stored_metrics(store: Store, since: float) -> str:
    """since: seconds since the epoch. Gauges of one process, and where a reply came from, are not stored and so not included."""
    facts = [value for _, value in await store.audit.figures(REPLY_HIT, since)]
    lookups = {"hit": sum(facts), "miss": len(facts) - sum(facts)}
    meters = Meters(
        (ObservableMetric("replies_at_hand", "Calls by result of the reply cache: hit or miss.", lambda: lookups, "result", True),)
    )
    for entry in await store.audit.entries(MOST_ROWS):
        if entry.phase == "completed" and entry.at >= since:
            is_stream = entry.face == Face.SCANNER.value or entry.duration_ms is None
            meters.call(entry.tool, entry.face, entry.outcome, None if is_stream else (entry.duration_ms or 0.0) / 1000)
    return render_metrics(meters)
