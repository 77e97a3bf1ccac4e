"""One cluster, read whole: found out what kinds it has, then a keeper for each, for as long as it is scanned."""

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import msgspec

from k8sconsole.cluster.port import Discovery, ServerVersion
from k8sconsole.errors import ConsoleError, StoreError, Unavailable
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState, Notice, ResourcesDiscovered, RowsChanged, ScanCompleted, Trust
from k8sconsole.model.identity import Identity
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.scanner.connectivity.cluster_identity import keep_apart
from k8sconsole.scanner.connectivity.health import Reach
from k8sconsole.scanner.connectivity.unreachable import Silence
from k8sconsole.scanner.context import Desk
from k8sconsole.scanner.list_limiter import Gate
from k8sconsole.scanner.plan import ScanPlan, is_read, urgency
from k8sconsole.scanner.reflector.accessible_namespaces import NAMESPACES
from k8sconsole.scanner.reflector.partial_refresh import Part
from k8sconsole.scanner.reflector.pool import DEFINITIONS, Crew
from k8sconsole.scanner.reflector.reflector import KindKeeper
from k8sconsole.scanner.reflector.watcher import end_all
from k8sconsole.scanner.reports import KindReport, Publish
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.store.port import ClusterRecord, ScanStatus, Store

_NODES = ResourceName("nodes")
_SETTLING = 1.0
"""Seconds between a definition's change and asking what is served now: the server needs a moment, and changes come in groups."""

_ABSENCES = 4
_LOOK_AGAIN = 2.0
"""A kind has gone when it was absent so often, so many seconds apart: an API server that has just started serves custom kinds a moment
later than the rest, and forgetting them would cost their rows."""


class ClusterScanner:
    """publish is called on the loop. home: the namespace of the context, read where nothing says which namespaces are allowed."""

    def __init__(
        self, source: ResourceSource, store: Store, *, clock: Clock, plan: ScanPlan, publish: Publish, parsers: Executor, home: str = ""
    ) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._plan = plan
        self._publish = publish
        self._focused: frozenset[ResourceName] = frozenset()
        gate = Gate(plan.concurrency, lambda resource: urgency(resource, self._focused))
        self._reach = Reach(
            source,
            clock,
            lost=self._lost,
            found=self._found,
            hurried=lambda: bool(self._focused) and not gate.busy,
            recognise=self._recognise,
        )
        self._desk = Desk(source, store, clock, plan, parsers, gate, self._reach, home, self._changed, self._settled)
        self._crew = Crew(self._desk)
        self._silence = Silence(store, source.name, self._crew.keepers)
        self._definitions_moved = asyncio.Event()
        self._nodes_moved = asyncio.Event()
        self._told = ClusterState(source.name, Trust.CONNECTING, watched=source.watches)
        self._unread: dict[str, tuple[str, ...]] = {}
        self._absent: dict[ResourceName, int] = {}
        self._other_version: set[ResourceName] = set()

    def focus(self, resource: ResourceName | None) -> None:
        """This kind is looked at: its list goes first."""
        self._focused = frozenset([resource] if resource else [])

    async def refresh(self, resource: ResourceName | None = None) -> list[KindReport]:
        """Lists one kind or all of them anew while ``run`` runs, and tells what came of it."""
        keepers = [keeper for name, keeper in self._crew.keepers.items() if resource in (None, name)]
        return list(await asyncio.gather(*(keeper.refresh() for keeper in keepers)))

    async def read_parts(self, parts: Sequence[Part]) -> list[KindReport]:
        """Parts of kinds by themselves, whether ``run`` runs, here or in another process, or nobody scans. What a namespace's list meets is
        in its report; what a single object's reading meets is raised."""
        await self._recognise(await self._source.identity())
        return list(await asyncio.gather(*(self._crew.read_part(part) for part in parts)))

    async def scan_once(self, kinds: frozenset[ResourceName] = frozenset()) -> list[KindReport]:
        """Every kind, or these, listed once. Raises what keeps the cluster from being asked at all; one kind's failure is in its report."""
        self._tell(trust=Trust.CONNECTING)
        try:
            self._found(await self._reach.meet())
        except ConsoleError as error:
            self._silence.begins(error)
            await self._silence.note()
            raise
        found = await self._discover_for_certain()
        await self._lay_anew()
        await self._forget_unserved(found)
        wanted = [resource for resource in _readable(found) if not kinds or resource.name in kinds]
        recorded = {state.resource: state for state in await self._store.scan_states(self._source.name)}
        keepers = [KindKeeper(self._desk, resource, recorded.get(resource.name)) for resource in wanted]
        # A custom kind's columns stand in its definition, so definitions are read before what they define.
        keepers.sort(key=lambda keeper: keeper.resource.name != DEFINITIONS)
        reports = [await keeper.list_once() for keeper in keepers[:1]]
        reports += await asyncio.gather(*(keeper.list_once() for keeper in keepers[1:]))
        await self._record_cluster()
        return sorted(reports, key=lambda report: report.resource)

    async def run(self) -> None:
        """For ever, until cancelled: whatever fails is told and tried again."""
        self._tell(trust=Trust.CONNECTING)
        works = (self._reach.keep_asking(), self._count_nodes(), self._silence.keep_noting())
        beside = [asyncio.create_task(work) for work in works]
        backoff = Backoff(self._clock)
        try:
            while True:
                await self._reach.answers()
                try:
                    await self._serve(await self._discover())
                except ConsoleError as error:
                    await self._could_not_discover(error, backoff.next())
                    continue
                backoff.reset()
                await self._until_definitions_move()
        finally:
            await self._crew.end()
            await end_all(beside)

    async def _recognise(self, identity: Identity) -> None:
        if await keep_apart(self._store, self._source.name, identity):
            kept = "what was kept of the former one is shown no more, its past stays"
            self._publish(Notice(f"{self._source.name} leads to another cluster now", kept, "warning"))
            for keeper in self._crew.keepers.values():
                keeper.list_anew()

    async def _serve(self, found: Discovery) -> None:
        await self._crew.part_with(_readable(found))
        await self._lay_anew()
        await self._forget_unserved(found)  # after its keeper has gone, or its last words would bring rows back
        await self._crew.serve(_readable(found))

    async def _discover_for_certain(self) -> Discovery:
        found = await self._discover()
        for _ in range(_ABSENCES):
            if not self._absent:
                break
            await asyncio.sleep(_LOOK_AGAIN)
            found = await self._discover()
        return found

    async def _discover(self) -> Discovery:
        found = await self._with_doubtful(await self._source.discover())
        await self._store.record_resources(self._source.name, found.resources)
        await self._record_cluster()
        served = {resource.name for resource in found.resources}
        self._unread = {name: reasons for name, reasons in self._unread.items() if name in served}
        self._unread |= {group: (f"{group}: {reason}",) for group, reason in found.missing.items()}
        self._publish(ResourcesDiscovered(self._source.name, len(found.resources)))
        self._tell_coverage()
        return found

    async def _with_doubtful(self, found: Discovery) -> Discovery:
        """And the kinds that are not served now, but have not been absent often enough to be gone."""
        known = {resource.name: resource for resource in await self._store.resources(self._source.name)}
        self._other_version.update(each.name for each in found.resources if each.version != known.get(each.name, each).version)
        gone = [name for name in known if _is_unserved(name, found)]
        counts = {name: self._absent.get(name, 0) + 1 for name in gone}
        self._absent = {name: count for name, count in counts.items() if count < _ABSENCES}
        return msgspec.structs.replace(found, resources=[*found.resources, *(known[name] for name in self._absent)])

    async def _lay_anew(self) -> None:
        for name in tuple(self._other_version):
            await self._store.lay_anew(self._source.name, name)
            self._other_version.discard(name)

    async def _forget_unserved(self, found: Discovery) -> None:
        """What the cluster no longer serves leaves the cache, unless its group merely did not answer."""
        states = await self._store.scan_states(self._source.name)
        told = {state.resource for state in states if state.status is not ScanStatus.PENDING}
        for name in told.union(await self._store.counts(self._source.name)):
            if _is_unserved(name, found):
                await self._store.forget(self._source.name, name)

    async def _could_not_discover(self, error: ConsoleError, pause: float) -> None:
        if isinstance(error, Unavailable):
            self._reach.doubt()
        else:
            self._tell(trust=Trust.PARTIAL, detail=str(error), retry_at=self._clock.now() + pause)
        await asyncio.sleep(pause)

    async def _until_definitions_move(self) -> None:
        """Or until it is time to look by ourselves."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN if self._absent else self._plan.static_interval):
                await self._definitions_moved.wait()
                await asyncio.sleep(_SETTLING)
        self._definitions_moved.clear()

    async def _count_nodes(self) -> None:
        while True:
            await self._nodes_moved.wait()
            self._nodes_moved.clear()
            with contextlib.suppress(StoreError):  # the next change of a node tries again
                await self._record_cluster()

    async def _record_cluster(self) -> None:
        counts = await self._store.counts(self._source.name)
        nodes, now = counts.get(_NODES, 0), self._clock.now()
        server, identity = self._source.server, str(self._reach.identity)
        await self._store.record_cluster(ClusterRecord(self._source.name, self._told.version, server, nodes, now, identity))

    def _changed(self, resource: ResourceName, revision: int) -> None:
        self._publish(RowsChanged(self._source.name, resource, revision))
        if resource == DEFINITIONS:
            self._definitions_moved.set()
        elif resource == _NODES:
            self._nodes_moved.set()
        elif resource == NAMESPACES:
            self._crew.namespaces_moved()

    def _settled(self, report: KindReport) -> None:
        self._publish(ScanCompleted(report.cluster, report.resource, report.objects, report.seconds, report.error))
        if self._unread.get(report.resource, ()) != report.missing:
            self._unread[report.resource] = report.missing
            self._tell_coverage()

    def _found(self, version: ServerVersion) -> None:
        now = self._clock.now()
        self._silence.ends()
        self._tell(trust=Trust.LIVE, version=version.git_version or self._told.version, seen_at=now, detail="", retry_at=None)
        self._tell_coverage()

    def _lost(self, error: ConsoleError, retry_at: float) -> None:
        self._silence.begins(error, retry_at)
        self._tell(trust=Trust.LOST, detail=str(error), retry_at=retry_at)

    def _tell_coverage(self) -> None:
        missing = tuple(reason for _, reasons in sorted(self._unread.items()) for reason in reasons)
        if self._told.trust in (Trust.LIVE, Trust.PARTIAL):
            self._tell(trust=Trust.PARTIAL if missing else Trust.LIVE, missing=missing, detail="", retry_at=None)

    def _tell(self, **facts: Any) -> None:
        told = msgspec.structs.replace(self._told, **facts)
        if told != self._told or told.trust is Trust.CONNECTING:
            self._told = told
            self._publish(told)


def _is_unserved(name: ResourceName, found: Discovery) -> bool:
    """Not when its group merely did not answer."""
    silent = {group.partition("/")[0] for group in found.missing}
    return name.partition(".")[2] not in silent and all(resource.name != name for resource in found.resources)


def _readable(found: Discovery) -> list[ApiResource]:
    return [resource for resource in found.resources if is_read(resource)]
