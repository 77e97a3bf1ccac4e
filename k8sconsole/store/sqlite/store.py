"""The store as one SQLite file: one writer thread, a few readers, and a class per topic of ``store.port``."""

import asyncio
import contextlib
import sqlite3
from functools import partial
from pathlib import Path

from k8sconsole.errors import StoreError
from k8sconsole.kit.clock import Clock
from k8sconsole.store.port import ResultTable, StoreStatus
from k8sconsole.store.sqlite.catalog import Catalog, Lifetimes, counter_value
from k8sconsole.store.sqlite.column_layouts import TableCache
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.history.cache_history import SqliteCacheHistory
from k8sconsole.store.sqlite.history.recorder import VersionRecorder
from k8sconsole.store.sqlite.metadata import sql_query
from k8sconsole.store.sqlite.metadata.audit_and_metrics import SqliteAuditLog
from k8sconsole.store.sqlite.metadata.expiry import CacheCleaner
from k8sconsole.store.sqlite.metadata.leases import SqliteScanSharing
from k8sconsole.store.sqlite.metadata.scan_state import SqliteCacheMetadata
from k8sconsole.store.sqlite.objects.object_cache import SqliteObjectCache
from k8sconsole.store.sqlite.objects.writer import ObjectWriter
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.writer import WriterThread


class SqliteStore:
    """Made by ``open.open_store``. recovered: a sentence for the person if the file had to be rebuilt or restored, else empty."""

    def __init__(
        self,
        file: CacheFile,
        connection: sqlite3.Connection,
        *,
        clock: Clock,
        readers: int,
        lifetimes: Lifetimes,
        recovered: str,
    ) -> None:
        self.path = file.path
        self.recovered = recovered
        self._file = file
        self._catalog = Catalog(clock, lifetimes)
        self._recorder = VersionRecorder(lifetimes.history)
        self._writer = WriterThread(connection, file, self._clear_caches, self._note_restored)
        self._readers = ReaderPool(file, readers, self._restore_file)
        tables = TableCache()
        objects = ObjectWriter(self._catalog, self._recorder)
        self.objects = SqliteObjectCache(self._readers, self._writer, objects, tables, clock)
        self.history = SqliteCacheHistory(self._readers, self._writer, self._catalog, lifetimes.history, clock)
        self.metadata = SqliteCacheMetadata(self._readers, self._writer, self._catalog, tables, lifetimes, clock)
        self.sharing = SqliteScanSharing(self._readers, self._writer, clock)
        self.audit = SqliteAuditLog(self._readers, self._writer, clock)
        self._cleaner = CacheCleaner(self._writer, objects, self._recorder, lifetimes)

    async def status(self) -> StoreStatus:
        return await self._readers.run(partial(_read_status, path=self.path, note=self.recovered))

    async def query(self, sql: str, *, limit: int = 1000, timeout: float = 5.0) -> ResultTable:
        """Uses a connection of its own, so that a long query does not occupy a reader."""
        await self._readers.run(lambda connection: None)  # restores the file if it was deleted
        return await asyncio.to_thread(sql_query.query, self._file, sql, limit, timeout)

    async def clean(self, now: float) -> int:
        return await self._cleaner.clean(now)

    async def close(self) -> None:
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)

    def _clear_caches(self) -> None:
        self._catalog.clear()
        self._recorder.clear()

    def _restore_file(self) -> None:
        with contextlib.suppress(StoreError):  # an open connection can still read the deleted file
            self._writer.flush()

    def _note_restored(self, sentence: str) -> None:
        self.recovered = sentence


def _read_status(connection: sqlite3.Connection, path: Path, note: str) -> StoreStatus:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM objects").fetchone()
    (oldest,) = connection.execute(
        "SELECT min(confirmed_at) FROM kinds k WHERE EXISTS (SELECT 1 FROM objects o WHERE o.kind_id = k.id)"
    ).fetchone()
    wal = path.with_name(f"{path.name}-wal")
    sizes = (path.stat().st_size, wal.stat().st_size if wal.exists() else 0)
    return StoreStatus(str(path), *sizes, version, objects, counter_value(connection, "revision"), oldest, note)
