"""The cache file and the ways into it: to write (one connection), to read (as many as there are readers)."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Self

from k8sconsole.errors import StoreCorrupt, StoreError
from k8sconsole.store.sqlite.file.errors import damaged_mark, translated

MIB = 1024 * 1024


class CacheFile:
    """timeout: seconds to wait for another process's lock. dbapi: the library that opens the file; errors: what it raises."""

    dbapi: Any = sqlite3
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.timeout = timeout

    def beside(self, path: Path) -> Self:
        """Another file that is opened as this one is, and waited for by nobody."""
        return type(self)(path, 0.0)

    def connect(self, mode: str, timeout: float | None = None) -> sqlite3.Connection:
        """mode: ``ro`` or ``rw``. Transactions are begun and ended by hand."""
        connection: sqlite3.Connection = self.dbapi.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self.timeout if timeout is None else timeout,
            isolation_level=None,
            check_same_thread=False,  # the thread that uses a connection is not always the one that closes it
        )
        return connection

    def writing(self) -> sqlite3.Connection:
        connection = self.connect("rw")
        connection.execute("PRAGMA synchronous = NORMAL")
        # A commit of a whole list is some megabytes; checkpointing less often than every 4 MB halves what is written.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(f"PRAGMA journal_size_limit = {64 * MIB}")
        connection.execute("PRAGMA cache_size = -8192")
        return connection

    def reading(self, timeout: float | None = None) -> sqlite3.Connection:
        connection = self.connect("ro", timeout)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA cache_size = -8192")
        return connection

    def lay(self) -> None:
        """Called once the file is there: what must be in it before several processes may open it. Nothing, here."""

    def limit_values(self, connection: sqlite3.Connection, most: int) -> None:
        """No value in an answer, nor on the way to one, takes more than so many bytes."""
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)

    def translated(self, error: Exception) -> StoreError:
        """The StoreError that says what a person can do about it; the caller raises it from ``error``."""
        return translated(error, self.path)

    def met_in_use(self, error: Exception) -> StoreError:
        """As ``translated``, and damage is remembered for the next start, which rebuilds the file."""
        problem = self.translated(error)
        if isinstance(problem, StoreCorrupt):
            with contextlib.suppress(OSError):
                damaged_mark(self.path).touch(mode=0o600)
        return problem
