"""Scans one cluster: discovers its kinds and runs a reflector for each of them."""

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import msgspec

from k8sconsole.cluster.port import Discovery, ServerVersion
from k8sconsole.errors import ConsoleError, DeadlineExceeded, NotFound, OutOfFiles, StoreError, Unavailable
from k8sconsole.kit.clock import Clock
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.events import ClusterState, ConnectionState, Notice, ResourcesDiscovered, RowsChanged, ScanCompleted
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.model.resources import is_served_apart
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.scanner.connectivity.cluster_identity import drop_rows_of_other_cluster
from k8sconsole.scanner.connectivity.health import ClusterHealth
from k8sconsole.scanner.connectivity.unreachable import UnreachableRecorder
from k8sconsole.scanner.context import KindReport, ListLocks, Publish, ScanContext, cancel_all
from k8sconsole.scanner.list_limiter import ListLimiter
from k8sconsole.scanner.plan import ScanPlan, is_read, urgency
from k8sconsole.scanner.reflector.accessible_namespaces import NAMESPACES
from k8sconsole.scanner.reflector.partial_refresh import RefreshTarget
from k8sconsole.scanner.reflector.pool import DEFINITIONS, ReflectorPool
from k8sconsole.scanner.reflector.reflector import Reflector
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.scanner.watch_slots import WatchSlots
from k8sconsole.store.port import ClusterRecord, ScanStatus, Store

_NODES = ResourceName("nodes")
_DISCOVERY_DELAY = 1.0
"""Seconds between a definition's change and the next discovery: the server needs a moment, and changes come in groups."""

_NEW_KIND_WITHIN = 5.0
"""Seconds that a refresh of an unknown kind waits for another discovery."""
_SLOTS_SETTLE = 0.5

_FILES_RETRY, _FILES_SETTLE = 5.0, 20.0
"""Seconds before a further shortage of open files reduces the watches again, and before a shortage counts as over."""
_OPEN_FILES = "open files"

_MAX_ABSENCES = 4
_ABSENCE_INTERVAL = 2.0
"""A kind counts as unserved after so many absences, so many seconds apart. An API server that has just started serves custom kinds a
moment later than the rest, and their rows must survive that."""


@dataclass
class _DiscoveryProgress:
    """finished: set once a discovery has succeeded or failed. failure: of the last one, None where it succeeded.

    silent_groups: API groups that did not answer the last one, as ``group/version``, with the reason. absences: how often each kind was
    not served lately. version_changed: kinds whose rows must be laid out again.
    """

    finished: asyncio.Event = field(default_factory=asyncio.Event)
    failure: ConsoleError | None = None
    silent_groups: dict[str, str] = field(default_factory=dict)
    absences: dict[ResourceName, int] = field(default_factory=dict)
    version_changed: set[ResourceName] = field(default_factory=set)


class ClusterScanner:
    """Scans one cluster. Belongs to one loop.

    publish: called on the loop. home: the context's own namespace, which is read when no list of namespaces is permitted.
    list_locks: shared with the other scanners of this process.
    """

    def __init__(
        self,
        source: ResourceSource,
        store: Store,
        *,
        clock: Clock,
        plan: ScanPlan,
        publish: Publish,
        parsers: Executor,
        home: str = "",
        list_locks: ListLocks | None = None,
    ) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._plan = plan
        self._publish = publish
        self._focused: frozenset[ResourceName] = frozenset()
        limiter = ListLimiter(plan.concurrency, lambda resource: urgency(resource, self._focused))
        self._health = self._new_health(source, clock, limiter)
        self._slots_changed = asyncio.Event()
        self._out_of_files = asyncio.Event()
        self._slots = WatchSlots(plan.watches, clock.monotonic, self._slots_changed.set)
        self._context = ScanContext(
            source, store, clock, plan, parsers, limiter, self._slots, self._health, home,
            self._on_rows_changed, self._on_list_finished, self._on_out_of_files,
            ListLocks(asyncio.Lock) if list_locks is None else list_locks,
        )  # fmt: skip
        self._pool = ReflectorPool(self._context)
        self._unreachable = UnreachableRecorder(store, source.name, self._pool.reflectors)
        self._definitions_changed = asyncio.Event()
        self._nodes_changed = asyncio.Event()
        self._state = ClusterState(source.name, ConnectionState.CONNECTING, watched=source.watches)
        self._missing: dict[str, tuple[str, ...]] = {}
        self._discovery = _DiscoveryProgress()

    def _new_health(self, source: ResourceSource, clock: Clock, limiter: ListLimiter) -> ClusterHealth:
        return ClusterHealth(
            source,
            clock,
            on_unreachable=self._on_unreachable,
            on_reachable=self._on_reachable,
            on_out_of_files=self._on_out_of_files,
            is_focused=lambda: bool(self._focused) and not limiter.slots_in_use,
            check_identity=self._check_identity,
        )

    def focus(self, resource: ResourceName | None) -> None:
        """Lists this kind first, because it is on the screen."""
        self._focused = frozenset([resource] if resource else [])
        self._slots.focus(self._focused)

    def limit_watches(self, connections: int) -> None:
        """At most so many connections for watches from now on."""
        self._slots.resize(connections)

    async def refresh(self, resource: ResourceName | None = None) -> list[KindReport]:
        """Lists one kind, or all of them, again, and returns the reports. ``run`` must be running.

        Raises what prevents every request to the cluster, what discovery raised, and NotFound for a kind that the cluster does not serve.
        """
        await self._health.check()
        await self._wait_for_discovery(self._plan.timeout)
        if resource is not None and resource not in self._pool.reflectors:  # the kind may be new
            self._discovery.finished.clear()
            self._definitions_changed.set()
            await self._wait_for_discovery(_NEW_KIND_WITHIN)
        reflectors = [reflector for name, reflector in self._pool.reflectors.items() if resource in (None, name)]
        if not reflectors:
            raise NotFound(f"{resource} cannot be refreshed", f"{self._source.name} does not serve this kind", "kubectl api-resources")
        return list(await asyncio.gather(*(reflector.refresh() for reflector in reflectors)))

    async def check(self) -> None:
        """Raises what prevents every request to the cluster."""
        await self._health.check()

    async def _wait_for_discovery(self, within: float) -> None:
        """Returns when the kinds are known and reflected. Raises the error of a failed discovery, or DeadlineExceeded."""
        try:
            async with asyncio.timeout(within):
                await self._discovery.finished.wait()
        except TimeoutError as error:
            why = f"its kinds are not known after {within:g} s"
            raise DeadlineExceeded(f"{self._source.name} cannot be refreshed", why, "k8sconsole doctor") from error
        if self._discovery.failure is not None:
            raise self._discovery.failure

    async def refresh_targets(self, targets: Sequence[RefreshTarget]) -> list[KindReport]:
        """Refreshes parts of kinds, whether or not any process scans the cluster.

        An error of a namespace's list is in its report; an error of a single object is raised.
        """
        await self._check_identity(await self._source.identity())
        return list(await asyncio.gather(*(self._pool.refresh_target(target) for target in targets)))

    async def scan_once(self, kinds: frozenset[ResourceName] = frozenset()) -> list[KindReport]:
        """Lists every kind, or only these, once.

        Raises what prevents every request to the cluster. The failure of one kind is in its report.
        """
        self._publish_state(connection=ConnectionState.CONNECTING)
        try:
            self._on_reachable(await self._health.connect())
        except ConsoleError as error:
            self._unreachable.mark_unreachable(error)
            await self._unreachable.record()
            raise
        found = await self._discover_until_stable()
        await self._relayout_changed_versions()
        await self._delete_unserved(found)
        selected = [resource for resource in _listable(found) if not kinds or resource.name in kinds]
        recorded = {state.resource: state for state in await self._store.metadata.scan_states(self._source.name)}
        reflectors = [Reflector(self._context, resource, recorded.get(resource.name)) for resource in selected]
        # Definitions hold the columns of custom kinds, so they are listed first.
        reflectors.sort(key=lambda reflector: reflector.resource.name != DEFINITIONS)
        reports = [await reflector.list_once() for reflector in reflectors[:1]]
        reports += await asyncio.gather(*(reflector.list_once() for reflector in reflectors[1:]))
        await self._record_cluster()
        return sorted(reports, key=lambda report: report.resource)

    async def run(self) -> None:
        """Scans and watches until cancelled. Every failure is published and retried."""
        await self._load_clock_skew()
        self._publish_state(connection=ConnectionState.CONNECTING)
        works = (
            self._health.run_probes(),
            self._count_nodes(),
            self._unreachable.run(),
            self._publish_turns(),
            self._withdraw_out_of_files(),
        )
        background = [asyncio.create_task(work) for work in works]
        backoff = Backoff(self._clock)
        try:
            while True:
                await self._health.wait_until_reachable()
                try:
                    await self._reflect(await self._discover())
                except ConsoleError as error:
                    await self._handle_discovery_failure(error, backoff.next())
                    continue
                backoff.reset()
                await self._wait_for_next_discovery()
        finally:
            await self._pool.close()
            await cancel_all(background)

    async def _load_clock_skew(self) -> None:
        """Takes the recorded skew until the server answers."""
        with contextlib.suppress(StoreError):
            records = {record.name: record for record in await self._store.metadata.clusters()}
            if self._source.name in records:
                self._state = msgspec.structs.replace(self._state, clock_skew=records[self._source.name].clock_skew)

    @property
    def _clock_skew(self) -> float:
        """As measured, else as recorded."""
        measured = self._source.clock_skew
        return self._state.clock_skew if measured is None else measured

    async def _check_identity(self, identity: ClusterIdentity) -> None:
        if await drop_rows_of_other_cluster(self._store, self._source.name, identity):
            detail = "cached data of the previous cluster is hidden; its history is kept"
            self._publish(Notice(f"{self._source.name} leads to another cluster now", detail, "warning"))
            for reflector in self._pool.reflectors.values():
                reflector.request_relist()

    async def _reflect(self, found: Discovery) -> None:
        await self._pool.stop_except(_listable(found))
        await self._relayout_changed_versions()
        await self._delete_unserved(found)  # after the reflector has stopped: its last write would restore the rows
        await self._pool.start(_listable(found))
        self._discovery.failure = None
        self._discovery.finished.set()

    async def _discover_until_stable(self) -> Discovery:
        found = await self._discover()
        for _ in range(_MAX_ABSENCES):
            if not self._discovery.absences:
                break
            await asyncio.sleep(_ABSENCE_INTERVAL)
            found = await self._discover()
        return found

    async def _discover(self) -> Discovery:
        found = await self._add_recently_absent(await self._source.discover())
        self._discovery.silent_groups = dict(found.missing)
        await self._store.metadata.record_resources(self._source.name, found.resources)
        await self._record_cluster()
        served = {resource.name for resource in found.resources}
        self._missing = {name: reasons for name, reasons in self._missing.items() if name in served}
        self._missing |= {group: (f"{group}: {reason}",) for group, reason in found.missing.items()}
        self._publish(ResourcesDiscovered(self._source.name, len(found.resources)))
        self._publish_coverage()
        return found

    async def _add_recently_absent(self, found: Discovery) -> Discovery:
        """Adds kinds that are not served now, but were absent too few times to count as unserved."""
        known = {resource.name: resource for resource in await self._store.metadata.resources(self._source.name)}
        found = found.with_known(known.values())
        self._discovery.version_changed.update(each.name for each in found.resources if each.version != known.get(each.name, each).version)
        absent = [name for name in known if _is_unserved(name, found)]
        counts = {name: self._discovery.absences.get(name, 0) + 1 for name in absent}
        self._discovery.absences = {name: count for name, count in counts.items() if count < _MAX_ABSENCES}
        return msgspec.structs.replace(found, resources=[*found.resources, *(known[name] for name in self._discovery.absences)])

    async def _relayout_changed_versions(self) -> None:
        for name in tuple(self._discovery.version_changed):
            await self._store.objects.relayout(self._source.name, name)
            self._discovery.version_changed.discard(name)

    async def _delete_unserved(self, found: Discovery) -> None:
        """Deletes the cached rows of kinds that the cluster no longer serves. A kind whose group did not answer is kept."""
        states = await self._store.metadata.scan_states(self._source.name)
        scanned = {state.resource for state in states if state.status is not ScanStatus.PENDING}
        for name in scanned.union(await self._store.objects.counts(self._source.name)):
            if _is_unserved(name, found):
                await self._store.objects.delete(self._source.name, name)

    async def _handle_discovery_failure(self, error: ConsoleError, pause: float) -> None:
        self._discovery.failure = error
        self._discovery.finished.set()
        if isinstance(error, OutOfFiles):
            self._on_out_of_files(error)
        elif isinstance(error, Unavailable):
            self._health.suspect()
        else:
            self._publish_state(connection=ConnectionState.PARTIAL, detail=str(error), retry_at=self._clock.now() + pause)
        await asyncio.sleep(pause)

    async def _wait_for_next_discovery(self) -> None:
        """Returns when definitions have changed, or at the regular interval."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ABSENCE_INTERVAL if self._discovery.absences else self._plan.static_interval):
                await self._definitions_changed.wait()
                await asyncio.sleep(_DISCOVERY_DELAY)
        self._definitions_changed.clear()

    async def _count_nodes(self) -> None:
        while True:
            await self._nodes_changed.wait()
            self._nodes_changed.clear()
            with contextlib.suppress(StoreError):  # the next change of a node tries again
                await self._record_cluster()

    async def _publish_turns(self) -> None:
        while True:
            await self._slots_changed.wait()
            await asyncio.sleep(_SLOTS_SETTLE)  # at the start, hundreds of kinds join within a second
            self._slots_changed.clear()
            self._publish_state(in_turns=self._slots.in_turns, poll_interval=self._slots.interval if self._slots.in_turns else 0.0)

    async def _record_cluster(self) -> None:
        counts = await self._store.objects.counts(self._source.name)
        nodes, now = counts.get(_NODES, 0), self._clock.now()
        server, identity, skew = self._source.server, str(self._health.identity), self._clock_skew
        record = ClusterRecord(self._source.name, self._state.version, server, nodes, now, identity, skew, self._discovery.silent_groups)
        await self._store.metadata.record_cluster(record)

    def _on_rows_changed(self, resource: ResourceName, revision: int) -> None:
        self._publish(RowsChanged(self._source.name, resource, revision))
        if resource == DEFINITIONS:
            self._definitions_changed.set()
        elif resource == _NODES:
            self._nodes_changed.set()
        elif resource == NAMESPACES:
            self._pool.namespaces_changed()

    def _on_list_finished(self, report: KindReport) -> None:
        if self._state.clock_skew != self._clock_skew:
            self._publish_state()
            self._nodes_changed.set()  # records the cluster again, with its clock
        if self._is_group_in_doubt(report):
            self._definitions_changed.set()
        self._publish(ScanCompleted(report.cluster, report.resource, report.objects, report.seconds, report.error))
        if self._missing.get(report.resource, ()) != report.missing:
            self._missing[report.resource] = report.missing
            self._publish_coverage()

    def _is_group_in_doubt(self, report: KindReport) -> bool:
        """Whether the list contradicts the last discovery: it failed in a group that answered then, or succeeded in one that did not."""
        silent = report.resource.partition(".")[2] in {name.rpartition("/")[0] for name in self._discovery.silent_groups}
        return is_served_apart(report.resource) and bool(report.error) != silent

    def _on_reachable(self, version: ServerVersion) -> None:
        now = self._clock.now()
        self._unreachable.mark_reachable()
        self._publish_state(
            connection=ConnectionState.LIVE, version=version.git_version or self._state.version, seen_at=now, detail="", retry_at=None
        )
        self._publish_coverage()

    def _on_unreachable(self, error: ConsoleError, retry_at: float) -> None:
        self._unreachable.mark_unreachable(error, retry_at)
        seen_at = self._health.last_response_at or self._state.seen_at
        self._publish_state(connection=ConnectionState.LOST, detail=str(error), retry_at=retry_at, seen_at=seen_at)

    def _on_out_of_files(self, error: OutOfFiles) -> None:
        """Fewer watches leave room for requests. The cluster is read partly until files can be opened for a while."""
        if not self._out_of_files.is_set():
            self._out_of_files.set()
            self._slots.shrink()
        self._missing[_OPEN_FILES] = (f"{error.detail}; {error.remedy}",)
        if self._state.connection is ConnectionState.CONNECTING:
            self._publish_state(connection=ConnectionState.PARTIAL, detail=str(error))
        self._publish_coverage()

    async def _withdraw_out_of_files(self) -> None:
        while True:
            await self._out_of_files.wait()
            await asyncio.sleep(_FILES_RETRY)
            self._out_of_files.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FILES_SETTLE):
                    await self._out_of_files.wait()
                    continue
            self._missing.pop(_OPEN_FILES, None)
            self._publish_coverage()

    def _publish_coverage(self) -> None:
        """Publishes whether the cluster is read completely, or only partly."""
        missing = tuple(reason for _, reasons in sorted(self._missing.items()) for reason in reasons)
        if self._state.connection in (ConnectionState.LIVE, ConnectionState.PARTIAL):
            self._publish_state(
                connection=ConnectionState.PARTIAL if missing else ConnectionState.LIVE, missing=missing, detail="", retry_at=None
            )

    def _publish_state(self, **fields: Any) -> None:
        state = msgspec.structs.replace(self._state, clock_skew=self._clock_skew, **fields)
        if state != self._state or state.connection is ConnectionState.CONNECTING:
            self._state = state
            self._publish(state)


def _is_unserved(name: ResourceName, found: Discovery) -> bool:
    """Whether the cluster no longer serves this kind. A kind whose group did not answer is not unserved."""
    return name.partition(".")[2] not in found.silent_groups and all(resource.name != name for resource in found.resources)


def _listable(found: Discovery) -> list[ApiResource]:
    return [resource for resource in found.resources if is_read(resource)]
