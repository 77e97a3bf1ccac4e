"""The console: everything a face may ask for, built once from settings and a choice of clusters."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from k8sconsole.config.loading import log_folder
from k8sconsole.errors import ConfigurationError, ConsoleError
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.kit.redact import mask_text
from k8sconsole.model.events import ClusterState, Fact, Notice, Trust
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.acting import ToolCaller
from k8sconsole.runtime.approvals import Approvals
from k8sconsole.runtime.bus import Bus
from k8sconsole.runtime.catalogue import Catalogue
from k8sconsole.runtime.choosing import ClusterChooser
from k8sconsole.runtime.fetching import Asked, Fetching
from k8sconsole.runtime.gauges import Gauges
from k8sconsole.runtime.keeping import Kept, keep
from k8sconsole.runtime.observing import ClusterReport, Observing, plan_of
from k8sconsole.runtime.reach import ClusterPool, NoContexts, Opening, find_contexts
from k8sconsole.runtime.reading import CacheReader
from k8sconsole.runtime.remembering import ChangesWanted, LifeWanted, Remembered, Remembering
from k8sconsole.telemetry.figures import Figures
from k8sconsole.telemetry.logs import start_logging
from k8sconsole.tools.catalogue import builtin_registry
from k8sconsole.tools.context import Surroundings
from k8sconsole.tools.pipeline import Pipeline

log = logging.getLogger("k8sconsole.console")
FIRST_PAINT = 0.25
"""Seconds the scanner leaves to the first rows out of the cache, before it loads the network's libraries."""

__all__ = ["Asked", "Console", "Opening"]


class Console(ClusterChooser, CacheReader, ToolCaller):
    """Made by ``open``; lives on the loop that opened it. Everything it raises is a ConsoleError.

    What it can be asked stands in its three bases: which clusters (ClusterChooser), what the cache knows (CacheReader), what can be done
    (ToolCaller). Here: building them together, scanning, and closing in order.
    """

    def __init__(self, opening: Opening, kept: Kept, pool: ClusterPool, clock: Clock) -> None:
        self.settings = opening.loaded.settings
        self.bus = Bus(asyncio.get_running_loop())
        self.approvals = Approvals()
        self._kept = kept
        ClusterChooser.__init__(self, opening, pool, Catalogue(kept.store, pool))
        CacheReader.__init__(self, kept.store, clock, self.find_resource)
        pipeline = Pipeline(builtin_registry(), self._surroundings())
        ToolCaller.__init__(self, pipeline, Gauges(Figures(clock.now)), opening.face, self.settings.policy)
        self._fetching = Fetching(pipeline, self.catalogue, kept.store, clock.now)
        self._remembering = Remembering(pipeline, self.catalogue)
        plan = plan_of(self.settings, opening.namespaces, watch=opening.watch)
        self._observing = Observing(kept.store, pool, pipeline, plan, clock, self.bus.publish)
        self._tasks: set[asyncio.Task[None]] = set()
        self.bus.subscribe(self.gauges.take)
        self.bus.subscribe(self._remember)

    @classmethod
    async def open(cls, opening: Opening, listener: Callable[[Fact], None] | None = None) -> "Console":
        """Raises ConfigurationError, NotFound for an unknown context, StoreError. Offline it opens on whatever the cache knows."""
        told = opening.loaded.settings.log
        start_logging(log_folder(opening.loaded.settings), mask_text, level=told.level, max_bytes=told.max_bytes, backups=told.backups)
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
        return console

    async def close(self) -> None:
        """In the order of who needs whom: the scanner, the pipeline's audit, the connections, the file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._observing.close()
        await self.pipeline.close()
        await self.pool.close()
        await self._kept.close()

    async def select(self, clusters: Sequence[str]) -> None:
        """Look at these from now on; those already being scanned go on. Raises NotFound naming the nearest context."""
        await self._choose(clusters)
        await self._begin()

    async def get(self, asked: Asked) -> Any:
        """Objects of one kind with how old they are: a ``fetching.Found``."""
        return await self._fetching.get(self.selected, asked, self.face, "local")

    async def life(self, wanted: LifeWanted) -> Remembered:
        """The versions of one object of the selected cluster."""
        return await self._remembering.life(self.selected, wanted, self.face)

    async def changes(self, wanted: ChangesWanted) -> Remembered:
        """What changed between two moments on the selected clusters."""
        return await self._remembering.changes(self.selected, wanted, self.face)

    def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None:
        """What is looked at is read first."""
        self._observing.coordinator.focus(cluster, resource)

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> None:
        """Reads one kind, or all, anew while scanning. Raises UsageError where another process scans this cluster."""
        self.pool.hurry(cluster)
        await self._observing.coordinator.refresh(cluster, resource)

    async def scan_once(self, kinds: Iterable[str] = ()) -> list[ClusterReport]:
        """Reads the selected clusters once. Raises UsageError for an unknown kind."""
        names = frozenset([(await self.find_resource(self.selected[0], kind)).name for kind in kinds])
        return await self._observing.once(self.selected, names)

    async def follow(self) -> None:
        """Scans the selected clusters until cancelled."""
        for cluster in self.selected:
            await self._observing.start(cluster)
        await asyncio.Event().wait()

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
        self._later(self._describe_tools())

    async def _observe(self, cluster: ClusterName) -> None:
        await asyncio.sleep(FIRST_PAINT)
        try:
            await self._observing.start(cluster)
        except ConsoleError as problem:
            self.bus.publish(ClusterState(cluster, Trust.LOST, detail=str(problem)))
            self.bus.publish(Notice(problem.title, problem.detail, "error"))

    async def _describe_tools(self) -> None:
        """The catalogue table says what this version can do. The first rows on the screen go before it."""
        if self.opening.face is Face.TUI:
            await asyncio.sleep(FIRST_PAINT)
        await self._store.record_tools(self.pipeline.registry.records(), self.settings.cache.tool_mapping_ttl)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("work in the background failed", exc_info=task.exception(), extra={"operation": "background"})

    def _remember(self, fact: Fact) -> None:
        discovered = self.remember(fact)
        if discovered:
            self._later(self._learn(discovered))

    async def _learn(self, cluster: ClusterName) -> None:
        await self.catalogue.learn(cluster)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
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
        )


def _contexts(opening: Opening) -> Any:
    """Read in a thread: a kubeconfig is a file. Offline, a broken one is no obstacle."""
    if opening.make_contexts is not None:
        return opening.make_contexts()
    if opening.offline:
        return NoContexts()
    try:
        contexts = find_contexts()
        if not contexts.list():
            raise ConfigurationError("the kubeconfig has no contexts", contexts.origin(), "kubectl config set-context, or k8sconsole demo")
    except ConfigurationError as problem:
        if opening.face is Face.TUI or opening.needs_clusters:
            raise
        return NoContexts(problem)
    return contexts
