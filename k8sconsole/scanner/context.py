"""What the parts of one cluster's scan share, and the report that each list ends with."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import msgspec

from k8sconsole.errors import OutOfFiles
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import Fact
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.scanner.connectivity.health import ClusterHealth
from k8sconsole.scanner.list_limiter import ListLimiter
from k8sconsole.scanner.plan import ScanPlan
from k8sconsole.scanner.source import ResourceSource
from k8sconsole.scanner.watch_slots import WatchSlots
from k8sconsole.store.port import Store

Publish = Callable[[Fact], None]
"""Publishes a fact. It is called on the loop that the scanner runs on, and must not block."""


class KindReport(msgspec.Struct, frozen=True):
    """What one list of a kind did.

    objects: how many exist now. added, changed, deleted: rows written. error: empty when everything that is permitted was read.
    missing: what was not read, and why.
    """

    cluster: ClusterName
    resource: ResourceName
    objects: int = 0
    added: int = 0
    changed: int = 0
    deleted: int = 0
    seconds: float = 0.0
    error: str = ""
    missing: tuple[str, ...] = ()


ListLocks = defaultdict[tuple[ClusterName, ResourceName], asyncio.Lock]


@dataclass(frozen=True)
class ScanContext:
    """The collaborators and callbacks of one cluster's scan. The callbacks are called on the loop.

    parsers: threads that turn JSON into rows.
    home: the context's own namespace, which is read when no list of namespaces is permitted.
    rows_changed(resource, revision): called whenever rows of a kind were written or deleted.
    list_finished(report): called at the end of every list.
    out_of_files(error): called when a connection could not be opened because too many files are open.
    list_locks: shared by all scans of this process. The store discards a list of a kind when another list of it begins.
    """

    source: ResourceSource
    store: Store
    clock: Clock
    plan: ScanPlan
    parsers: Executor
    limiter: ListLimiter
    slots: WatchSlots
    health: ClusterHealth
    home: str
    rows_changed: Callable[[ResourceName, int], None]
    list_finished: Callable[[KindReport], None]
    out_of_files: Callable[[OutOfFiles], None]
    list_locks: ListLocks

    @property
    def cluster(self) -> ClusterName:
        return self.source.name


async def cancel_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels the tasks and waits until they have ended."""
    ended = list(tasks)
    for task in ended:
        task.cancel()
    await asyncio.gather(*ended, return_exceptions=True)
