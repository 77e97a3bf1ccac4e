"""What calls came to, for whoever wants it in Prometheus's words without asking each process: out of the audit and the kept facts."""

from k8sconsole.model.indicators import REPLY_HIT
from k8sconsole.model.tools import Face
from k8sconsole.store.port import Store
from k8sconsole.telemetry.exposition import render_metrics
from k8sconsole.telemetry.meters import Meters, ObservableMetric

MOST_ROWS = 50_000
"""Of the audit, newest first."""


async def kept_metrics(store: Store, since: float) -> str:
    """Of all processes on this cache. Where a reply came from, and what a process knows of this moment only, is not kept."""
    facts = [value for _, value in await store.audit.figures(REPLY_HIT, since)]
    at_hand = {"hit": sum(facts), "miss": len(facts) - sum(facts)}
    meters = Meters(
        (ObservableMetric("replies_at_hand", "Questions by whether their reply was still at hand.", lambda: at_hand, "result", True),)
    )
    for entry in await store.audit.entries(MOST_ROWS):
        if entry.phase == "completed" and entry.at >= since:
            lasting = entry.face == Face.SCANNER.value or entry.duration_ms is None
            meters.call(entry.tool, entry.face, entry.outcome, None if lasting else (entry.duration_ms or 0.0) / 1000)
    return render_metrics(meters)
