"""Many rows a statement. The interpreter may change threads around every statement: a row each takes a tenth longer to write."""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

_TOGETHER = (50, 10, 1)
"""Few sizes, so that every statement is made ready once."""


def write_many(connection: sqlite3.Connection, statement: str, lines: Sequence[tuple[Any, ...]]) -> None:
    """The statement says with ``{rows}`` where the lines' values stand, as a table of ``column1``, ``column2`` and so on. All lines are
    equally long; where rows are changed, none is named twice."""
    at = 0
    for size in _TOGETHER:
        while len(lines) - at >= size:
            part, at = lines[at : at + size], at + size
            one = f"({','.join('?' * len(part[0]))})"
            connection.execute(statement.replace("{rows}", f"VALUES {','.join([one] * size)}"), tuple(chain.from_iterable(part)))
