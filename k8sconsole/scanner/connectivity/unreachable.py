"""What the cache says of the kinds of a cluster that does not answer. Left alone, its last scan would go on looking complete, and a cluster
that never answered would not be mentioned at all."""

import asyncio
import contextlib
from collections.abc import Container

import msgspec

from k8sconsole.errors import ConsoleError, StoreError
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.store.port import ScanState, ScanStatus, Store

_COMMON = tuple(ResourceName(name) for name in ("namespaces", "nodes", "pods", "services"))
"""What can be said to be missing before anybody has told which kinds there are."""


class Silence:
    """Of one cluster. kept: the kinds whose keepers speak for themselves. Belongs to one loop."""

    def __init__(self, store: Store, cluster: ClusterName, kept: Container[ResourceName]) -> None:
        self._store = store
        self._cluster = cluster
        self._kept = kept
        self._why: tuple[str, float | None] | None = None
        self._fell = asyncio.Event()

    def begins(self, error: ConsoleError, retry_at: float | None = None) -> None:
        self._why = (str(error), retry_at)
        self._fell.set()

    def ends(self) -> None:
        self._why = None

    async def keep_noting(self) -> None:
        """For ever, until cancelled."""
        while True:
            await self._fell.wait()
            self._fell.clear()
            await self.note()

    async def note(self) -> None:
        """In the state of every kind that is not kept, once for each reason. Raises nothing: the next attempt to reach it tries again."""
        if self._why is None:
            return
        with contextlib.suppress(StoreError):
            for state in await self._states():
                await self._store.record_scan(state)

    async def _states(self) -> list[ScanState]:
        why, retry_at = self._why or ("", None)
        known = {state.resource: state for state in await self._store.scan_states(self._cluster)}
        common = {name: ScanState(self._cluster, name, ScanStatus.PENDING) for name in _COMMON}
        return [
            msgspec.structs.replace(state, status=ScanStatus.FAILED, error=why, watching=False, next_scan_at=retry_at)
            for name, state in {**common, **known}.items()
            if name not in self._kept and (state.status, state.error) != (ScanStatus.FAILED, why)
        ]
