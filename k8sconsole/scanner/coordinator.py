"""All clusters: who is scanned, by whom, and the cleaning in between. One cluster's failure is recorded and the others go on."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

from k8sconsole.errors import ConsoleError, StoreError, UsageError
from k8sconsole.kit.clock import Clock, ClockWatch
from k8sconsole.model.events import Notice
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.scanner.cluster_scanner import ClusterScanner
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.scanner.reflector.partial_refresh import Part
from k8sconsole.scanner.reflector.watcher import end_all
from k8sconsole.scanner.reports import KindReport, Publish
from k8sconsole.scanner.sharing import rescan_requests as requests
from k8sconsole.scanner.sharing.follower import Onlooker
from k8sconsole.scanner.sharing.lease import ScanLease
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.store.port import Store

_STORE_PAUSE = 2.0
"""Seconds before a cluster is served again after the store could not be written."""

_HOLDER_MISSED_WITHIN = 1.0
"""Seconds between two looks whether whoever holds a lease has died without giving it back."""


class ScanCoordinator:
    """publish receives RowsChanged, ScanCompleted, ClusterState, ResourcesDiscovered and Notice facts, on the loop that runs this.

    Belongs to that one loop. Close it before the store."""

    def __init__(self, store: Store, *, plan: ScanPlan, clock: Clock, publish: Publish) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._store = store
        self._plan = plan
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._publish = publish
        # One thread: decoding holds the interpreter, and a second thread would only take turns with it and with the loop.
        self._parsers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scan-parser")
        self._scanners: dict[ClusterName, ClusterScanner] = {}
        self._tasks: dict[ClusterName, asyncio.Task[None]] = {}
        self._at_work: set[ClusterName] = set()
        self._focused: dict[ClusterName, ResourceName | None] = {}
        self._cleaner: asyncio.Task[None] | None = None

    async def scan_once(self, source: ResourceSource, home: str = "", kinds: frozenset[ResourceName] = frozenset()) -> list[KindReport]:
        """Every kind of a cluster, or these, once. Where another process holds the cluster's lease, it is asked to list anew, and what it
        found is reported. Raises what keeps the cluster from being asked at all."""
        lease = ScanLease(self._store, source.name, self.holder)
        found = None if await lease.take() else await self._asked_of_the_holder(lease, source.name)
        if found is None:
            return await lease.during(self._scanner(source, home).scan_once(kinds))
        return [report for report in found if not kinds or report.resource in kinds]

    def start(self, source: ResourceSource, home: str = "") -> None:
        """Scans this cluster from now on, or looks on while another process does. home: the context's own namespace."""
        if source.name in self._tasks:
            return
        scanner = self._scanners[source.name] = self._scanner(source, home)
        scanner.focus(self._focused.get(source.name))
        self._tasks[source.name] = asyncio.create_task(self._serve(scanner, source.name), name=f"scan {source.name}")
        if self._cleaner is None:
            self._cleaner = asyncio.create_task(self._keep_clean(), name="clean the cache")

    async def stop(self, cluster: ClusterName) -> None:
        self._scanners.pop(cluster, None)
        task = self._tasks.pop(cluster, None)
        if task is not None:
            await end_all([task])

    async def close(self) -> None:
        await end_all([*self._tasks.values(), *([self._cleaner] if self._cleaner else [])])
        self._tasks.clear()
        self._scanners.clear()
        self._cleaner = None
        await asyncio.to_thread(self._parsers.shutdown)

    def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None:
        """What the user looks at is listed first, also where the scan has yet to begin: a table out of the cache stands before it."""
        self._focused[cluster] = resource
        if cluster in self._scanners:
            self._scanners[cluster].focus(resource)

    def scans(self, cluster: ClusterName) -> bool:
        """Whether this process scans it, or looks on while another does."""
        return cluster in self._scanners

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> list[KindReport]:
        """Lists one kind or all anew and tells what came of it; where this process only looks on, by asking the one that scans. Raises
        UsageError for a cluster that was never begun here, DeadlineExceeded where the other process does not do it."""
        if not self.scans(cluster):
            raise UsageError(f"{cluster} is not being scanned by this process", "", "k8sconsole scan --once")
        if cluster not in self._at_work:
            found = await self._asked_of_the_holder(ScanLease(self._store, cluster, self.holder), cluster)
            if found is not None:
                return [report for report in found if resource in (None, report.resource)]
        return await self._scanners[cluster].refresh(resource)

    async def read_parts(self, source: ResourceSource, home: str, parts: Sequence[Part]) -> list[KindReport]:
        """Parts of kinds, read and written by this process, whoever holds the cluster's lease: what the holder's watch has written
        meanwhile is left as it is. Raises what keeps the cluster from being asked, and NotFound for an object that nobody knows."""
        scanner = self._scanners.get(source.name) or self._scanner(source, home)
        return await scanner.read_parts(parts)

    async def _asked_of_the_holder(self, lease: ScanLease, cluster: ClusterName) -> list[KindReport] | None:
        """What the process that scans the cluster found; None when it has died, and the lease is ours."""
        asked = asyncio.create_task(requests.ask(self._store, cluster, self._clock, self._plan.timeout))
        try:
            while not (await asyncio.wait([asked], timeout=_HOLDER_MISSED_WITHIN))[0]:
                if await lease.take():
                    return None
            return asked.result()
        finally:
            await end_all([asked])

    def _scanner(self, source: ResourceSource, home: str) -> ClusterScanner:
        return ClusterScanner(
            source, self._store, clock=self._clock, plan=self._plan, publish=self._publish, parsers=self._parsers, home=home
        )

    async def _serve(self, scanner: ClusterScanner, cluster: ClusterName) -> None:
        """For ever. A store that fails is told once and tried again: it may have been locked, or full, and be well now."""
        lease = ScanLease(self._store, cluster, self.holder)
        onlooker = Onlooker(self._store, cluster, self._publish)
        while True:
            try:
                await lease.serve(partial(self._scan, scanner, cluster), onlooker.look_on)
            except ConsoleError as error:
                self._publish(Notice(error.title, error.detail, "error"))
                await asyncio.sleep(_STORE_PAUSE)

    async def _scan(self, scanner: ClusterScanner, cluster: ClusterName) -> None:
        answering = asyncio.create_task(requests.answer(self._store, cluster, scanner))
        self._at_work.add(cluster)
        try:
            await scanner.run()
        finally:
            self._at_work.discard(cluster)
            await end_all([answering])

    async def _keep_clean(self) -> None:
        while True:
            await asyncio.sleep(self._plan.cleanup_interval)
            with contextlib.suppress(StoreError):  # the next round tries again, and whoever writes says what is wrong
                await self._store.clean(self._watch.careful())
