"""Anybody's SELECT: read-only because SQLite refuses the rest, not because the text was looked at."""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

from k8sconsole.errors import DeadlineExceeded, PolicyDenied, UsageError
from k8sconsole.store.port import ResultTable
from k8sconsole.store.sqlite.bodies import unpack
from k8sconsole.store.sqlite.connections import MIB, reading
from k8sconsole.store.sqlite.failures import translated

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_TELLING_PRAGMAS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "user_version", "database_list"}
_REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer", "zeroblob", "randomblob", "printf", "format"}
"""The last four make gigabytes in a single step, in which nothing looks at the time."""
_STEPS_BETWEEN_LOOKS = 200
_LARGEST_VALUE = 4 * MIB
"""An API server takes objects of 1.5 MB."""
_LARGEST_ANSWER = 32 * MIB


def query(path: Path, sql: str, limit: int, timeout: float) -> ResultTable:
    """timeout: seconds. ``body_json(body)`` unpacks a body. An answer ends at ``limit`` rows or some 32 MB, and says that it did.
    Raises PolicyDenied, UsageError for what is no SQL, DeadlineExceeded."""
    deadline = time.monotonic() + timeout
    with contextlib.closing(_asking(path, timeout)) as connection:
        connection.create_function("body_json", 1, lambda packed: None if packed is None else unpack(packed).decode(), deterministic=True)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            cursor = connection.execute(sql)
            rows, truncated = _fetched(cursor, limit)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _refusal(error, path, timeout) from error
        columns = tuple(column[0] for column in cursor.description or ())
    return ResultTable(columns, rows, truncated)


def _fetched(cursor: sqlite3.Cursor, limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows that fit, and whether there are more."""
    rows: list[tuple[Any, ...]] = []
    room = _LARGEST_ANSWER
    for row in cursor:
        room -= sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(rows) == limit or room < 0:
            return rows, True
        rows.append(row)
    return rows, False


def _asking(path: Path, timeout: float) -> sqlite3.Connection:
    try:
        return reading(path, timeout)
    except sqlite3.Error as error:
        raise translated(error, path) from error


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _within: str | None) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second not in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in _TELLING_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _refusal(error: Exception, path: Path, timeout: float) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    refused_function = "not authorized" in str(error)  # for a function SQLite reports a plain error
    if refused_function or code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
        return PolicyDenied("The cache answers questions only", str(error), "a SELECT")
    if code == sqlite3.SQLITE_INTERRUPT:
        return DeadlineExceeded(f"The query took longer than {timeout:g} s", "", "a narrower WHERE, or a longer time")
    if isinstance(error, sqlite3.Warning | sqlite3.ProgrammingError) or code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG):
        return UsageError("The query cannot be run", str(error), "one SELECT over the tables named by: SELECT name FROM sqlite_master")
    return translated(error, path) if isinstance(error, sqlite3.Error) else error
