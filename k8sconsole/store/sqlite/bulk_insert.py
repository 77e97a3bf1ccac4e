"""Statements with many rows. Python may switch threads around every statement, so one statement for each row takes a tenth longer."""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

_GROUP_SIZES = (50, 10, 1)
"""Few sizes, so that sqlite3's statement cache holds every prepared statement."""


def write_many(connection: sqlite3.Connection, statement: str, lines: Sequence[tuple[Any, ...]]) -> None:
    """Runs ``statement`` for all lines, in groups.

    statement: ``{rows}`` in it is replaced by a VALUES table with the columns ``column1``, ``column2`` and so on.
    lines: tuples of equal length. An UPDATE must not name a row twice.
    """
    start = 0
    for size in _GROUP_SIZES:
        while len(lines) - start >= size:
            part, start = lines[start : start + size], start + size
            marks = f"({','.join('?' * len(part[0]))})"
            connection.execute(statement.replace("{rows}", f"VALUES {','.join([marks] * size)}"), tuple(chain.from_iterable(part)))
