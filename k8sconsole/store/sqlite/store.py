"""The port, answered: each method is one statement set, sent to the writer's thread or to a reader's."""

import asyncio
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from k8sconsole.kit.clock import Clock
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.store.port import (
    AuditEntry,
    ClusterRecord,
    ResultTable,
    RowQuery,
    Rows,
    ScanState,
    StoreStatus,
    ToolRecord,
    ToolUsage,
    WriteBatch,
    WriteResult,
)
from k8sconsole.store.sqlite import adhoc, cleaning, layouts, leases, ledgers, rows, scans
from k8sconsole.store.sqlite.catalog import Catalog, Lifetimes, number
from k8sconsole.store.sqlite.objects import ObjectWriter
from k8sconsole.store.sqlite.readers import Readers
from k8sconsole.store.sqlite.writer import Writer


class SqliteStore:
    """Made by ``opening.open_store``. recovered: what a person should be told when the file had to be rebuilt, else empty."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        *,
        clock: Clock,
        timeout: float,
        readers: int,
        lifetimes: Lifetimes,
        recovered: str,
    ) -> None:
        self.path = path
        self.recovered = recovered
        self._clock = clock
        self._timeout = timeout
        self._lifetimes = lifetimes
        self._catalog = Catalog(clock, lifetimes)
        self._objects = ObjectWriter(self._catalog)
        self._tables = layouts.Tables()
        self._writer = Writer(connection, path, self._catalog.forget)
        self._readers = Readers(path, readers, timeout)

    async def write(self, batch: WriteBatch) -> WriteResult:
        return await self._writer.do(partial(self._objects.write, batch=batch), len(batch.objects) + len(batch.gone) + 1)

    async def begin_scan(self, cluster: ClusterName, resource: ResourceName) -> int:
        return await self._writer.do(lambda connection: self._objects.begin_scan(connection, cluster, resource))

    async def versions(
        self, cluster: ClusterName, resource: ResourceName, columns: tuple[str, ...]
    ) -> dict[tuple[Namespace, str], tuple[str, str]]:
        return await self._readers.do(lambda connection: rows.versions(connection, cluster, resource, columns))

    async def finish_scan(
        self, cluster: ClusterName, resource: ResourceName, scan_id: int, namespaces: Sequence[Namespace] | None = None
    ) -> WriteResult:
        now = self._clock.now()
        return await self._writer.do(lambda connection: self._objects.finish_scan(connection, cluster, resource, scan_id, namespaces, now))

    async def record_scan(self, state: ScanState) -> None:
        now = self._clock.now()
        await self._writer.do(lambda connection: scans.record_scan(connection, self._catalog, state, now))

    async def record_cluster(self, record: ClusterRecord) -> None:
        await self._writer.do(lambda connection: scans.record_cluster(connection, record, self._lifetimes.static))

    async def record_resources(self, cluster: ClusterName, resources: Sequence[ApiResource]) -> None:
        await self._writer.do(lambda connection: layouts.record_resources(connection, cluster, resources))

    async def record_tools(self, tools: Sequence[ToolRecord], ttl: float) -> None:
        now = self._clock.now()
        await self._writer.do(lambda connection: ledgers.record_tools(connection, tools, now, ttl))

    async def record_calls(self, entries: Sequence[AuditEntry]) -> None:
        await self._writer.do(lambda connection: ledgers.record_calls(connection, entries))

    async def record_figures(self, figures: Sequence[tuple[float, str, float]]) -> None:
        await self._writer.do(lambda connection: ledgers.record_figures(connection, figures))

    async def clean(self, now: float) -> int:
        def work(connection: sqlite3.Connection) -> int:
            cleaning.forget_deletions(connection, now - self._lifetimes.deletions)
            expired = self._objects.delete(connection, cleaning.expired(connection, now, self._lifetimes), now)
            return expired + cleaning.clean_ledgers(connection, now)

        return await self._writer.do(work)

    async def forget(self, cluster: ClusterName, resource: ResourceName | None = None) -> int:
        now = self._clock.now()
        return await self._writer.do(lambda connection: self._objects.forget(connection, cluster, resource, now))

    async def rows(self, query: RowQuery) -> Rows:
        now = self._clock.now()
        return await self._readers.do(lambda connection: rows.Reading(connection, query, self._tables, now).rows())

    async def bodies(self, query: RowQuery) -> list[tuple[Row, bytes]]:
        now = self._clock.now()
        return await self._readers.do(lambda connection: rows.Reading(connection, query, self._tables, now).bodies())

    async def body(self, ref: ObjectRef) -> bytes | None:
        return await self._readers.do(lambda connection: rows.read_body(connection, ref))

    async def table(self, cluster: ClusterName, resource: ResourceName) -> KindTable:
        return await self._readers.do(lambda connection: self._tables.of(connection, cluster, resource))

    async def counts(self, cluster: ClusterName) -> dict[ResourceName, int]:
        return await self._readers.do(lambda connection: rows.counts(connection, cluster))

    async def scan_states(self, cluster: ClusterName | None = None) -> list[ScanState]:
        return await self._readers.do(lambda connection: scans.scan_states(connection, cluster))

    async def clusters(self) -> list[ClusterRecord]:
        return await self._readers.do(scans.clusters)

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return await self._readers.do(lambda connection: layouts.resources(connection, cluster))

    async def tool_usage(self) -> list[ToolUsage]:
        return await self._readers.do(ledgers.tool_usage)

    async def audit(self, limit: int = 100) -> list[AuditEntry]:
        return await self._readers.do(lambda connection: ledgers.audit(connection, limit))

    async def figures(self, name: str, since: float) -> list[tuple[float, float]]:
        return await self._readers.do(lambda connection: ledgers.figures(connection, name, since))

    async def status(self) -> StoreStatus:
        return await self._readers.do(lambda connection: status(connection, self.path, self.recovered))

    async def query(self, sql: str, *, limit: int = 1000, timeout: float = 5.0) -> ResultTable:
        """On a connection of its own, so that a long query keeps no reader from its panes."""
        return await asyncio.to_thread(adhoc.query, self.path, sql, limit, timeout)

    async def revision(self) -> int:
        return await self._readers.do(lambda connection: number(connection, "revision"))

    async def changes(self, after: int) -> list[tuple[ClusterName, ResourceName, int]]:
        return await self._readers.do(lambda connection: rows.changes(connection, after))

    async def take_lease(self, name: str, holder: str, ttl: float) -> str:
        now = self._clock.now()
        return await self._writer.do(lambda connection: leases.take(connection, name, holder, now, ttl))

    async def drop_lease(self, name: str, holder: str) -> None:
        await self._writer.do(lambda connection: leases.drop(connection, name, holder))

    async def ask_scan(self, cluster: ClusterName) -> None:
        await self._writer.do(lambda connection: leases.ask(connection, cluster))

    async def asked_scans(self, cluster: ClusterName) -> int:
        return await self._readers.do(lambda connection: leases.asked(connection, cluster))

    async def close(self) -> None:
        """What was asked to be written is written first."""
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)


def status(connection: sqlite3.Connection, path: Path, note: str) -> StoreStatus:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM objects").fetchone()
    (oldest,) = connection.execute(
        "SELECT min(confirmed_at) FROM kinds k WHERE EXISTS (SELECT 1 FROM objects o WHERE o.kind_id = k.id)"
    ).fetchone()
    wal = path.with_name(f"{path.name}-wal")
    sizes = (path.stat().st_size, wal.stat().st_size if wal.exists() else 0)
    return StoreStatus(str(path), *sizes, version, objects, number(connection, "revision"), oldest, note)
