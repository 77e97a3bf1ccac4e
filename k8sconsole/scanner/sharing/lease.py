"""The lease by which exactly one process scans a cluster: its holder scans and renews it, the others follow and are ready to take over."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from k8sconsole.errors import StoreError
from k8sconsole.model.refs import ClusterName
from k8sconsole.scanner.context import cancel_all
from k8sconsole.store.port import Store

_TTL = 10.0
_RENEW_EVERY = 2.5
"""Seconds: three renewals may be missed before another process takes over."""

T = TypeVar("T")

Role = Callable[[], Awaitable[None]]
"""What a process does as holder or as follower. It runs until it is cancelled."""


class ScanLease:
    """holder: a name that no other process has. Its methods raise StoreError when the lease cannot be written."""

    def __init__(self, store: Store, cluster: ClusterName, holder: str) -> None:
        self.name = f"scan:{cluster}"
        self._store = store
        self._holder = holder

    async def acquire(self) -> bool:
        """Acquires or renews the lease. Returns False when another process holds it."""
        return await self._store.sharing.take_lease(self.name, self._holder, _TTL) == self._holder

    async def hold_during(self, work: Awaitable[T]) -> T:
        """Renews the lease, which must be held, until ``work`` is done; then releases it."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_RENEW_EVERY)
                await self.acquire()
            return task.result()
        finally:
            task.cancel()
            await self._release()

    async def serve(self, scan: Role, follow: Role) -> None:
        """Runs ``scan`` while this process holds the lease and ``follow`` while another does. Ends with what a role raises."""
        try:
            while True:
                held = await self.acquire()
                await self._run_until_holder_changes(held, scan if held else follow)
        finally:
            await self._release()

    async def _release(self) -> None:
        """Raises nothing: a lease that cannot be released expires, and an error here would replace a cancellation."""
        with contextlib.suppress(StoreError):
            await self._store.sharing.release_lease(self.name, self._holder)

    async def _run_until_holder_changes(self, held: bool, role: Role) -> None:
        task = asyncio.ensure_future(role())
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_RENEW_EVERY)
                if not task.done() and await self.acquire() != held:
                    return
            task.result()
        finally:
            await cancel_all([task])
