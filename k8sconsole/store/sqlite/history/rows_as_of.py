"""Rows as of a time: the present row of an object that has not changed since, else the version that was current then."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

_CHUNK = 2000
_SELECT_PRESENT = (
    "SELECT o.kind_id, o.namespace, o.name, o.uid, o.resource_version, o.created_at, o.changed_at, o.owner, o.revision, o.layout_id,"
    " o.labels, o.cells, NULL{present} FROM objects o{bodies} WHERE o.kind_id IN ({kinds}) AND o.changed_at <= ?{conditions}"
)
_SELECT_FORMER = (
    "SELECT v.kind_id, l.namespace, l.name, l.uid, v.state_version, l.created_at, v.began, f.owner, 0, f.layout_id, f.labels, f.cells,"
    " v.cells{former} FROM versions v JOIN lives l ON l.id = v.life_id JOIN keyframes f ON f.id = v.keyframe_id"
    " WHERE v.kind_id IN ({kinds}) AND v.at > ? AND v.began <= ?{conditions}"
)

_decode_cells = msgspec.json.Decoder(list[list[Any]]).decode
_decode_differences = msgspec.json.Decoder(list[dict[int, Any] | list[Any] | None]).decode

Found = tuple[Any, ...]


def read_rows(
    connection: sqlite3.Connection, kinds: Sequence[int], at: float, conditions: tuple[str, Sequence[Any]], *, bodies: bool
) -> Iterator[tuple[Found, tuple[Any, ...]]]:
    """Yields (columns in the order of ``rows._COLUMNS``, cells), unsorted. With bodies, columns 13 and 14 are the packed body and patch.

    conditions: SQL conditions on ``namespace`` and ``name``, each beginning with AND, and their values.
    """
    where, values = conditions
    placeholders = ",".join("?" for _ in kinds)
    present, joined, former = (", b.body, NULL", " JOIN bodies b ON b.id = o.id", ", f.body, v.patch") if bodies else ("", "", "")
    now = _SELECT_PRESENT.format(kinds=placeholders, conditions=where, present=present, bodies=joined)
    then = _SELECT_FORMER.format(kinds=placeholders, conditions=where, former=former)
    cursor = connection.execute(f"{now} UNION ALL {then}", [*kinds, at, *values, *kinds, at, at, *values])
    while chunk := cursor.fetchmany(_CHUNK):
        cells = _decode_cells("[" + ",".join(found[11] for found in chunk) + "]")
        others = _decode_differences("[" + ",".join(found[12] or "null" for found in chunk) + "]")
        for found, base, other in zip(chunk, cells, others, strict=True):
            yield found, _apply_difference(base, other)


def _apply_difference(cells: list[Any], other: dict[int, Any] | list[Any] | None) -> tuple[Any, ...]:
    """cells: of the keyframe. other: the differing cells by position, or all cells."""
    if other is None:
        return tuple(cells)
    if isinstance(other, list):
        return tuple(other)
    for place, value in other.items():
        cells[place] = value
    return tuple(cells)
