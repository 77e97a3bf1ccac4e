"""Rescans for other processes: a process without the lease writes a request to the store, and the holder lists everything again."""

import asyncio
import contextlib

from k8sconsole.errors import ConsoleError, DeadlineExceeded
from k8sconsole.kit.clock import Clock
from k8sconsole.model.refs import ClusterName
from k8sconsole.scanner.cluster_scanner import ClusterScanner
from k8sconsole.scanner.context import KindReport
from k8sconsole.store.port import ScanState, ScanStatus, Store

_POLL_EVERY = 0.5


async def serve_requests(store: Store, cluster: ClusterName, scanner: ClusterScanner) -> None:
    """Serves every request that is written from now on, until cancelled."""
    served = await store.sharing.rescan_requests(cluster)
    while True:
        await asyncio.sleep(_POLL_EVERY)
        requested = await store.sharing.rescan_requests(cluster)
        if requested != served:
            served = requested
            with contextlib.suppress(ConsoleError):  # the scan states say why
                await scanner.refresh()


async def request_rescan(store: Store, cluster: ClusterName, clock: Clock, patience: float) -> list[KindReport]:
    """Requests a rescan and returns what the other process found. The counts of added, changed and deleted rows are not known here.

    patience: the longest time in seconds between two kinds being listed. Raises DeadlineExceeded.
    """
    requested_at = clock.now()
    await store.sharing.request_rescan(cluster)
    remaining, progress_at = -1, clock.monotonic()
    while True:
        states = await store.metadata.scan_states(cluster)
        pending = [state for state in states if _is_pending(state, requested_at)]
        if states and not pending:
            return [_kind_report(state) for state in states if state.status is not ScanStatus.PENDING]
        if len(pending) != remaining:
            remaining, progress_at = len(pending), clock.monotonic()
        elif clock.monotonic() - progress_at > patience:
            raise DeadlineExceeded(
                f"the process that scans {cluster} did not list it again", f"no progress for {patience:g} s", "k8sconsole cache status"
            )
        await asyncio.sleep(_POLL_EVERY)


def _is_pending(state: ScanState, requested_at: float) -> bool:
    """Whether the list is still to come. Kinds that failed before do not count: a forbidden one is tried at its own interval."""
    return state.status in (ScanStatus.RUNNING, ScanStatus.COMPLETED) and (state.last_scan_at or 0.0) < requested_at


def _kind_report(state: ScanState) -> KindReport:
    forbidden = any(reason.startswith(f"{state.resource}: ") for reason in state.missing)
    error = "" if forbidden else state.error
    return KindReport(state.cluster, state.resource, state.record_count, seconds=state.seconds, error=error, missing=state.missing)
