"""Queries to the cache and their results: the types that the store, the tools and the faces share."""

from collections.abc import Sequence
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
    """One row of cache_metadata: the scan of one kind.

    confirmed_at: the time up to which the cached rows are known to equal the cluster: the start of a list, or the last event or bookmark
    of a watch. missing: what could not be read, and why. seconds: duration of the last list. namespaces: those that the rows cover; empty
    for the whole cluster. poll_interval: seconds between two turns of a kind that is watched in turns; 0 for others.
    """

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
    namespaces: tuple[str, ...] = ()
    poll_interval: float = 0.0


def cached_freshness(
    state: ScanState | None, context: ClusterName, namespaces: Sequence[str] = (), troubles: Sequence[str] = ()
) -> Freshness:
    """The freshness of the cached rows of a kind.

    state: None where the kind was never read. namespaces: those that are read; none means all. troubles: why the cache may be behind the
    whole cluster; they stand in place of the error of the last scan.
    """
    if state is None:
        return Freshness(Source.CACHE, None, False, (f"{context}: not read yet", *troubles))
    failed = troubles or ((f"{context}: {state.error}",) if state.status is ScanStatus.FAILED and state.error else ())
    missing = tuple(dict.fromkeys((*missing_parts(state, namespaces), *failed)))
    return Freshness(Source.CACHE, state.confirmed_at, not missing and state.confirmed_at is not None, missing, state.poll_interval)


def covers(state: ScanState | None, namespaces: Sequence[str]) -> bool:
    """Whether the cached rows of a kind include these namespaces. No namespaces means all that may be read."""
    return state is not None and (not state.namespaces or not namespaces or set(namespaces) <= set(state.namespaces))


def missing_parts(state: ScanState, namespaces: Sequence[str]) -> tuple[str, ...]:
    """What of these namespaces the rows lack. A refusal that concerns other namespaces is left out."""
    outside = f"{state.resource} outside "
    if namespaces and covers(state, namespaces):
        return tuple(reason for reason in state.missing if not reason.startswith(outside) and _concerns(reason, state.resource, namespaces))
    if state.namespaces and not any(reason.startswith(outside) for reason in state.missing):
        return (*state.missing, f"{outside}{', '.join(state.namespaces)}: only these namespaces are scanned")
    return state.missing


def _concerns(reason: str, resource: ResourceName, namespaces: Sequence[str]) -> bool:
    place = reason.removeprefix(f"{resource} in ")
    return place == reason or place.partition(":")[0] in namespaces


class ClusterRecord(msgspec.Struct, frozen=True):
    """One row of clusters. identity: a ``ClusterIdentity`` as text, empty where it is unknown.

    clock_skew: seconds by which the server's clock is ahead of this machine's. silent_groups: API groups that did not answer the last
    discovery, as ``group/version``, with the reason.
    """

    name: ClusterName
    version: str
    api_server: str
    node_count: int
    seen_at: float
    identity: str = ""
    clock_skew: float = 0.0
    silent_groups: dict[str, str] = {}


class RowQuery(msgspec.Struct, frozen=True):
    """Which rows to read. No clusters or namespaces means all of them.

    after_revision: only rows that changed since this store revision, and deletions in ``Rows.gone``. as_of: seconds since the epoch;
    returns the rows as of that time, with columns, order and filter evaluated for that time. with_bodies: also the masked JSON of the
    objects; not for a difference.
    """

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
    with_bodies: bool = False


class Rows(msgspec.Struct, frozen=True):
    """The rows that match a query. total: how many match, without the limit. next: the cursor of the next page, empty at the end.

    whole: True for all matching rows, False for a difference. A difference has in ``rows`` what changed since ``after_revision``, and in
    ``gone`` what was deleted or no longer matches. Where the record of deletions does not reach back that far, all rows are returned.
    warnings: why terms of the filter match nothing. bodies: one for each row, only with ``RowQuery.with_bodies``.
    """

    rows: list[Row]
    total: int
    revision: int
    next: str = ""
    gone: tuple[ObjectRef, ...] = ()
    warnings: tuple[str, ...] = ()
    whole: bool = True
    bodies: tuple[bytes, ...] = ()


class ToolUsage(msgspec.Struct, frozen=True):
    """One row of tool_usage_stats. avg_response_time: milliseconds."""

    tool_name: str
    usage_count: int
    success_count: int
    error_count: int
    avg_response_time: float
    last_used_at: float


class AuditEntry(msgspec.Struct, frozen=True):
    """One row of audit. phase: ``started`` or ``completed``. arguments: already masked."""

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
    """The cache file. size, wal_size: bytes. oldest: when the oldest row was observed, in seconds since the epoch."""

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
        """Bytes of the file and of its write-ahead log, which holds the newest writes."""
        return self.size + self.wal_size


class ResultTable(msgspec.Struct, frozen=True):
    """The result of an SQL query. truncated: there were more rows than the limit."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
