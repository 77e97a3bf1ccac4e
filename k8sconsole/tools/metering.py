"""What the steps of the pipeline know of themselves, as readings for the meters."""

from k8sconsole.telemetry.meters import Reading
from k8sconsole.tools.audit import AuditTrail
from k8sconsole.tools.middleware.breaker import Breaker
from k8sconsole.tools.middleware.cached import Cached
from k8sconsole.tools.rooms import Rooms


def readings(trail: AuditTrail, cached: Cached, breaker: Breaker, rooms: Rooms) -> tuple[Reading, ...]:
    return (
        Reading("replies_at_hand", "Questions by whether their reply was still at hand.", lambda: cached.counts, "result", grows=True),
        Reading("replies_kept_bytes", "Replies at hand.", lambda: {"": cached.replies.size}),
        Reading(
            "breaker_state",
            "Who is left alone for a while: 0 nobody, 1 being tried, 2 left alone.",
            lambda: {name: float(circuit.state) for name, circuit in breaker.circuits.items()},
            "service",
        ),
        Reading("audit_backlog", "Audit entries that are not in the cache file yet.", lambda: {"": trail.backlog}),
        Reading("calls_running", "Calls that run now.", lambda: {"": rooms.running}),
        Reading("calls_waiting", "Calls that wait for room.", lambda: {"": rooms.waiting}),
    )
