"""A scan that is wanted by a process that may not scan: it leaves word in the store, and whoever holds the lease lists everything anew."""

import asyncio

from k8sconsole.errors import DeadlineExceeded
from k8sconsole.kit.clock import Clock
from k8sconsole.model.refs import ClusterName
from k8sconsole.scanner.cluster_scanner import ClusterScanner
from k8sconsole.scanner.reports import KindReport
from k8sconsole.store.port import ScanState, ScanStatus, Store

_LOOK_EVERY = 0.5


async def answer(store: Store, cluster: ClusterName, scanner: ClusterScanner) -> None:
    """For ever: does what is asked for from now on."""
    done = await store.asked_scans(cluster)
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        asked = await store.asked_scans(cluster)
        if asked != done:
            done = asked
            await scanner.refresh()


async def ask(store: Store, cluster: ClusterName, clock: Clock, patience: float) -> list[KindReport]:
    """What the other process found, once it has listed everything anew; it does not tell what each list changed.

    patience: seconds without one more kind being listed. Raises DeadlineExceeded."""
    since = clock.now()
    await store.ask_scan(cluster)
    before, heard = -1, clock.monotonic()
    while True:
        states = await store.scan_states(cluster)
        waiting = [state for state in states if _is_waited_for(state, since)]
        if states and not waiting:
            return [_report(state) for state in states if state.status is not ScanStatus.PENDING]
        if len(waiting) != before:
            before, heard = len(waiting), clock.monotonic()
        elif clock.monotonic() - heard > patience:
            raise DeadlineExceeded(f"The process that scans {cluster} did not answer", f"nothing happened for {patience:g} s")
        await asyncio.sleep(_LOOK_EVERY)


def _is_waited_for(state: ScanState, since: float) -> bool:
    """Kinds that failed before are not: a forbidden one is asked for again in its own time."""
    return state.status in (ScanStatus.RUNNING, ScanStatus.COMPLETED) and (state.last_scan_at or 0.0) < since


def _report(state: ScanState) -> KindReport:
    forbidden = any(reason.startswith(f"{state.resource}: ") for reason in state.missing)
    error = "" if forbidden else state.error
    return KindReport(state.cluster, state.resource, state.record_count, seconds=state.seconds, error=error, missing=state.missing)
