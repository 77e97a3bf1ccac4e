"""The console: the composition root. It builds every part once from the settings, wires them, and closes them in order."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from k8sconsole.config.loader import resolve_log_folder
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.aio import BackgroundTasks, Closable, Lazy
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, Notice, ScanCompleted, ToolsChanged
from k8sconsole.model.indicators import SCANNED
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.bus import Bus
from k8sconsole.runtime.cache_file.open import OpenedCache, open_cache
from k8sconsole.runtime.clock_watch import publish_clock_jumps
from k8sconsole.runtime.cluster_pool import ClusterPool, Opening, load_contexts
from k8sconsole.runtime.metrics.live import LiveMetrics
from k8sconsole.runtime.services.api_resources import ApiResources
from k8sconsole.runtime.services.approvals import Approvals
from k8sconsole.runtime.services.cache import CacheService
from k8sconsole.runtime.services.cluster_selection import ClusterSelection
from k8sconsole.runtime.services.events import EventsService
from k8sconsole.runtime.services.history import HistoryService
from k8sconsole.runtime.services.metrics import MetricsService
from k8sconsole.runtime.services.tools import ToolsService
from k8sconsole.telemetry.logs import start_logging
from k8sconsole.telemetry.meters import TimeSeries

if TYPE_CHECKING:
    from k8sconsole.model.attached_servers import AttachedServerSettings
    from k8sconsole.runtime.services.scanning import ScanningService
    from k8sconsole.scanner.source import ResourceSource
    from k8sconsole.tools.context import RefreshRequest, RefreshResult
    from k8sconsole.tools.mcp_client.servers import AttachedServers
    from k8sconsole.tools.pipeline.pipeline import Pipeline

FIRST_PAINT = 0.25
"""Seconds that the first rows from the cache have before the scanner loads the network's libraries."""
__all__ = ["Console", "Opening"]


class Console:
    """Implements ``runtime.api.ConsoleApi``: one service a topic. ``open`` makes it; it lives on the loop that opened it.

    The pipeline, the attached servers and the scanner are built when they are first used, so that the cache's rows are on the
    screen before their imports.
    """

    is_open = True

    def __init__(self, opening: Opening, opened: OpenedCache, pool: ClusterPool, clock: Clock) -> None:
        store = opened.store
        self.clock = clock
        self._opening = opening
        self._settings = opening.loaded.settings
        self._store = store
        self._pool = pool
        self._bus = Bus(asyncio.get_running_loop())
        self._approvals = Approvals()
        self._tasks = BackgroundTasks()
        self._pipeline: Lazy[Pipeline] = Lazy(self._make_pipeline)
        self._servers: Lazy[AttachedServers] = Lazy(self._make_servers)
        self._scanning: Lazy[ScanningService] = Lazy(self._make_scanning)
        self._parts: tuple[Closable, ...] = (self._tasks, self._scanning, self._servers, self._pipeline, pool, opened)
        self._api_resources = ApiResources(store, pool)
        self._live_metrics = LiveMetrics(TimeSeries(clock.now), pool.connections)
        self.events = EventsService(self._bus, self._approvals)
        self.clusters = ClusterSelection(opening, pool, self._api_resources, store.metadata.clusters, self._bus.publish, self._begin)
        self.cache = CacheService(
            store, clock, self._api_resources.find, self._record_tools, self.clusters.troubles, self.clusters.clock_skew
        )
        self.metrics = MetricsService(store, clock, self._live_metrics, self._pipeline)
        self.tools = ToolsService(
            self._pipeline,
            self._servers,
            store=store,
            api_resources=self._api_resources,
            selected=lambda: self.clusters.current,
            face=opening.face,
            policy=self._settings.policy,
            start_task=self._tasks.start,
        )
        self.history = HistoryService(
            self._pipeline, self._api_resources, lambda: self.clusters.current, opening.face, self.cache.events_of
        )
        self._bus.subscribe(self._live_metrics.handle_fact)
        self._bus.subscribe(self._handle_fact)

    @classmethod
    async def open(cls, opening: Opening, listener: Callable[[Fact], None] | None = None) -> "Console":
        """Raises ConfigurationError, NotFound for an unknown context, StoreError. Offline it opens on whatever the cache holds."""
        log = opening.loaded.settings.log
        start_logging(resolve_log_folder(opening.loaded.settings), _mask, level=log.level, max_bytes=log.max_bytes, backups=log.backups)
        clock = SystemClock()
        opened = await open_cache(opening.loaded, clock, listener or _ignore)
        try:
            console = cls(opening, opened, ClusterPool(await asyncio.to_thread(load_contexts, opening)), clock)
            if listener:
                console.events.subscribe(listener)
            await console.clusters.choose()
        except BaseException:
            await opened.close()
            raise
        if opened.notice:
            console._bus.publish(opened.notice)
        await console._begin()
        console._tasks.start(publish_clock_jumps(clock, console._bus.publish))
        return console

    async def close(self) -> None:
        """Closes each part before those that it uses."""
        for part in self._parts:
            await part.close()

    @property
    def scanning(self) -> "ScanningService":
        return self._scanning()

    async def _begin(self) -> None:
        """Publishes the first state of each selected cluster, and starts in the background what this face needs."""
        scans = await self._store.metadata.scan_states()
        versions = {record.name: record.version for record in await self._store.metadata.clusters()}
        scan = self._opening.scan and not self._opening.offline
        for cluster in self.clusters.current:
            known = [state for state in scans if state.cluster == cluster]
            self.clusters.publish_first_state(cluster, known, versions.get(cluster, ""), offline=not scan)
            if scan and self._settings.scanner.enabled:
                self._tasks.start(self._start_scanning(cluster))
        if self._opening.face is not Face.CLI:
            self._tasks.start(self._record_tools_later())
            self._tasks.start(self._connect_servers())

    async def _start_scanning(self, cluster: ClusterName) -> None:
        await asyncio.sleep(FIRST_PAINT)
        try:
            await self.scanning.start(cluster)
        except ConsoleError as problem:
            self._bus.publish(
                ClusterState(cluster, ConnectionState.LOST, detail=str(problem), clock_skew=self.clusters.clock_skew(cluster))
            )
            self._bus.publish(Notice(problem.title, problem.detail, "error"))

    async def _record_tools(self) -> None:
        """Brings the catalogue table up to date with the tools of this version."""
        await self._store.audit.record_tools(self._pipeline().registry.records(), self._settings.cache.tool_mapping_ttl)

    async def _record_tools_later(self) -> None:
        """As ``_record_tools``, after the console's first rows."""
        if self._opening.face is Face.TUI:
            await asyncio.sleep(FIRST_PAINT)
        await self._record_tools()

    async def _connect_servers(self) -> None:
        if not self._configured_servers():
            return
        if self._opening.face is Face.TUI:
            await asyncio.sleep(FIRST_PAINT)
        self._servers().start()

    def _handle_fact(self, fact: Fact) -> None:
        if isinstance(fact, ToolsChanged):
            self._tasks.start(self._record_tools_later())
        if isinstance(fact, ScanCompleted):
            self.tools.record_sample(SCANNED, 0.0 if fact.error else 1.0)
        discovered = self.clusters.handle_fact(fact)
        if discovered:
            self._tasks.start(self._load_resources(discovered))

    async def _load_resources(self, cluster: ClusterName) -> None:
        await self._api_resources.load_settings(cluster)

    def _prioritise(self, cluster: ClusterName) -> None:
        self._pool.prioritise(cluster)
        self._pipeline().prioritise(cluster)

    async def _reread(self, cluster: ClusterName, request: "RefreshRequest") -> "list[RefreshResult]":
        return await self.scanning.reread(cluster, request)

    async def _scan_source(self, cluster: ClusterName) -> "ResourceSource":
        """The cluster's API server, or the attached MCP server that is configured as its source."""
        from k8sconsole.config.attached_servers import scan_source

        if cluster == scan_source(self._settings):
            from k8sconsole.tools.mcp_client.scan_calls import ScanClient
            from k8sconsole.tools.mcp_client.scan_source import AttachedScanSource

            servers = self._servers()
            servers.start()
            return AttachedScanSource(ScanClient(self._pipeline(), servers.server(cluster)))
        from k8sconsole.tools.scan_source import PipelineScanSource

        return PipelineScanSource(self._pipeline(), await self._pool.get(cluster))

    def _configured_servers(self) -> "tuple[AttachedServerSettings, ...]":
        from k8sconsole.config.attached_servers import enabled_servers

        return enabled_servers(self._settings)

    # parts that are built when they are first used

    def _make_scanning(self) -> "ScanningService":
        from k8sconsole.runtime.services.scanning import ScanningService, plan_scan

        return ScanningService(
            self._store,
            self._pool,
            plan_scan(self._settings, self._opening.namespaces, watch=self._opening.watch),
            self.clock,
            self._bus.publish,
            source=self._scan_source,
            prioritise=self._prioritise,
            selected=lambda: self.clusters.current,
            find_resource=self._api_resources.find,
            record_tools=lambda: self._tasks.start(self._record_tools()),
        )

    def _make_servers(self) -> "AttachedServers":
        from k8sconsole.tools.mcp_client.servers import AttachedServers

        return AttachedServers(self._configured_servers(), self._pipeline().registry, self._store, self.clock, self._bus.publish)

    def _make_pipeline(self) -> "Pipeline":
        from k8sconsole.tools.context import ToolEnvironment
        from k8sconsole.tools.pipeline.pipeline import Pipeline
        from k8sconsole.tools.registry import builtin_registry

        environment = ToolEnvironment(
            clock=self.clock,
            store=self._store,
            contexts=self.clusters.list_contexts,
            selected=lambda: self.clusters.current,
            open_cluster=self._pool.get,
            find_resource=self._api_resources.find,
            rivals=self._api_resources.rivals,
            table=self._api_resources.table,
            policy=lambda: self._settings.policy,
            ask=self._approvals.ask,
            publish=self._bus.publish,
            noise=lambda: self._settings.history.noise,
            refresh=self._reread,
            limits=lambda: self._settings.limits,
            troubles=self.clusters.troubles,
            is_lost=self.clusters.is_lost,
            silent_groups=self._api_resources.silent_groups,
            clock_skew=self.clusters.clock_skew,
            contexts_problem=self.clusters.contexts_problem,
            check_connection=self.clusters.check_connection,
        )
        pipeline = Pipeline(builtin_registry(), environment)
        self._bus.subscribe(pipeline.handle_fact)
        return pipeline


def _ignore(fact: Fact) -> None:
    """The listener of a face that has none."""


def _mask(text: str) -> str:
    """Imports the patterns with the first logged line, not at the start."""
    from k8sconsole.kit.redact import mask_text

    return mask_text(text)
