"""A few threads that read, each over a connection of its own. Under WAL no reader waits for the writer."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from k8sconsole.errors import StoreError
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.deleted import identity

T = TypeVar("T")


class ReaderPool:
    """vanished is called, on a reader's thread, when there is no file of that name any more."""

    def __init__(self, file: CacheFile, count: int, vanished: Callable[[], None]) -> None:
        self._file = file
        self._vanished = vanished
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix="store-reader")
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``work`` on one snapshot of the file. Raises StoreError."""
        if self._closed:
            raise StoreError("The cache is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._snapshot, work)

    def close(self) -> None:
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def _snapshot(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
        except self._file.errors as error:
            raise self._file.met_in_use(error) from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if (file := identity(self._file.path)) is None:
            self._vanished()
            file = identity(self._file.path)
        if connection is not None and (file is None or file == self._mine.file):
            return connection
        if connection is not None:
            self._opened.remove(connection)
            connection.close()
        connection = self._mine.connection = self._file.reading()
        self._mine.file = file
        self._opened.append(connection)
        return connection
