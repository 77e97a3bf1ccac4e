"""A pool of threads that read, each with a connection of its own. In WAL mode no reader waits for the writer."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from k8sconsole.errors import StoreError
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.deleted import file_identity

T = TypeVar("T")


class ReaderPool:
    """on_deleted is called on a reader's thread when the file no longer exists under its name."""

    def __init__(self, file: CacheFile, count: int, on_deleted: Callable[[], None]) -> None:
        self._file = file
        self._on_deleted = on_deleted
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix="store-reader")
        self._own = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``work`` on a reader's thread, in one snapshot of the file. Raises StoreError."""
        if self._closed:
            raise StoreError("the cache is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run_in_snapshot, work)

    def close(self) -> None:
        """Blocks until running work has ended."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        for connection in self._open:
            connection.close()

    def _run_in_snapshot(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._own_connection()
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
        except self._file.errors as error:
            raise self._file.handle_error(error) from error

    def _own_connection(self) -> sqlite3.Connection:
        """This thread's connection. It is opened again when the path names another file than before."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if (file := file_identity(self._file.path)) is None:
            self._on_deleted()
            file = file_identity(self._file.path)
        if connection is not None and (file is None or file == self._own.file):
            return connection
        if connection is not None:
            self._open.remove(connection)
            connection.close()
        connection = self._own.connection = self._file.open_reader()
        self._own.file = file
        self._open.append(connection)
        return connection
