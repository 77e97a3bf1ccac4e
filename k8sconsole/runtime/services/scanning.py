"""The scanner at work for this console: which clusters, how often, and what it reports when asked to read once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from k8sconsole.config.settings import ScannerSettings, Settings
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import Fact
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.runtime.cluster_pool import ClusterPool
from k8sconsole.runtime.kubeconfig_watch import KubeconfigWatch
from k8sconsole.scanner.context import KindReport
from k8sconsole.scanner.coordinator import ScanCoordinator
from k8sconsole.scanner.plan import ScanPlan, is_read
from k8sconsole.scanner.reflector.partial_refresh import RefreshTarget
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.store.port import Store
from k8sconsole.tools.context import RefreshRequest, RefreshResult


class ClusterReport(msgspec.Struct, frozen=True):
    """What reading one cluster once came to. error: what kept the cluster from being read at all."""

    cluster: ClusterName
    kinds: tuple[KindReport, ...]
    error: ConsoleError | None = None

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code
        return 1 if any(kind.error for kind in self.kinds) else 0

    def to_json(self) -> dict[str, Any]:
        kinds = [{key: value for key, value in msgspec.to_builtins(kind).items() if key != "cluster"} for kind in self.kinds]
        missing = [reason for kind in self.kinds for reason in kind.missing]
        return {"cluster": self.cluster, "kinds": kinds, "missing": missing, "error": str(self.error) if self.error else ""}


class Observing:
    """Belongs to one loop; close it before the store. source: where a cluster is read."""

    def __init__(
        self,
        store: Store,
        pool: ClusterPool,
        source: Callable[[ClusterName], Awaitable[ResourceSource]],
        plan: ScanPlan,
        clock: Clock,
        publish: Callable[[Fact], None],
    ) -> None:
        self._pool = pool
        self._source = source
        self._rotation = KubeconfigWatch(pool, publish)
        self.coordinator = ScanCoordinator(store, plan=plan, clock=clock, publish=publish)

    async def start(self, cluster: ClusterName) -> None:
        """Raises what opening the cluster raises; from then on failures are facts on the bus, and so are changes of the kubeconfig."""
        await self._rotation.start()
        self.coordinator.start(await self._source(cluster), self._home(cluster))

    async def once(self, clusters: Sequence[ClusterName], kinds: frozenset[ResourceName]) -> list[ClusterReport]:
        """Clusters beside each other; the failure of one is in its report."""
        return [await self._once(cluster, kinds) for cluster in clusters] if len(clusters) == 1 else await self._all(clusters, kinds)

    async def reread(self, cluster: ClusterName, wanted: RefreshRequest) -> list[RefreshResult]:
        """Whole kinds by the scanner that runs, else once; a part by itself, beside whoever scans. Raises what keeps the cluster from being
        read, and NotFound for an object that nobody knows."""
        if wanted.is_part:
            targets = await self._refresh_targets(cluster, wanted)
            reports = await self.coordinator.refresh_targets(await self._source(cluster), self._home(cluster), targets)
        elif self.coordinator.is_started(cluster):
            reports = await self.coordinator.refresh(cluster, wanted.resource.name if wanted.resource else None)
        else:
            kinds = frozenset([wanted.resource.name] if wanted.resource else [])
            reports = await self.coordinator.scan_once(await self._source(cluster), self._home(cluster), kinds)
        return [_reread(report, wanted) for report in reports]

    async def _refresh_targets(self, cluster: ClusterName, wanted: RefreshRequest) -> list[RefreshTarget]:
        if wanted.resource is not None:
            return [RefreshTarget(wanted.resource, wanted.namespace, wanted.name)]
        found = await (await self._source(cluster)).discover()
        return [RefreshTarget(resource, wanted.namespace) for resource in found.resources if resource.namespaced and is_read(resource)]

    async def close(self) -> None:
        await self._rotation.stop()
        await self.coordinator.close()

    async def _all(self, clusters: Sequence[ClusterName], kinds: frozenset[ResourceName]) -> list[ClusterReport]:
        import asyncio

        return list(await asyncio.gather(*(self._once(cluster, kinds) for cluster in clusters)))

    async def _once(self, cluster: ClusterName, kinds: frozenset[ResourceName]) -> ClusterReport:
        try:
            reports = await self.coordinator.scan_once(await self._source(cluster), self._home(cluster), kinds)
        except ConsoleError as problem:
            return ClusterReport(cluster, (), problem)
        return ClusterReport(cluster, tuple(reports))

    def _home(self, cluster: ClusterName) -> str:
        return next((info.namespace for info in self._pool.contexts.list() if info.name == cluster), "")


def _reread(one: KindReport, wanted: RefreshRequest) -> RefreshResult:
    counts = (one.objects, one.added, one.changed, one.deleted)
    return RefreshResult(one.resource, *counts, one.seconds, one.error, list(one.missing), wanted.namespace, wanted.name)


def plan_of(settings: Settings, namespaces: tuple[str, ...], *, watch: bool = True) -> ScanPlan:
    scanner: ScannerSettings = settings.scanner
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
    )
