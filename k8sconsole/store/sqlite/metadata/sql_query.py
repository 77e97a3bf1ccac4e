"""SQL queries of a person or a tool. SQLite itself refuses every statement that would write; the text is not parsed here."""

import contextlib
import sqlite3
import time
from typing import Any

from k8sconsole.errors import DeadlineExceeded, PolicyDenied, UsageError
from k8sconsole.store.port import ResultTable
from k8sconsole.store.sqlite.compression import unpack
from k8sconsole.store.sqlite.file.connections import MIB, CacheFile

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_READING_PRAGMAS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "user_version", "database_list"}
_REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer", "sqlcipher_export", "zeroblob", "randomblob", "printf", "format"}
"""The last four create gigabytes in one step of SQLite, and the time limit is checked only between steps."""
_STEPS_BETWEEN_TIME_CHECKS = 200
_LARGEST_VALUE = 4 * MIB
"""Bytes. An API server accepts objects of up to 1.5 MB."""
_LARGEST_RESULT = 32 * MIB


def query(file: CacheFile, sql: str, limit: int, timeout: float) -> ResultTable:
    """Runs one statement on a connection of its own. In it, ``body_json(body)`` unpacks a body.

    The result ends after ``limit`` rows or 32 MB and is then marked as truncated. timeout: seconds. Raises PolicyDenied for a statement
    that would write, UsageError for invalid SQL, DeadlineExceeded.
    """
    deadline = time.monotonic() + timeout
    with contextlib.closing(_open_connection(file, timeout)) as connection:
        connection.create_function("body_json", 1, lambda packed: None if packed is None else unpack(packed).decode(), deterministic=True)
        file.limit_values(connection, _LARGEST_VALUE)
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_TIME_CHECKS)
        try:
            cursor = connection.execute(sql)
            rows, truncated = _fetch_rows(cursor, limit)
        except (*file.errors, file.dbapi.Warning) as error:
            raise _translate_error(error, file, timeout) from error
        columns = tuple(column[0] for column in cursor.description or ())
    return ResultTable(columns, rows, truncated)


def _fetch_rows(cursor: sqlite3.Cursor, limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows that fit into the limits, and whether there are more."""
    rows: list[tuple[Any, ...]] = []
    left = _LARGEST_RESULT
    for row in cursor:
        sizes = [len(value) for value in row if isinstance(value, str | bytes)]
        if max(sizes, default=0) > _LARGEST_VALUE:
            raise _invalid_query("a value is too big")
        left -= sum(sizes)
        if len(rows) == limit or left < 0:
            return rows, True
        rows.append(row)
    return rows, False


def _open_connection(file: CacheFile, timeout: float) -> sqlite3.Connection:
    try:
        return file.open_reader(timeout)
    except file.errors as error:
        raise file.translate_error(error) from error


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _within: str | None) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second not in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in _READING_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _translate_error(error: Exception, file: CacheFile, timeout: float) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    refused_function = "not authorized" in str(error)  # SQLite reports a refused function as a plain error
    if refused_function or code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
        return PolicyDenied("the cache can only be read", str(error), "a SELECT")
    if code == sqlite3.SQLITE_INTERRUPT:
        return DeadlineExceeded(f"the query took longer than {timeout:g} s", "", "a WHERE that matches fewer rows")
    if isinstance(error, (file.dbapi.Warning, file.dbapi.ProgrammingError)) or code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG):
        return _invalid_query(str(error))
    if isinstance(error, MemoryError):
        return _invalid_query("its values are too big")
    return file.translate_error(error)


def _invalid_query(reason: str) -> UsageError:
    return UsageError("the query cannot be run", reason, "one SELECT; its tables: SELECT name FROM sqlite_master")
