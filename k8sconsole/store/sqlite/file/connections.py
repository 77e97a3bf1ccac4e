"""The cache file and how it is opened: one connection that writes, and one for each reader."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Self

from k8sconsole.errors import StoreCorrupt, StoreError
from k8sconsole.store.sqlite.file.errors import damage_marker, translate_error

MIB = 1024 * 1024


class CacheFile:
    """timeout: seconds to wait for another process's lock. dbapi: the library that opens the file. errors: what that library raises."""

    dbapi: Any = sqlite3
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.timeout = timeout

    def sibling(self, path: Path) -> Self:
        """Another file with the same library and key, and without a lock time-out."""
        return type(self)(path, 0.0)

    def connect(self, mode: str, timeout: float | None = None) -> sqlite3.Connection:
        """mode: ``ro`` or ``rw``. The caller begins and ends transactions itself."""
        connection: sqlite3.Connection = self.dbapi.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self.timeout if timeout is None else timeout,
            isolation_level=None,
            check_same_thread=False,  # another thread may close the connection
        )
        return connection

    def open_writer(self) -> sqlite3.Connection:
        connection = self.connect("rw")
        connection.execute("PRAGMA synchronous = NORMAL")
        # A commit of a whole list is some megabytes; checkpointing less often than every 4 MB halves what is written.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(f"PRAGMA journal_size_limit = {64 * MIB}")
        connection.execute("PRAGMA cache_size = -8192")
        return connection

    def open_reader(self, timeout: float | None = None) -> sqlite3.Connection:
        connection = self.connect("ro", timeout)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA cache_size = -8192")
        return connection

    def prepare(self) -> None:
        """Writes what an empty file needs before several processes may open it. A plain file needs nothing."""

    def limit_values(self, connection: sqlite3.Connection, most: int) -> None:
        """Limits every value of a query, intermediate ones included, to ``most`` bytes."""
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)

    def translate_error(self, error: Exception) -> StoreError:
        """The StoreError for an error of the library. The caller raises it from ``error``."""
        return translate_error(error, self.path)

    def handle_error(self, error: Exception) -> StoreError:
        """As ``translate_error``, for a file in use: damage is also marked, so that the next start rebuilds the file."""
        problem = self.translate_error(error)
        if isinstance(problem, StoreCorrupt):
            with contextlib.suppress(OSError):
                damage_marker(self.path).touch(mode=0o600)
        return problem
