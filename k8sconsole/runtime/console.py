"""The console: everything a face may ask for, built once from settings and a choice of clusters."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from k8sconsole.config.loader import resolve_log_folder
from k8sconsole.errors import ConfigurationError, ConsoleError
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.model.cache_records import ResultTable
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, Notice, ScanCompleted, ToolsChanged
from k8sconsole.model.indicators import SCANNED
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.approvals import Approvals
from k8sconsole.runtime.bus import Bus
from k8sconsole.runtime.cache_file.open import Kept, keep
from k8sconsole.runtime.clock_watch import tell_jumps
from k8sconsole.runtime.cluster_pool import ClusterPool, NoContexts, Opening, find_contexts
from k8sconsole.runtime.metrics.live import Gauges
from k8sconsole.runtime.recalling import Recaller
from k8sconsole.runtime.services.api_resources import Catalogue
from k8sconsole.runtime.services.cache import CacheReader
from k8sconsole.runtime.services.cluster_selection import ClusterChooser
from k8sconsole.runtime.services.tools import ToolCaller
from k8sconsole.telemetry.logs import start_logging
from k8sconsole.telemetry.meters import TimeSeries

if TYPE_CHECKING:
    from k8sconsole.model.attached_servers import AttachedServerSettings
    from k8sconsole.runtime.services.scanning import ClusterReport, Observing
    from k8sconsole.scanner.source import ResourceSource
    from k8sconsole.tools.context import RefreshRequest, RefreshResult
    from k8sconsole.tools.mcp_client.servers import AttachedServers
    from k8sconsole.tools.pipeline.pipeline import Pipeline

log = logging.getLogger("k8sconsole.console")
FIRST_PAINT = 0.25
"""Seconds the scanner leaves to the first rows out of the cache, before it loads the network's libraries."""
__all__ = ["Console", "Opening"]


class Console(Recaller):
    """Made by ``open``; lives on the loop that opened it. Everything it raises is a ConsoleError.

    What it can be asked stands in its bases: which clusters (ClusterChooser), what the cache knows (CacheReader), what can be done
    (ToolCaller), what is read in full (Recaller). Here: building them together, scanning, and closing in order. Tools and scanner are
    loaded when first asked for: the cache's rows are on the screen before.
    """

    def __init__(self, opening: Opening, kept: Kept, pool: ClusterPool, clock: Clock) -> None:
        self.settings = opening.loaded.settings
        self.bus = Bus(asyncio.get_running_loop())
        self.approvals = Approvals()
        self._kept = kept
        ClusterChooser.__init__(self, opening, pool, Catalogue(kept.store, pool))
        CacheReader.__init__(self, kept.store, clock, self.find_resource)
        ToolCaller.__init__(
            self, self._make_pipeline, Gauges(TimeSeries(clock.now), pool.connections), opening.face, self.settings.policy, self._later
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self.bus.subscribe(self.gauges.take)
        self.bus.subscribe(self._remember)

    @classmethod
    async def open(cls, opening: Opening, listener: Callable[[Fact], None] | None = None) -> "Console":
        """Raises ConfigurationError, NotFound for an unknown context, StoreError. Offline it opens on whatever the cache knows."""
        told = opening.loaded.settings.log
        start_logging(
            resolve_log_folder(opening.loaded.settings), _masked, level=told.level, max_bytes=told.max_bytes, backups=told.backups
        )
        clock = SystemClock()
        kept = await keep(opening.loaded, clock)
        try:
            console = cls(opening, kept, ClusterPool(await asyncio.to_thread(_contexts, opening)), clock)
            if listener:
                console.bus.subscribe(listener)
            await console._choose()
        except BaseException:
            await kept.close()
            raise
        if kept.notice:
            console.bus.publish(kept.notice)
        await console._begin()
        console._later(tell_jumps(clock, console.bus.publish))
        return console

    async def close(self) -> None:
        """In the order of who needs whom: the scanner, the pipeline's audit, the connections, the file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for part in ("_observing", "outside", "pipeline"):
            if part in vars(self):
                await getattr(self, part).close()
        await self.pool.close()
        await self._kept.close()

    async def select(self, clusters: Sequence[str]) -> None:
        """Look at these from now on; those already being scanned go on. Raises NotFound naming the nearest context."""
        await self._choose(clusters)
        await self._begin()

    def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None:
        """What is looked at is read first."""
        self._observing.coordinator.focus(cluster, resource)

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> None:
        """Reads one kind, or all, anew while scanning; where another process scans, it is asked to. Raises UsageError for a cluster that
        was never begun, DeadlineExceeded where the other process does not answer."""
        self._prioritise(cluster)
        await self._observing.coordinator.refresh(cluster, resource)

    async def scan_once(self, kinds: Iterable[str] = ()) -> "list[ClusterReport]":
        """Reads the selected clusters once. Raises UsageError for an unknown kind."""
        names = frozenset([(await self.find_resource(self.selected[0], kind)).name for kind in kinds])
        return await self._observing.once(self.selected, names)

    async def follow(self) -> None:
        """Scans the selected clusters until cancelled."""
        self._later(self._describe_tools())
        for cluster in self.selected:
            await self._observing.start(cluster)
        await asyncio.Event().wait()

    async def query(self, sql: str, *, limit: int = 1000) -> ResultTable:
        """One SELECT. The catalogue table is up to date for it."""
        await self._describe_tools()
        return await super().query(sql, limit=limit)

    async def _choose(self, clusters: Sequence[str] = ()) -> None:
        for notice in self.choose(await self.known_clusters(), clusters):
            self.bus.publish(notice)

    async def _begin(self) -> None:
        states = await self.scan_states()
        versions = {record.name: record.version for record in await self.known_clusters()}
        for cluster in self.selected:
            known = [state for state in states if state.cluster == cluster]
            offline = self.opening.offline or not self.opening.scan
            self.bus.publish(self.begin(cluster, known, versions.get(cluster, ""), offline=offline))
            if self.opening.scan and not self.opening.offline and self.settings.scanner.enabled:
                self._later(self._observe(cluster))
        if self.opening.face is not Face.CLI:
            self._later(self._describe_tools())
            self._later(self._attach())

    async def _observe(self, cluster: ClusterName) -> None:
        await asyncio.sleep(FIRST_PAINT)
        try:
            await self._observing.start(cluster)
        except ConsoleError as problem:
            self.bus.publish(ClusterState(cluster, ConnectionState.LOST, detail=str(problem)))
            self.bus.publish(Notice(problem.title, problem.detail, "error"))

    async def _describe_tools(self) -> None:
        """The catalogue table says what this version can do. The first rows on the screen go before it; a command that reads or scans once
        does without."""
        if self.opening.face is Face.TUI:
            await asyncio.sleep(FIRST_PAINT)
        await self._store.audit.record_tools(self.pipeline.registry.records(), self.settings.cache.tool_mapping_ttl)

    async def _attach(self) -> None:
        if self._servers:
            await asyncio.sleep(FIRST_PAINT)
            self.outside.start()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("work in the background failed", exc_info=task.exception(), extra={"operation": "background"})

    def _remember(self, fact: Fact) -> None:
        if isinstance(fact, ToolsChanged):
            self._later(self._describe_tools())
        if isinstance(fact, ScanCompleted):
            self.keep_fact(SCANNED, 0.0 if fact.error else 1.0)
        discovered = self.remember(fact)
        if discovered:
            self._later(self._learn(discovered))

    async def _learn(self, cluster: ClusterName) -> None:
        await self.catalogue.learn(cluster)

    @cached_property
    def _observing(self) -> "Observing":
        from k8sconsole.runtime.services.scanning import Observing, plan_of

        plan = plan_of(self.settings, self.opening.namespaces, watch=self.opening.watch)
        return Observing(self._kept.store, self.pool, self._source, plan, self.clock, self.bus.publish)

    async def _source(self, cluster: ClusterName) -> "ResourceSource":
        """Where a cluster is read: at its API server, or through the attached server that is named for it."""
        from k8sconsole.config.attached_servers import scan_source

        if cluster == scan_source(self.settings):
            from k8sconsole.tools.mcp_client.scan_calls import ScanClient
            from k8sconsole.tools.mcp_client.scan_source import AttachedScanSource

            self.outside.start()
            return AttachedScanSource(ScanClient(self.pipeline, self.outside.server(cluster)))
        from k8sconsole.tools.scan_source import PipelineScanSource

        return PipelineScanSource(self.pipeline, await self.pool.get(cluster))

    @cached_property
    def _servers(self) -> "tuple[AttachedServerSettings, ...]":
        from k8sconsole.config.attached_servers import enabled_servers

        return enabled_servers(self.settings)

    @cached_property
    def outside(self) -> "AttachedServers":
        """The attached MCP servers of others; they are started in the background, or by ``settle``."""
        from k8sconsole.tools.mcp_client.servers import AttachedServers

        return AttachedServers(self._servers, self.pipeline.registry, self._kept.store, self.clock, self.bus.publish)

    def _prioritise(self, cluster: ClusterName) -> None:
        self.pool.hurry(cluster)
        self.pipeline.prioritise(cluster)

    async def _reread(self, cluster: ClusterName, wanted: "RefreshRequest") -> "list[RefreshResult]":
        self._prioritise(cluster)
        return await self._observing.reread(cluster, wanted)

    def _make_pipeline(self) -> "Pipeline":
        from k8sconsole.tools.context import ToolEnvironment
        from k8sconsole.tools.pipeline.pipeline import Pipeline
        from k8sconsole.tools.registry import builtin_registry

        environment = ToolEnvironment(
            clock=self.clock,
            store=self._kept.store,
            contexts=self.contexts,
            selected=lambda: self.selected,
            open_cluster=self.pool.get,
            find_resource=self.find_resource,
            table=self.table,
            policy=lambda: self.settings.policy,
            ask=self.approvals.ask,
            publish=self.bus.publish,
            noise=lambda: self.settings.history.noise,
            refresh=self._reread,
            limits=lambda: self.settings.limits,
        )
        pipeline = Pipeline(builtin_registry(), environment)
        self.bus.subscribe(pipeline.handle_fact)
        return pipeline


def _masked(text: str) -> str:
    """The patterns are compiled with the first line that is logged, not with the start."""
    from k8sconsole.kit.redact import mask_text

    return mask_text(text)


def _contexts(opening: Opening) -> Any:
    """Read in a thread: a kubeconfig is a file. Offline, or where a cluster is read through an attached server, a broken one is no
    obstacle."""
    from k8sconsole.config.attached_servers import scan_source

    server = scan_source(opening.loaded.settings)
    if not server:
        return _kubeconfig(opening)
    from k8sconsole.runtime.attached_context import WithAttached

    try:
        return WithAttached(server, _kubeconfig(opening))
    except ConfigurationError as problem:
        return WithAttached(server, NoContexts(problem))


def _kubeconfig(opening: Opening) -> Any:
    if opening.make_contexts is not None:
        return opening.make_contexts()
    if opening.offline:
        return NoContexts()
    try:
        contexts = find_contexts(opening.loaded.settings.cluster)
        if not contexts.list():
            raise ConfigurationError("the kubeconfig has no contexts", contexts.origin(), "kubectl config set-context, or k8sconsole demo")
    except ConfigurationError as problem:
        if opening.face is Face.TUI or opening.needs_clusters:
            raise
        return NoContexts(problem)
    return contexts
