"""What is read of the cache, and how it is asked for: the words that the store, the tools and the faces share."""

from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.model.filters import Filter
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName


class ScanStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ScanState(msgspec.Struct, frozen=True):
    """One row of cache_metadata. confirmed_at: until when the cached rows are known to equal the cluster (a list's start, a watch's last
    word)."""

    cluster: ClusterName
    resource: ResourceName
    status: ScanStatus
    last_scan_at: float | None = None
    next_scan_at: float | None = None
    confirmed_at: float | None = None
    error: str = ""
    record_count: int = 0
    resource_version: str = ""
    watching: bool = False
    missing: tuple[str, ...] = ()
    seconds: float = 0.0


def cached_freshness(state: ScanState | None, context: ClusterName) -> Freshness:
    """How old the cached rows of a kind are, and what they lack. None: the kind was never read."""
    if state is None:
        return Freshness(Source.CACHE, None, False, (f"{context}: not read yet",))
    failed = (f"{context}: {state.error}",) if state.status is ScanStatus.FAILED and state.error else ()
    missing = tuple(dict.fromkeys((*state.missing, *failed)))
    return Freshness(Source.CACHE, state.confirmed_at, not missing and state.confirmed_at is not None, missing)


class ClusterRecord(msgspec.Struct, frozen=True):
    """identity: a ``model.identity.Identity`` as text, empty where it is not known."""

    name: ClusterName
    version: str
    api_server: str
    node_count: int
    seen_at: float
    identity: str = ""


class RowQuery(msgspec.Struct, frozen=True):
    """Which rows. No clusters or namespaces means all. after_revision reads only what changed since (and deletions, in Rows.gone).

    as_of: the rows as they were then, seconds since the epoch; columns, order and filter mean what they would have meant then."""

    resource: ResourceName
    clusters: tuple[ClusterName, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    name: str = ""
    filter: Filter | None = None
    sort: str = ""
    descending: bool = False
    limit: int | None = None
    cursor: str = ""
    after_revision: int | None = None
    as_of: float | None = None


class Rows(msgspec.Struct, frozen=True):
    """total: how many match in all; in a difference, how many of the changed. next: the cursor that continues, empty at the end.

    whole is False for a difference: ``rows`` then holds what changed since ``after_revision`` and ``gone`` what was deleted or no longer
    matches. A difference that reaches further back than deletions are remembered comes as the whole instead.
    """

    rows: list[Row]
    total: int
    revision: int
    next: str = ""
    gone: tuple[ObjectRef, ...] = ()
    warnings: tuple[str, ...] = ()
    whole: bool = True


class ToolUsage(msgspec.Struct, frozen=True):
    """One row of tool_usage_stats; avg_response_time in milliseconds."""

    tool_name: str
    usage_count: int
    success_count: int
    error_count: int
    avg_response_time: float
    last_used_at: float


class AuditEntry(msgspec.Struct, frozen=True):
    """phase is ``started`` or ``completed``; arguments are masked before they come here."""

    at: float
    request_id: str
    caller: str
    face: str
    tool: str
    arguments: dict[str, Any]
    phase: str
    outcome: str = ""
    duration_ms: float | None = None
    error: str = ""


class StoreStatus(msgspec.Struct, frozen=True):
    """sizes in bytes."""

    path: str
    size: int
    wal_size: int
    schema_version: int
    objects: int
    revision: int
    oldest: float | None
    note: str = ""

    @property
    def on_disk(self) -> int:
        """The file and the log beside it, in which everything new stands first."""
        return self.size + self.wal_size


class ResultTable(msgspec.Struct, frozen=True):
    """truncated: there were more rows than asked for."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
