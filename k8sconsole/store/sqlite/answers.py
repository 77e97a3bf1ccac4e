"""The reading half of the port: every answer comes from a reader's snapshot, and none waits for the writer."""

import asyncio
import sqlite3
from pathlib import Path

from k8sconsole.kit.clock import Clock
from k8sconsole.model.attached_servers import TrustedTool
from k8sconsole.model.history import ChangeQuery, Changes, Gap, Version, VersionHistory
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.store.port import AuditEntry, ClusterRecord, ResultTable, RowQuery, Rows, ScanState, StoreStatus, ToolUsage
from k8sconsole.store.sqlite import column_layouts as layouts
from k8sconsole.store.sqlite.catalog import number
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.history import gaps
from k8sconsole.store.sqlite.history import object_versions as past
from k8sconsole.store.sqlite.history.changes import Window
from k8sconsole.store.sqlite.metadata import audit_and_metrics as ledgers
from k8sconsole.store.sqlite.metadata import leases
from k8sconsole.store.sqlite.metadata import scan_state as scans
from k8sconsole.store.sqlite.metadata import sql_query as adhoc
from k8sconsole.store.sqlite.objects import rows
from k8sconsole.store.sqlite.readers import Readers


class Answers:
    """recovered: what a person should be told when the file had to be rebuilt, else empty."""

    def __init__(self, file: CacheFile, clock: Clock, readers: Readers, recovered: str, history: HistoryRules) -> None:
        self.path = file.path
        self.recovered = recovered
        self._file = file
        self._clock = clock
        self._readers = readers
        self._tables = layouts.Tables()
        self._history = history

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

    async def names(self, cluster: ClusterName, resource: ResourceName, part: str, *, namespace: str = "", limit: int = 50) -> list[str]:
        return await self._readers.do(lambda connection: rows.names(connection, (cluster, resource, namespace), part, limit))

    async def counts(self, cluster: ClusterName) -> dict[ResourceName, int]:
        return await self._readers.do(lambda connection: rows.counts(connection, cluster))

    async def scan_states(self, cluster: ClusterName | None = None) -> list[ScanState]:
        return await self._readers.do(lambda connection: scans.scan_states(connection, cluster))

    async def clusters(self) -> list[ClusterRecord]:
        return await self._readers.do(scans.clusters)

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return await self._readers.do(lambda connection: layouts.resources(connection, cluster))

    async def trusted_tools(self) -> list[TrustedTool]:
        return await self._readers.do(ledgers.trusted_tools)

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
        await self._readers.do(lambda connection: None)  # by now the file is there, though it had vanished
        return await asyncio.to_thread(adhoc.query, self._file, sql, limit, timeout)

    async def revision(self) -> int:
        return await self._readers.do(lambda connection: number(connection, "revision"))

    async def changes(self, after: int) -> list[tuple[ClusterName, ResourceName, int]]:
        return await self._readers.do(lambda connection: rows.changes(connection, after))

    async def versions(
        self, cluster: ClusterName, resource: ResourceName, columns: tuple[str, ...]
    ) -> dict[tuple[Namespace, str], tuple[str, str]]:
        return await self._readers.do(lambda connection: rows.versions(connection, cluster, resource, columns))

    async def asked_scans(self, cluster: ClusterName) -> int:
        return await self._readers.do(lambda connection: leases.asked(connection, cluster))

    async def gaps(
        self, since: float, until: float, *, cluster: ClusterName | None = None, resource: ResourceName | None = None
    ) -> list[Gap]:
        span, now = (since, until), self._clock.now()
        return await self._readers.do(lambda connection: gaps.gaps(connection, span, (cluster, resource), self._history, now))

    async def object_as_of(self, ref: ObjectRef, at: float) -> tuple[Version, bytes] | None:
        return await self._readers.do(lambda connection: past.as_of(connection, ref, at))

    async def life(self, ref: ObjectRef, *, since: float = 0.0, until: float | None = None, limit: int | None = None) -> VersionHistory:
        now = self._clock.now()
        span = (since, now if until is None else until)

        def work(connection: sqlite3.Connection) -> VersionHistory:
            known = [each for each in past.life(connection, ref) if since <= each.version.observed_at and _by(each.version, until)]
            kept = known if limit is None else known[max(0, len(known) - limit) :]
            versions = [(each.version, past.body(connection, each)) for each in kept]
            return VersionHistory(versions, tuple(gaps.gaps(connection, span, (ref.cluster, ref.resource), self._history, now)))

        return await self._readers.do(work)

    async def changed(self, query: ChangeQuery) -> Changes:
        now = self._clock.now()

        def work(connection: sqlite3.Connection) -> Changes:
            return Window(connection, query, gaps.of_query(connection, query, self._history, now)).changes()

        return await self._readers.do(work)

    async def known_since(self, cluster: ClusterName, resource: ResourceName) -> float | None:
        return await self._readers.do(lambda connection: gaps.known_since(connection, cluster, resource))


def _by(version: Version, until: float | None) -> bool:
    return until is None or version.observed_at <= until


def status(connection: sqlite3.Connection, path: Path, note: str) -> StoreStatus:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM objects").fetchone()
    (oldest,) = connection.execute(
        "SELECT min(confirmed_at) FROM kinds k WHERE EXISTS (SELECT 1 FROM objects o WHERE o.kind_id = k.id)"
    ).fetchone()
    wal = path.with_name(f"{path.name}-wal")
    sizes = (path.stat().st_size, wal.stat().st_size if wal.exists() else 0)
    return StoreStatus(str(path), *sizes, version, objects, number(connection, "revision"), oldest, note)
