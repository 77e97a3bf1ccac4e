"""Records in the cache that a cluster does not answer.

Without these records the last scan would still look complete, and a cluster that never answered would not be listed at all.
"""

import asyncio
import contextlib
from collections.abc import Container

import msgspec

from k8sconsole.errors import ConsoleError, StoreError
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.store.port import ScanState, ScanStatus, Store

_COMMON_KINDS = tuple(ResourceName(name) for name in ("namespaces", "nodes", "pods", "services"))
"""Kinds that every cluster has: they are recorded as failed even before the first discovery."""


class UnreachableRecorder:
    """Records one cluster as unreachable. Belongs to one loop.

    reflected: kinds that have a reflector; each reflector records its own state.
    """

    def __init__(self, store: Store, cluster: ClusterName, reflected: Container[ResourceName]) -> None:
        self._store = store
        self._cluster = cluster
        self._reflected = reflected
        self._failure: tuple[str, float | None] | None = None
        self._failed = asyncio.Event()

    def mark_unreachable(self, error: ConsoleError, retry_at: float | None = None) -> None:
        self._failure = (str(error), retry_at)
        self._failed.set()

    def mark_reachable(self) -> None:
        self._failure = None

    async def run(self) -> None:
        """Records every failure until cancelled."""
        while True:
            await self._failed.wait()
            self._failed.clear()
            await self.record()

    async def record(self) -> None:
        """Writes the failure to the scan state of every kind without a reflector, once per reason.

        Raises nothing: after a StoreError, the next failed probe writes again.
        """
        if self._failure is None:
            return
        with contextlib.suppress(StoreError):
            for state in await self._failed_states(*self._failure):
                await self._store.metadata.record_scan(state)

    async def _failed_states(self, error: str, retry_at: float | None) -> list[ScanState]:
        known = {state.resource: state for state in await self._store.metadata.scan_states(self._cluster)}
        common = {name: ScanState(self._cluster, name, ScanStatus.PENDING) for name in _COMMON_KINDS}
        return [
            msgspec.structs.replace(state, status=ScanStatus.FAILED, error=error, watching=False, poll_interval=0.0, next_scan_at=retry_at)
            for name, state in {**common, **known}.items()
            if name not in self._reflected and (state.status, state.error) != (ScanStatus.FAILED, error)
        ]
