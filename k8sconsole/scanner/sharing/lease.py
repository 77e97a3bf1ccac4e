"""Exactly one process scans a cluster: who holds the lease scans and keeps renewing it, the others look on and are ready to take over."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from k8sconsole.errors import StoreError
from k8sconsole.model.refs import ClusterName
from k8sconsole.store.port import Store

_TTL = 10.0
_HEARTBEAT = 2.5
"""Seconds: three beats may be missed before somebody else takes over."""

T = TypeVar("T")

Duty = Callable[[], Awaitable[None]]
"""Runs until it is cancelled."""


class ScanLease:
    """holder: a name no other process has. Raises StoreError where the lease cannot be written."""

    def __init__(self, store: Store, cluster: ClusterName, holder: str) -> None:
        self.name = f"scan:{cluster}"
        self._store = store
        self._holder = holder

    async def take(self) -> bool:
        return await self._store.take_lease(self.name, self._holder, _TTL) == self._holder

    async def during(self, work: Awaitable[T]) -> T:
        """Renews the lease, which must be held, until ``work`` is done; then gives it back."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_HEARTBEAT)
                await self.take()
            return task.result()
        finally:
            task.cancel()
            await self._give_back()

    async def serve(self, scan: Duty, look_on: Duty) -> None:
        """For ever: ``scan`` while the lease is held, ``look_on`` while it is another's. Ends with what a duty raises."""
        try:
            while True:
                held = await self.take()
                await self._until_it_changes(held, scan if held else look_on)
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        """A lease that cannot be given back runs out by itself; told as an error, it would stand in the place of a cancellation."""
        with contextlib.suppress(StoreError):
            await self._store.drop_lease(self.name, self._holder)

    async def _until_it_changes(self, held: bool, duty: Duty) -> None:
        task = asyncio.ensure_future(duty())
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_HEARTBEAT)
                if not task.done() and await self.take() != held:
                    return
            task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
