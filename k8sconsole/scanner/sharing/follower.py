"""Publishes the rows of a cluster that another process scans, as they appear in the shared cache file."""

import asyncio

from k8sconsole.errors import StoreError
from k8sconsole.model.events import ClusterState, ConnectionState, RowsChanged
from k8sconsole.model.refs import ClusterName
from k8sconsole.scanner.context import Publish
from k8sconsole.store.port import ClusterRecord, ScanState, Store

_POLL_EVERY = 0.5
_STATE_EVERY_POLLS = 4


class Follower:
    """Follows one cluster's rows and scan states in the store. Belongs to one loop."""

    def __init__(self, store: Store, cluster: ClusterName, publish: Publish) -> None:
        self._store = store
        self._cluster = cluster
        self._publish = publish
        self._revision = 0
        self._published: ClusterState | None = None

    async def follow(self) -> None:
        """Polls until cancelled. After a StoreError it polls again."""
        self._revision = await self._store.objects.revision()
        polls = 0
        while True:
            try:
                await self._publish_rows()
                if polls % _STATE_EVERY_POLLS == 0:
                    await self._publish_state()
            except StoreError:
                self._published = None  # published again when the file can be read again
            polls += 1
            await asyncio.sleep(_POLL_EVERY)

    async def _publish_rows(self) -> None:
        revision = await self._store.objects.revision()
        if revision == self._revision:
            return
        for cluster, resource, newest in await self._store.objects.changed_kinds(self._revision):
            if cluster == self._cluster:
                self._publish(RowsChanged(cluster, resource, newest))
        self._revision = revision

    async def _publish_state(self) -> None:
        record = next((one for one in await self._store.metadata.clusters() if one.name == self._cluster), None)
        state = _cluster_state(self._cluster, record, await self._store.metadata.scan_states(self._cluster))
        last = self._published
        if last is None or _essence(state) != _essence(last):
            self._published = state
            self._publish(state)


def _essence(state: ClusterState) -> tuple[object, ...]:
    """What a person must learn when it changes."""
    return state.connection, state.detail, state.missing, state.clock_skew, state.in_turns


def _cluster_state(cluster: ClusterName, record: ClusterRecord | None, states: list[ScanState]) -> ClusterState:
    """Sums up the scan states that the scanning process has written."""
    seen_at = max((state.confirmed_at for state in states if state.confirmed_at is not None), default=None)
    silent = sorted(record.silent_groups.items()) if record else []
    missing = (*(f"{group}: {why}" for group, why in silent), *(reason for state in states for reason in state.missing))
    version, skew = (record.version, record.clock_skew) if record else ("", 0.0)
    if any(state.watching for state in states):
        trust, detail = (ConnectionState.PARTIAL if missing else ConnectionState.LIVE), ""
    else:
        detail = next((state.error for state in states if state.error), "")
        trust = ConnectionState.LOST if detail else ConnectionState.CONNECTING
    intervals = [state.poll_interval for state in states if state.poll_interval]
    slowest = max(intervals, default=0.0)
    return ClusterState(
        cluster, trust, detail, version, seen_at, missing=missing, clock_skew=skew, in_turns=len(intervals), poll_interval=slowest
    )
