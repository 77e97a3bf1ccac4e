"""The interface of the store, independent of its engine. Callers use these protocols; SQL stays in the engine's package.

``Store`` groups the methods by topic: ``objects``, ``history``, ``metadata``, ``sharing`` and ``audit``.

A write is durable when the awaited call returns. A read never waits for a write. Every method may raise StoreError.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from k8sconsole.model.attached_servers import TrustedTool
from k8sconsole.model.cache_records import (
    AuditEntry,
    ClusterRecord,
    ResultTable,
    RowQuery,
    Rows,
    ScanState,
    ScanStatus,
    StoreStatus,
    ToolUsage,
)
from k8sconsole.model.history import ChangeQuery, Changes, Gap, Version, VersionHistory
from k8sconsole.model.objects import DeletedObject, ParsedObject, Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable

__all__ = [
    "AuditEntry",
    "AuditLog",
    "CacheHistory",
    "CacheMetadata",
    "ClusterRecord",
    "ObjectCache",
    "ResultTable",
    "RowQuery",
    "Rows",
    "ScanSharing",
    "ScanState",
    "ScanStatus",
    "Store",
    "StoreStatus",
    "ToolRecord",
    "ToolUsage",
    "WriteBatch",
    "WriteResult",
]


class WriteBatch(msgspec.Struct, frozen=True):
    """Objects of one kind in one cluster, read or deleted.

    at: when they were observed, seconds since the epoch.
    objects: present objects. Of an object that appears twice the last entry counts, so several versions of it need several batches.
    gone: deleted objects. They are applied before ``objects``.
    scan_id: the list that this batch belongs to. ``ObjectCache.finish_scan`` deletes the rows that the list did not contain.
    columns: the names of the columns of ``ParsedObject.cells``. A row that is stored under other columns is rewritten.
    unchanged: objects of the list that are already stored in this version; see ``ObjectCache.known_versions``.
    since: a revision. A row that was written or deleted after it is not changed. Set it for a read beside a watch, because the watch
    may have written something newer meanwhile.
    """

    cluster: ClusterName
    resource: ResourceName
    at: float
    objects: Sequence[ParsedObject] = ()
    gone: Sequence[DeletedObject] = ()
    scan_id: int = 0
    columns: tuple[str, ...] = ()
    unchanged: Sequence[tuple[Namespace, str]] = ()
    since: int | None = None


class WriteResult(msgspec.Struct, frozen=True):
    """Numbers of rows, and the store's revision after the write."""

    added: int
    changed: int
    deleted: int
    unchanged: int
    revision: int


class ToolRecord(msgspec.Struct, frozen=True):
    """One row of mcp_tools."""

    name: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    resource_types: tuple[str, ...]
    operation_types: tuple[str, ...]
    required_params: tuple[str, ...]
    optional_params: tuple[str, ...]
    scope: str
    output_format: str
    cache_friendly: bool
    risk: str
    toolset: str
    origin: str = "builtin"


class ObjectCache(Protocol):
    """The newest known version of every object, and the writing of scans and watches."""

    async def rows(self, query: RowQuery) -> Rows:
        """Raises UsageError for an unknown sort column or for a cursor of another query. With ``as_of`` it reads from history."""
        ...

    async def bodies(self, query: RowQuery) -> list[tuple[Row, bytes]]:
        """The rows of ``query``, each with the object's masked JSON."""
        ...

    async def body(self, ref: ObjectRef) -> bytes | None:
        """The object's masked JSON. A ref with a uid does not find a later object of the same name."""
        ...

    async def names(self, cluster: ClusterName, resource: ResourceName, part: str, *, namespace: str = "", limit: int = 50) -> list[str]:
        """Object names that contain ``part``, ignoring case, for completion.

        Names that begin with ``part`` come first; each group is sorted. An empty namespace means all namespaces.
        """
        ...

    async def counts(self, cluster: ClusterName) -> dict[ResourceName, int]:
        """The number of objects of each kind that has any."""
        ...

    async def revision(self) -> int:
        """The newest revision, written by this process or another. It is cheap enough to call every half second."""
        ...

    async def changed_kinds(self, after: int) -> list[tuple[ClusterName, ResourceName, int]]:
        """The kinds with a write or deletion after revision ``after``, each with its newest revision."""
        ...

    async def write(self, batch: WriteBatch) -> WriteResult: ...
    async def begin_scan(self, cluster: ClusterName, resource: ResourceName) -> int:
        """Returns a new scan_id, larger than all before. An unfinished scan of the same kind in this process is discarded."""
        ...

    async def finish_scan(
        self, cluster: ClusterName, resource: ResourceName, scan_id: int, namespaces: Sequence[Namespace] | None = None
    ) -> WriteResult:
        """Deletes the rows of this kind that no batch of ``scan_id`` contained; with ``namespaces``, only rows in these namespaces.

        Raises StoreError when the scan is not running.
        """
        ...

    async def known_versions(
        self, cluster: ClusterName, resource: ResourceName, columns: tuple[str, ...]
    ) -> dict[tuple[Namespace, str], tuple[str, str]]:
        """(uid, resource_version) of every row stored under exactly these columns.

        An object that a list returns with the same pair need not be written again; see ``WriteBatch.unchanged``.
        """
        ...

    async def relayout(self, cluster: ClusterName, resource: ResourceName) -> None:
        """Call this when a kind is served in another version. Its rows stay, and the next list rewrites each of them even if its
        resource_version is the same."""
        ...

    async def delete(self, cluster: ClusterName, resource: ResourceName | None = None) -> int:
        """Deletes all objects of a cluster, or of one kind in it, and resets its scan state. Returns the number of rows.

        History keeps the deleted versions and records a gap.
        """
        ...


class CacheHistory(Protocol):
    """Earlier versions of objects. ``ObjectCache.rows`` and ``bodies`` return past rows when the query has ``as_of``."""

    async def object_as_of(self, ref: ObjectRef, at: float) -> tuple[Version, bytes] | None:
        """The version that was current at ``at``, with its masked JSON; None when none is known."""
        ...

    async def versions(self, ref: ObjectRef, *, since: float = 0.0, until: float | None = None, limit: int | None = None) -> VersionHistory:
        """Every stored version of the objects with this name, oldest first, and the gaps between them.

        A ref with a uid selects one object. With ``limit``, only the newest versions are returned.
        """
        ...

    async def changes(self, query: ChangeQuery) -> Changes:
        """One page of what changed between two times, newest first. Raises UsageError for a cursor of another query."""
        ...

    async def known_since(self, cluster: ClusterName, resource: ResourceName) -> float | None:
        """The earliest time for which history can answer: the first list, or the retention limit. None for a kind that was never read."""
        ...

    async def gaps(
        self, since: float, until: float, *, cluster: ClusterName | None = None, resource: ResourceName | None = None
    ) -> list[Gap]:
        """The gaps that overlap this time, oldest first. A kind that is not watched at present has an open gap."""
        ...

    async def record_gap(self, gap: Gap) -> None:
        """Records a time in which no process could observe this kind."""
        ...


class CacheMetadata(Protocol):
    """What is known about clusters and their kinds: discovery, columns, and the state of scans."""

    async def clusters(self) -> list[ClusterRecord]: ...
    async def record_cluster(self, record: ClusterRecord) -> None: ...
    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        """The kinds of the last discovery, sorted by name."""
        ...

    async def record_resources(self, cluster: ClusterName, resources: Sequence[ApiResource]) -> None: ...
    async def table(self, cluster: ClusterName, resource: ResourceName) -> KindTable:
        """The columns in which ``ObjectCache.rows`` returns the cells of this kind, including a CRD's printer columns."""
        ...

    async def scan_states(self, cluster: ClusterName | None = None) -> list[ScanState]: ...
    async def record_scan(self, state: ScanState) -> None: ...


class ScanSharing(Protocol):
    """Coordination of the processes that share the store: leases, and requests to the process that holds one."""

    async def take_lease(self, name: str, holder: str, ttl: float) -> str:
        """Takes the lease, or renews it, for ``ttl`` seconds if it is free or expired. Returns the present holder."""
        ...

    async def release_lease(self, name: str, holder: str) -> None: ...
    async def request_rescan(self, cluster: ClusterName) -> None:
        """Requests a new list of every kind from the process that scans this cluster."""
        ...

    async def rescan_requests(self, cluster: ClusterName) -> int:
        """The number of rescan requests so far. It never decreases."""
        ...


class AuditLog(Protocol):
    """Tools, their calls, and the figures from which the KPIs are computed."""

    async def entries(self, limit: int = 100) -> list[AuditEntry]:
        """The newest first."""
        ...

    async def record_calls(self, entries: Sequence[AuditEntry]) -> None:
        """Writes audit rows. Rows of phase ``completed`` also count in tool_usage_stats."""
        ...

    async def tool_usage(self) -> list[ToolUsage]:
        """The most used tool first."""
        ...

    async def record_tools(self, tools: Sequence[ToolRecord], ttl: float) -> None:
        """Replaces the catalogue of the tools' origins. ttl: seconds until a row expires."""
        ...

    async def trust_tools(self, tools: Sequence[TrustedTool]) -> None:
        """Records that a person has approved these definitions of attached servers' tools."""
        ...

    async def trusted_tools(self) -> list[TrustedTool]: ...
    async def record_figures(self, figures: Sequence[tuple[float, str, float]]) -> None:
        """figures: (at, name, value)."""
        ...

    async def figures(self, name: str, since: float) -> list[tuple[float, float]]:
        """(at, value), oldest first."""
        ...


class Store(Protocol):
    """The whole store, by topic."""

    @property
    def objects(self) -> ObjectCache: ...
    @property
    def history(self) -> CacheHistory: ...
    @property
    def metadata(self) -> CacheMetadata: ...
    @property
    def sharing(self) -> ScanSharing: ...
    @property
    def audit(self) -> AuditLog: ...

    async def status(self) -> StoreStatus: ...
    async def query(self, sql: str, *, limit: int = 1000, timeout: float = 5.0) -> ResultTable:
        """Runs one read-only statement on a connection that cannot write. timeout: seconds.

        Raises PolicyDenied for a statement that would write, UsageError for invalid SQL, DeadlineExceeded after ``timeout``.
        """
        ...

    async def clean(self, now: float) -> int:
        """Deletes expired rows and applies retention. Returns the number of deleted rows.

        The last known state of an unreachable cluster stays readable for the time that ``Lifetimes.offline`` allows.
        """
        ...

    async def close(self) -> None:
        """Writes what is queued, then closes the file. Later calls raise StoreError."""
        ...
