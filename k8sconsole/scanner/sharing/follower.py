"""For a cluster that another process scans: its rows are told here as they appear in the shared file."""

import asyncio

from k8sconsole.errors import StoreError
from k8sconsole.model.events import ClusterState, RowsChanged, Trust
from k8sconsole.model.refs import ClusterName
from k8sconsole.scanner.reports import Publish
from k8sconsole.store.port import ScanState, Store

_LOOK_EVERY = 0.5
_STATE_EVERY_LOOKS = 4


class Onlooker:
    def __init__(self, store: Store, cluster: ClusterName, publish: Publish) -> None:
        self._store = store
        self._cluster = cluster
        self._publish = publish
        self._revision = 0
        self._told: ClusterState | None = None

    async def look_on(self) -> None:
        """For ever, until cancelled. Raises nothing that the next look may not mend."""
        self._revision = await self._store.revision()
        looks = 0
        while True:
            try:
                await self._tell_rows()
                if looks % _STATE_EVERY_LOOKS == 0:
                    await self._tell_state()
            except StoreError:
                self._told = None  # told again when the file can be read again
            looks += 1
            await asyncio.sleep(_LOOK_EVERY)

    async def _tell_rows(self) -> None:
        revision = await self._store.revision()
        if revision == self._revision:
            return
        for cluster, resource, newest in await self._store.changes(self._revision):
            if cluster == self._cluster:
                self._publish(RowsChanged(cluster, resource, newest))
        self._revision = revision

    async def _tell_state(self) -> None:
        versions = {record.name: record.version for record in await self._store.clusters()}
        state = _state(self._cluster, versions.get(self._cluster, ""), await self._store.scan_states(self._cluster))
        if self._told is None or (state.trust, state.detail, state.missing) != (self._told.trust, self._told.detail, self._told.missing):
            self._told = state
            self._publish(state)


def _state(cluster: ClusterName, version: str, states: list[ScanState]) -> ClusterState:
    """What the scanning process last wrote about the cluster, in one word."""
    seen = max((state.confirmed_at for state in states if state.confirmed_at is not None), default=None)
    missing = tuple(reason for state in states for reason in state.missing)
    if any(state.watching for state in states):
        trust, detail = (Trust.PARTIAL if missing else Trust.LIVE), ""
    else:
        detail = next((state.error for state in states if state.error), "")
        trust = Trust.LOST if detail else Trust.CONNECTING
    return ClusterState(cluster, trust, detail, version, seen, missing=missing)
