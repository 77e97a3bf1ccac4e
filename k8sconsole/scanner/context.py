"""What everybody who works on one cluster shares."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from k8sconsole.kit.clock import Clock
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.scanner.connectivity.health import Reach
from k8sconsole.scanner.list_limiter import Gate
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.scanner.reports import KindReport
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.store.port import Store


@dataclass(frozen=True)
class Desk:
    """parsers: threads that turn JSON into rows. home: the namespace to read where nothing says which are allowed.

    changed(resource, revision) is called on the loop whenever rows of a kind were written or removed, settled(report) at the end of every
    list."""

    source: ResourceSource
    store: Store
    clock: Clock
    plan: ScanPlan
    parsers: Executor
    gate: Gate
    reach: Reach
    home: str
    changed: Callable[[ResourceName, int], None]
    settled: Callable[[KindReport], None]

    @property
    def cluster(self) -> ClusterName:
        return self.source.name
