"""What is asked of any store, whichever engine keeps it. The rooms above speak to this port; SQL stays in the engine's own room.

Writes go through one writer and are durable when the awaited call returns. Reads never wait for a write. Every method may raise StoreError.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from k8sconsole.model.filters import Filter
from k8sconsole.model.objects import ParsedObject, Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName


class WriteBatch(msgspec.Struct, frozen=True):
    """Objects seen, objects gone, of one kind in one cluster. at: when they were observed, seconds since the epoch.

    scan_id marks the batches of one list: when it ends, ``Store.finish_scan`` removes what the list no longer held.
    """

    cluster: ClusterName
    resource: ResourceName
    at: float
    objects: Sequence[ParsedObject] = ()
    gone: Sequence[tuple[Namespace, str]] = ()
    scan_id: int = 0


class WriteResult(msgspec.Struct, frozen=True):
    added: int
    changed: int
    deleted: int
    unchanged: int
    revision: int


class ScanStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ScanState(msgspec.Struct, frozen=True):
    """One row of cache_metadata. confirmed_at: until when the cached rows are known to equal the cluster (a list's start, a watch's last word)."""

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


class ClusterRecord(msgspec.Struct, frozen=True):
    name: ClusterName
    version: str
    api_server: str
    node_count: int
    seen_at: float


class RowQuery(msgspec.Struct, frozen=True):
    """Which rows. No clusters or namespaces means all. after_revision reads only what changed since (and deletions, in Rows.gone)."""

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


class Rows(msgspec.Struct, frozen=True):
    """total: how many match in all. gone: objects deleted since ``after_revision``. next: the cursor that continues, empty at the end."""

    rows: list[Row]
    total: int
    revision: int
    next: str = ""
    gone: tuple[ObjectRef, ...] = ()
    warnings: tuple[str, ...] = ()


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


class ResultTable(msgspec.Struct, frozen=True):
    """truncated: there were more rows than asked for."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool


class Store(Protocol):
    async def write(self, batch: WriteBatch) -> WriteResult: ...
    async def begin_scan(self, cluster: ClusterName, resource: ResourceName) -> int:
        """A new scan_id, larger than any before."""
        ...

    async def finish_scan(
        self, cluster: ClusterName, resource: ResourceName, scan_id: int, namespaces: Sequence[Namespace] | None = None
    ) -> WriteResult:
        """Removes the rows of this kind (within ``namespaces`` when given) that no batch of ``scan_id`` held."""
        ...

    async def record_scan(self, state: ScanState) -> None: ...
    async def record_cluster(self, record: ClusterRecord) -> None: ...
    async def record_resources(self, cluster: ClusterName, resources: Sequence[ApiResource]) -> None: ...
    async def record_tools(self, tools: Sequence[ToolRecord], ttl: float) -> None: ...
    async def record_calls(self, entries: Sequence[AuditEntry]) -> None:
        """Audit rows; those of phase ``completed`` also count into tool_usage_stats."""
        ...

    async def record_figures(self, figures: Sequence[tuple[float, str, float]]) -> None:
        """(at, name, value): the facts the KPIs are computed from."""
        ...

    async def clean(self, now: float) -> int:
        """Deletes what is past its TTL and no longer confirmed; how many rows went."""
        ...

    async def forget(self, cluster: ClusterName, resource: ResourceName | None = None) -> int: ...

    async def rows(self, query: RowQuery) -> Rows: ...
    async def body(self, ref: ObjectRef) -> bytes | None: ...
    async def bodies(self, query: RowQuery) -> list[tuple[Row, bytes]]: ...
    async def counts(self, cluster: ClusterName) -> dict[ResourceName, int]: ...
    async def scan_states(self, cluster: ClusterName | None = None) -> list[ScanState]: ...
    async def clusters(self) -> list[ClusterRecord]: ...
    async def resources(self, cluster: ClusterName) -> list[ApiResource]: ...
    async def tool_usage(self) -> list[ToolUsage]: ...
    async def audit(self, limit: int = 100) -> list[AuditEntry]: ...
    async def figures(self, name: str, since: float) -> list[tuple[float, float]]: ...
    async def status(self) -> StoreStatus: ...
    async def query(self, sql: str, *, limit: int = 1000, timeout: float = 5.0) -> ResultTable:
        """Read-only by construction: whatever would write raises PolicyDenied."""
        ...

    async def revision(self) -> int:
        """The newest revision, written by this process or another: cheap enough to ask every half second."""
        ...

    async def take_lease(self, name: str, holder: str, ttl: float) -> str:
        """Takes or renews the lease; answers who holds it now."""
        ...

    async def drop_lease(self, name: str, holder: str) -> None: ...
    async def close(self) -> None: ...
