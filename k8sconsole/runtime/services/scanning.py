"""Scanning for this console: the scanner is built when it is first needed, and reports what it read."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from k8sconsole.config.settings import Settings
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import Fact
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.runtime.cluster_pool import ClusterPool
from k8sconsole.runtime.kubeconfig_watch import KubeconfigWatch
from k8sconsole.scanner.context import KindReport
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan, is_read
from k8sconsole.scanner.reflector.partial_refresh import RefreshTarget
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.store.port import Store
from k8sconsole.tools.context import RefreshRequest, RefreshResult, silent_group_reasons


class ClusterReport(msgspec.Struct, frozen=True):
    """The result of reading one cluster once.

    error: why the cluster could not be read at all. silent_groups: API groups that did not answer, so that their kinds could not be read.
    """

    cluster: ClusterName
    kinds: tuple[KindReport, ...]
    error: ConsoleError | None = None
    silent_groups: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code
        return 1 if self.silent_groups or any(kind.error for kind in self.kinds) else 0

    @property
    def missing(self) -> list[str]:
        """What was not read, and why."""
        return [*self.silent_groups, *(reason for kind in self.kinds for reason in kind.missing)]

    def to_json(self) -> dict[str, Any]:
        kinds = [{key: value for key, value in msgspec.to_builtins(kind).items() if key != "cluster"} for kind in self.kinds]
        return {"cluster": self.cluster, "kinds": kinds, "missing": self.missing, "error": str(self.error) if self.error else ""}


class ScanningService:
    """The ScanningApi. Belongs to one loop; close it before the store.

    source: where a cluster is read. prioritise: retries a cluster at once where the connection or the circuit breaker waits. selected: the
    clusters shown now. find_resource: (context, word) -> resource. record_tools: starts to bring the catalogue table up to date.
    """

    def __init__(
        self,
        store: Store,
        pool: ClusterPool,
        plan: ScanPlan,
        clock: Clock,
        publish: Callable[[Fact], None],
        *,
        source: Callable[[ClusterName], Awaitable[ResourceSource]],
        prioritise: Callable[[ClusterName], None],
        selected: Callable[[], Sequence[ClusterName]],
        find_resource: Callable[[ClusterName, str], Awaitable[ApiResource]],
        record_tools: Callable[[], None],
    ) -> None:
        self._store = store
        self._record_tools = record_tools
        self._pool = pool
        self._source = source
        self._prioritise = prioritise
        self._selected = selected
        self._find_resource = find_resource
        self._kubeconfig_watch = KubeconfigWatch(pool, publish)
        self._coordinator = ScanCoordinator(store, plan=plan, clock=clock, publish=publish)

    async def start(self, cluster: ClusterName) -> None:
        """Raises what opening the cluster raises. Later failures, and changes of the kubeconfig, are facts on the bus."""
        await self._kubeconfig_watch.start()
        self._coordinator.start(await self._source(cluster), self._home_namespace(cluster))

    async def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None:
        self._coordinator.focus(cluster, resource)

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> None:
        self._prioritise(cluster)
        await self._coordinator.refresh(cluster, resource)

    async def scan_once(self, kinds: Sequence[str] = ()) -> list[ClusterReport]:
        """Clusters are read concurrently; the failure of one is in its report."""
        clusters = self._selected()
        names = frozenset([(await self._find_resource(clusters[0], kind)).name for kind in kinds])
        return list(await asyncio.gather(*(self._scan_cluster(cluster, names) for cluster in clusters)))

    async def follow(self) -> None:
        self._record_tools()
        for cluster in self._selected():
            await self.start(cluster)
        await asyncio.Event().wait()

    async def reread(self, cluster: ClusterName, request: RefreshRequest) -> list[RefreshResult]:
        """Reads whole kinds by the running scanner, otherwise once. A part of a kind is always read directly. Raises what keeps the cluster
        from being read, and NotFound for an object that neither the cluster nor the cache knows."""
        self._prioritise(cluster)
        home = self._home_namespace(cluster)
        if request.is_part:
            targets = await self._refresh_targets(cluster, request)
            reports = await self._coordinator.refresh_targets(await self._source(cluster), home, targets)
        elif self._coordinator.is_started(cluster):
            reports = await self._coordinator.refresh(cluster, request.resource.name if request.resource else None)
        else:
            kinds = frozenset([request.resource.name] if request.resource else [])
            reports = await self._coordinator.scan_once(await self._source(cluster), home, kinds)
        return [_reread(report, request) for report in reports]

    async def close(self) -> None:
        await self._kubeconfig_watch.stop()
        await self._coordinator.close()

    async def _refresh_targets(self, cluster: ClusterName, request: RefreshRequest) -> list[RefreshTarget]:
        if request.resource is not None:
            return [RefreshTarget(request.resource, request.namespace, request.name)]
        discovery = await (await self._source(cluster)).discover()
        return [RefreshTarget(resource, request.namespace) for resource in discovery.resources if resource.namespaced and is_read(resource)]

    async def _scan_cluster(self, cluster: ClusterName, kinds: frozenset[ResourceName]) -> ClusterReport:
        try:
            reports = await self._coordinator.scan_once(await self._source(cluster), self._home_namespace(cluster), kinds)
        except ConsoleError as problem:
            return ClusterReport(cluster, (), problem)
        return ClusterReport(cluster, tuple(reports), silent_groups=await self._silent_groups(cluster, kinds))

    async def _silent_groups(self, cluster: ClusterName, kinds: frozenset[ResourceName]) -> tuple[str, ...]:
        """The groups that did not answer the discovery of this scan. kinds: the only ones that were wanted; empty for all."""
        record = next((one for one in await self._store.metadata.clusters() if one.name == cluster), None)
        silent = record.silent_groups if record else {}
        wanted = {kind.partition(".")[2] for kind in kinds}
        return silent_group_reasons({name: why for name, why in silent.items() if not kinds or name.rpartition("/")[0] in wanted})

    def _home_namespace(self, cluster: ClusterName) -> str:
        return next((info.namespace for info in self._pool.contexts.list() if info.name == cluster), "")


def _reread(report: KindReport, request: RefreshRequest) -> RefreshResult:
    counts = (report.objects, report.added, report.changed, report.deleted)
    return RefreshResult(report.resource, *counts, report.seconds, report.error, list(report.missing), request.namespace, request.name)


def plan_scan(settings: Settings, namespaces: tuple[str, ...], *, watch: bool = True) -> ScanPlan:
    """watch: follow changes between two reads."""
    scanner = settings.scanner
    return ScanPlan(
        static_interval=scanner.static_interval,
        dynamic_interval=scanner.dynamic_interval,
        metrics_interval=scanner.metrics_interval,
        cleanup_interval=settings.cache.cleanup_interval,
        timeout=scanner.timeout,
        batch=scanner.batch_size,
        page=scanner.page_size,
        concurrency=scanner.max_concurrent,
        namespaces=namespaces,
        watch=watch,
        watches=scanner.max_watches,
    )
