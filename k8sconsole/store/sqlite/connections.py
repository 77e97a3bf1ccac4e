"""The two ways into the file: to write (one connection), to read (as many as there are readers)."""

import sqlite3
from pathlib import Path

MIB = 1024 * 1024


def uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def connect(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    """timeout: seconds to wait for another process's lock. Transactions are begun and ended by hand."""
    # The thread that uses a connection is not always the one that closes it.
    return sqlite3.connect(uri(path, mode), uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)


def writing(path: Path, timeout: float) -> sqlite3.Connection:
    connection = connect(path, "rw", timeout)
    connection.execute("PRAGMA synchronous = NORMAL")
    # A commit of a whole list is some megabytes; checkpointing less often than every 4 MB halves what is written.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute(f"PRAGMA journal_size_limit = {64 * MIB}")
    connection.execute("PRAGMA cache_size = -8192")
    return connection


def reading(path: Path, timeout: float) -> sqlite3.Connection:
    connection = connect(path, "ro", timeout)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA cache_size = -8192")
    return connection
