"""Anybody's SELECT: read-only because SQLite refuses the rest, not because the text was looked at."""

import contextlib
import sqlite3
import time
from typing import Any

from k8sconsole.errors import DeadlineExceeded, PolicyDenied, UsageError
from k8sconsole.store.port import ResultTable
from k8sconsole.store.sqlite.compression import unpack
from k8sconsole.store.sqlite.file.connections import MIB, CacheFile

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_TELLING_PRAGMAS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "user_version", "database_list"}
_REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer", "sqlcipher_export", "zeroblob", "randomblob", "printf", "format"}
"""The last four make gigabytes in a single step, in which nothing looks at the time."""
_STEPS_BETWEEN_LOOKS = 200
_LARGEST_VALUE = 4 * MIB
"""An API server takes objects of 1.5 MB."""
_LARGEST_ANSWER = 32 * MIB


def query(file: CacheFile, sql: str, limit: int, timeout: float) -> ResultTable:
    """timeout: seconds. ``body_json(body)`` unpacks a body. An answer ends at ``limit`` rows or some 32 MB, and says that it did.
    Raises PolicyDenied, UsageError for what is no SQL, DeadlineExceeded."""
    deadline = time.monotonic() + timeout
    with contextlib.closing(_asking(file, timeout)) as connection:
        connection.create_function("body_json", 1, lambda packed: None if packed is None else unpack(packed).decode(), deterministic=True)
        file.limit_values(connection, _LARGEST_VALUE)
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            cursor = connection.execute(sql)
            rows, truncated = _fetched(cursor, limit)
        except (*file.errors, file.dbapi.Warning) as error:
            raise _refusal(error, file, timeout) from error
        columns = tuple(column[0] for column in cursor.description or ())
    return ResultTable(columns, rows, truncated)


def _fetched(cursor: sqlite3.Cursor, limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows that fit, and whether there are more."""
    rows: list[tuple[Any, ...]] = []
    room = _LARGEST_ANSWER
    for row in cursor:
        sizes = [len(value) for value in row if isinstance(value, str | bytes)]
        if max(sizes, default=0) > _LARGEST_VALUE:
            raise _wrong("a value is too big")
        room -= sum(sizes)
        if len(rows) == limit or room < 0:
            return rows, True
        rows.append(row)
    return rows, False


def _asking(file: CacheFile, timeout: float) -> sqlite3.Connection:
    try:
        return file.reading(timeout)
    except file.errors as error:
        raise file.translated(error) from error


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _within: str | None) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second not in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in _TELLING_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _refusal(error: Exception, file: CacheFile, timeout: float) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    refused_function = "not authorized" in str(error)  # for a function SQLite reports a plain error
    if refused_function or code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
        return PolicyDenied("The cache answers questions only", str(error), "a SELECT")
    if code == sqlite3.SQLITE_INTERRUPT:
        return DeadlineExceeded(f"The query took longer than {timeout:g} s", "", "a narrower WHERE, or a longer time")
    if isinstance(error, (file.dbapi.Warning, file.dbapi.ProgrammingError)) or code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG):
        return _wrong(str(error))
    if isinstance(error, MemoryError):
        return _wrong("its values are too big")
    return file.translated(error)


def _wrong(reason: str) -> UsageError:
    return UsageError("The query cannot be run", reason, "one SELECT over the tables named by: SELECT name FROM sqlite_master")
