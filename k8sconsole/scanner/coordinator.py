"""Scans all clusters: decides which of them this process scans, and cleans the cache between scans.

The failure of one cluster is recorded; the others continue.
"""

import asyncio
import contextlib
import os
import socket
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

from k8sconsole.errors import ConsoleError, StoreError, UsageError
from k8sconsole.kit.clock import Clock, ClockWatch
from k8sconsole.kit.descriptors import descriptor_limit
from k8sconsole.model.events import Notice
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.scanner.cluster_scanner import ClusterScanner
from k8sconsole.scanner.context import KindReport, ListLocks, Publish, cancel_all
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.scanner.reflector.partial_refresh import RefreshTarget
from k8sconsole.scanner.sharing.follower import Follower
from k8sconsole.scanner.sharing.lease import ScanLease
from k8sconsole.scanner.sharing.rescan_requests import request_rescan, serve_requests
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.store.port import Store

_STORE_RETRY = 2.0
"""Seconds before a cluster is served again after the store could not be written."""

_LEAST_WATCHES = 4

_LEASE_CHECK_EVERY = 1.0
"""Seconds between two checks whether the lease has expired because its holder died."""


class ScanCoordinator:
    """Runs the scanners of all clusters. Belongs to one loop. Close it before the store.

    publish: receives RowsChanged, ScanCompleted, ClusterState, ResourcesDiscovered and Notice facts, on the loop.
    """

    def __init__(self, store: Store, *, plan: ScanPlan, clock: Clock, publish: Publish) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._store = store
        self._plan = plan
        self._clock = clock
        self._clock_watch = ClockWatch(clock)
        self._publish = publish
        # One thread: decoding holds the interpreter lock, and a second thread would only compete with it and with the loop.
        self._parsers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scan-parser")
        self._scanners: dict[ClusterName, ClusterScanner] = {}
        self._tasks: dict[ClusterName, asyncio.Task[None]] = {}
        self._scanning: set[ClusterName] = set()
        self._focused: dict[ClusterName, ResourceName | None] = {}
        self._cleaner: asyncio.Task[None] | None = None
        self._list_locks = ListLocks(asyncio.Lock)
        self._single_scans = defaultdict[ClusterName, asyncio.Lock](asyncio.Lock)

    async def scan_once(self, source: ResourceSource, home: str = "", kinds: frozenset[ResourceName] = frozenset()) -> list[KindReport]:
        """Lists every kind of a cluster, or only these, once.

        When another process holds the cluster's lease, that process lists again and its reports are returned. Raises what prevents
        every request to the cluster.
        """
        async with self._single_scans[source.name]:  # the end of one scan must not release the lease of another
            lease = ScanLease(self._store, source.name, self.holder)
            reports = None if await lease.acquire() else await self._request_rescan(lease, source.name)
            if reports is None:
                return await lease.hold_during(self._new_scanner(source, home).scan_once(kinds))
        return [report for report in reports if not kinds or report.resource in kinds]

    def start(self, source: ResourceSource, home: str = "") -> None:
        """Scans this cluster from now on, or follows it while another process scans. home: the context's own namespace."""
        if source.name in self._tasks:
            return
        scanner = self._scanners[source.name] = self._new_scanner(source, home)
        scanner.focus(self._focused.get(source.name))
        self._share_descriptors()
        self._tasks[source.name] = asyncio.create_task(self._serve(scanner, source.name), name=f"scan {source.name}")
        if self._cleaner is None:
            self._cleaner = asyncio.create_task(self._clean_regularly(), name="clean the cache")

    async def stop(self, cluster: ClusterName) -> None:
        if self._scanners.pop(cluster, None):
            self._share_descriptors()
        task = self._tasks.pop(cluster, None)
        if task is not None:
            await cancel_all([task])

    async def close(self) -> None:
        await cancel_all([*self._tasks.values(), *([self._cleaner] if self._cleaner else [])])
        self._tasks.clear()
        self._scanners.clear()
        self._cleaner = None
        await asyncio.to_thread(self._parsers.shutdown)

    def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None:
        """Lists the kind on the screen first. It may be called before the scan starts, since the screen shows cached rows."""
        self._focused[cluster] = resource
        if cluster in self._scanners:
            self._scanners[cluster].focus(resource)

    def is_started(self, cluster: ClusterName) -> bool:
        """Whether this process scans the cluster, or follows it while another does."""
        return cluster in self._scanners

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> list[KindReport]:
        """Lists one kind, or all, again and returns the reports. When another process scans the cluster, it is asked to list.

        Raises UsageError for a cluster that was not started here, what prevents every request to the cluster, NotFound for a kind that it
        does not serve, and DeadlineExceeded when the other process does not list.
        """
        if not self.is_started(cluster):
            raise UsageError(f"{cluster} cannot be refreshed", "this process does not scan it", "k8sconsole scan --once")
        if cluster not in self._scanning:
            await self._scanners[cluster].check()
            reports = await self._request_rescan(ScanLease(self._store, cluster, self.holder), cluster)
            if reports is not None:
                return [report for report in reports if resource in (None, report.resource)]
        return await self._scanners[cluster].refresh(resource)

    async def refresh_targets(self, source: ResourceSource, home: str, targets: Sequence[RefreshTarget]) -> list[KindReport]:
        """Refreshes parts of kinds in this process, whichever process holds the lease. What the holder's watch writes meanwhile wins.

        Raises what prevents every request to the cluster, and NotFound for an object that neither cluster nor cache has.
        """
        scanner = self._scanners.get(source.name) or self._new_scanner(source, home)
        return await scanner.refresh_targets(targets)

    async def _request_rescan(self, lease: ScanLease, cluster: ClusterName) -> list[KindReport] | None:
        """Returns the reports of the process that scans the cluster; None when it died and this process now holds the lease."""
        rescan = asyncio.create_task(request_rescan(self._store, cluster, self._clock, self._plan.timeout))
        try:
            while not (await asyncio.wait([rescan], timeout=_LEASE_CHECK_EVERY))[0]:
                if await lease.acquire():
                    return None
            return rescan.result()
        finally:
            await cancel_all([rescan])

    def _share_descriptors(self) -> None:
        """Half of the open files that this process may have are for watches, in equal parts for each cluster."""
        share = descriptor_limit() // 2 // max(1, len(self._scanners))
        for scanner in self._scanners.values():
            scanner.limit_watches(max(_LEAST_WATCHES, min(self._plan.watches, share)))

    def _new_scanner(self, source: ResourceSource, home: str) -> ClusterScanner:
        return ClusterScanner(
            source, self._store, clock=self._clock, plan=self._plan, publish=self._publish, parsers=self._parsers, home=home,
            list_locks=self._list_locks,
        )  # fmt: skip

    async def _serve(self, scanner: ClusterScanner, cluster: ClusterName) -> None:
        """Scans or follows until cancelled. A failure of the store is published and retried: it may only be locked or full for now."""
        lease = ScanLease(self._store, cluster, self.holder)
        follower = Follower(self._store, cluster, self._publish)
        while True:
            try:
                await lease.serve(partial(self._scan, scanner, cluster), follower.follow)
            except ConsoleError as error:
                self._publish(Notice(error.title, error.detail, "error"))
                await asyncio.sleep(_STORE_RETRY)

    async def _scan(self, scanner: ClusterScanner, cluster: ClusterName) -> None:
        requests = asyncio.create_task(serve_requests(self._store, cluster, scanner))
        self._scanning.add(cluster)
        try:
            await scanner.run()
        finally:
            self._scanning.discard(cluster)
            await cancel_all([requests])

    async def _clean_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._plan.cleanup_interval)
            with contextlib.suppress(StoreError):  # the next round tries again, and other writers report the failure
                await self._store.clean(self._clock_watch.cautious_now())
