"""The cache file and how it is opened: one connection that writes, and one for each reader."""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from k8sconsole.errors import StoreCorrupt, StoreError, StoreLocked
from k8sconsole.store.sqlite.file.errors import damage_marker, translate_error

MIB = 1024 * 1024
_ANNOUNCE_AFTER = 1.0
_RETRY_AFTER = 0.02
"""Seconds. SQLite does not wait for every lock itself."""

T = TypeVar("T")


class CacheFile:
    """timeout: seconds to wait for another process's lock. dbapi: the library that opens the file. errors: what that library raises.

    on_wait: called from any thread once a wait for another process's lock has lasted a second.
    """

    dbapi: Any = sqlite3
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self.on_wait: Callable[[], object] = lambda: None

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
        connection = self.connect("rw", self.first_wait)
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

    @property
    def first_wait(self) -> float:
        """The time-out of connections whose statements run in ``wait_for_lock``."""
        return min(self.timeout, _ANNOUNCE_AFTER)

    def wait_for_lock(self, work: Callable[[], T]) -> T:
        """Repeats ``work`` while another process holds the lock, until the time-out. Raises what ``work`` raises."""
        began, announced = time.monotonic(), False
        while True:
            try:
                return work()
            except self.errors as error:
                waited = time.monotonic() - began
                if not isinstance(self.translate_error(error), StoreLocked) or waited >= self.timeout:
                    raise
            if waited >= _ANNOUNCE_AFTER and not announced:
                announced = True
                self.on_wait()
            time.sleep(_RETRY_AFTER)

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
