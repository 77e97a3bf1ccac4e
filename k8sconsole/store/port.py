"""What is asked of any store, whichever engine keeps it. The rooms above speak to this port; SQL stays in the engine's own room.

Writes go through one writer and are durable when the awaited call returns. Reads never wait for a write. Every method may raise StoreError.
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
    "ClusterRecord",
    "ResultTable",
    "RowQuery",
    "Rows",
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
    """Objects seen, objects gone, of one kind in one cluster. at: when they were observed, seconds since the epoch.

    scan_id marks the batches of one list: when it ends, ``Store.finish_scan`` removes what the list no longer held. columns: the names of
    the columns the objects' cells stand under; a row laid out under others is rewritten even when its resource_version is the same.
    unchanged: objects of the list that are known to be kept as they are, see ``Store.versions``.
    since: a revision; whose row was written or removed after it is left as it is. For what was read beside a watch, which may have said
    more of it meanwhile.
    ``gone`` is applied before ``objects``; an object named twice counts as its last mention, so several versions of one object come in
    several batches.
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


class ScanWriter(Protocol):
    """What a scan writes."""

    async def write(self, batch: WriteBatch) -> WriteResult: ...
    async def begin_scan(self, cluster: ClusterName, resource: ResourceName) -> int:
        """A new scan_id, larger than any before."""
        ...

    async def versions(
        self, cluster: ClusterName, resource: ResourceName, columns: tuple[str, ...]
    ) -> dict[tuple[Namespace, str], tuple[str, str]]:
        """(uid, resource_version) of every object kept under these columns: what a list finds again just so need not be written."""
        ...

    async def finish_scan(
        self, cluster: ClusterName, resource: ResourceName, scan_id: int, namespaces: Sequence[Namespace] | None = None
    ) -> WriteResult:
        """Removes the rows of this kind (within ``namespaces`` when given) that no batch of ``scan_id`` held."""
        ...

    async def record_scan(self, state: ScanState) -> None: ...
    async def record_cluster(self, record: ClusterRecord) -> None: ...
    async def record_resources(self, cluster: ClusterName, resources: Sequence[ApiResource]) -> None: ...
    async def lay_anew(self, cluster: ClusterName, resource: ResourceName) -> None:
        """The kind is served in another version: its rows stay, and the next list writes each of them anew though its resource_version is
        the same."""
        ...

    async def clean(self, now: float) -> int:
        """Deletes what is past its TTL and has been superseded; how many rows went. The last known state of a cluster that cannot be read
        stays readable, however old, until its time for offline reading is over."""
        ...

    async def forget(self, cluster: ClusterName, resource: ResourceName | None = None) -> int: ...


class CacheReader(Protocol):
    """What was seen, read back."""

    async def rows(self, query: RowQuery) -> Rows: ...
    async def table(self, cluster: ClusterName, resource: ResourceName) -> KindTable:
        """The columns under which ``rows`` lays out the cells of this kind, a CRD's own printer columns included."""
        ...

    async def body(self, ref: ObjectRef) -> bytes | None:
        """The object's masked JSON. A ref with a uid does not find a later object of the same name."""
        ...

    async def bodies(self, query: RowQuery) -> list[tuple[Row, bytes]]: ...
    async def names(self, cluster: ClusterName, resource: ResourceName, part: str, *, namespace: str = "", limit: int = 50) -> list[str]:
        """Names of objects that hold ``part`` in any case: first those that begin with it, each group in order. No namespace means all."""
        ...

    async def counts(self, cluster: ClusterName) -> dict[ResourceName, int]: ...
    async def scan_states(self, cluster: ClusterName | None = None) -> list[ScanState]: ...
    async def clusters(self) -> list[ClusterRecord]: ...
    async def resources(self, cluster: ClusterName) -> list[ApiResource]: ...
    async def revision(self) -> int:
        """The newest revision, written by this process or another: cheap enough to ask every half second."""
        ...

    async def changes(self, after: int) -> list[tuple[ClusterName, ResourceName, int]]:
        """The kinds in which something was written or deleted after that revision, with the newest revision of each."""
        ...


class History(Protocol):
    """What was seen and is no longer so. ``CacheReader.rows`` and ``bodies`` answer for the past when the query has ``as_of``."""

    async def record_gap(self, gap: Gap) -> None:
        """Nobody could have seen what this kind went through in that time."""
        ...

    async def gaps(
        self, since: float, until: float, *, cluster: ClusterName | None = None, resource: ResourceName | None = None
    ) -> list[Gap]:
        """What touches that time, the present gap of a kind that is not being watched included, oldest first."""
        ...

    async def object_as_of(self, ref: ObjectRef, at: float) -> tuple[Version, bytes] | None:
        """The version that was current then, with its masked JSON; None where none is known."""
        ...

    async def life(self, ref: ObjectRef, *, since: float = 0.0, until: float | None = None, limit: int | None = None) -> VersionHistory:
        """Every kept version of the objects of that name (of the one with the ref's uid, if it has one); with a limit, the newest."""
        ...

    async def changed(self, query: ChangeQuery) -> Changes: ...
    async def known_since(self, cluster: ClusterName, resource: ResourceName) -> float | None:
        """From when on this kind's past can be told: its first list, or what retention has left. None when it was never read."""
        ...


class Ledger(Protocol):
    """What was done: the tools, their use, the audit, the figures; and the file as a whole."""

    async def record_tools(self, tools: Sequence[ToolRecord], ttl: float) -> None: ...
    async def trust_tools(self, tools: Sequence[TrustedTool]) -> None:
        """What these tools of attached servers look like is what a person has seen of them."""
        ...

    async def trusted_tools(self) -> list[TrustedTool]: ...
    async def record_calls(self, entries: Sequence[AuditEntry]) -> None:
        """Audit rows; those of phase ``completed`` also count into tool_usage_stats."""
        ...

    async def record_figures(self, figures: Sequence[tuple[float, str, float]]) -> None:
        """(at, name, value): the facts the KPIs are computed from."""
        ...

    async def tool_usage(self) -> list[ToolUsage]: ...
    async def audit(self, limit: int = 100) -> list[AuditEntry]: ...
    async def figures(self, name: str, since: float) -> list[tuple[float, float]]: ...
    async def status(self) -> StoreStatus: ...
    async def query(self, sql: str, *, limit: int = 1000, timeout: float = 5.0) -> ResultTable:
        """Read-only by construction: whatever would write raises PolicyDenied."""
        ...


class Leases(Protocol):
    """Who scans what, among the processes that share the store."""

    async def take_lease(self, name: str, holder: str, ttl: float) -> str:
        """Takes or renews the lease; answers who holds it now."""
        ...

    async def drop_lease(self, name: str, holder: str) -> None: ...
    async def ask_scan(self, cluster: ClusterName) -> None:
        """Leaves word for the process that scans this cluster: somebody wants everything listed anew."""
        ...

    async def asked_scans(self, cluster: ClusterName) -> int:
        """How often that was asked so far."""
        ...


class Store(ScanWriter, CacheReader, History, Ledger, Leases, Protocol):
    """Everything, and its end."""

    async def close(self) -> None: ...
