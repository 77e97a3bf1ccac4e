"""Rows as they were at a moment: of what is still so, the present row; of what has ended since, the version that was current then."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

_CHUNK = 2000
_PRESENT = (
    "SELECT o.kind_id, o.namespace, o.name, o.uid, o.resource_version, o.created_at, o.changed_at, o.owner, o.revision, o.layout_id,"
    " o.labels, o.cells, NULL{present} FROM objects o{bodies} WHERE o.kind_id IN ({kinds}) AND o.changed_at <= ?{narrowed}"
)
_FORMER = (
    "SELECT v.kind_id, l.namespace, l.name, l.uid, v.state_version, l.created_at, v.began, f.owner, 0, f.layout_id, f.labels, f.cells,"
    " v.cells{former} FROM versions v JOIN lives l ON l.id = v.life_id JOIN keyframes f ON f.id = v.keyframe_id"
    " WHERE v.kind_id IN ({kinds}) AND v.at > ? AND v.began <= ?{narrowed}"
)

_many = msgspec.json.Decoder(list[list[Any]]).decode
_differences = msgspec.json.Decoder(list[dict[int, Any] | list[Any] | None]).decode

Found = tuple[Any, ...]


def read(
    connection: sqlite3.Connection, kinds: Sequence[int], at: float, narrowed: tuple[str, Sequence[Any]], *, bodies: bool
) -> Iterator[tuple[Found, tuple[Any, ...]]]:
    """Unsorted: (a row's facts in the order of ``rows``, its cells). With bodies, the packed body and its patch come at places 13 and 14.
    narrowed: conditions on ``namespace`` and ``name``, each begun with AND, and their values."""
    where, values = narrowed
    marks = ",".join("?" for _ in kinds)
    present, joined, former = (", b.body, NULL", " JOIN bodies b ON b.id = o.id", ", f.body, v.patch") if bodies else ("", "", "")
    # values stand behind marks
    now = _PRESENT.format(kinds=marks, narrowed=where, present=present, bodies=joined)
    then = _FORMER.format(kinds=marks, narrowed=where, former=former)
    cursor = connection.execute(f"{now} UNION ALL {then}", [*kinds, at, *values, *kinds, at, at, *values])
    while chunk := cursor.fetchmany(_CHUNK):
        cells = _many("[" + ",".join(found[11] for found in chunk) + "]")
        others = _differences("[" + ",".join(found[12] or "null" for found in chunk) + "]")
        for found, mine, other in zip(chunk, cells, others, strict=True):
            yield found, _laid(mine, other)


def _laid(cells: list[Any], other: dict[int, Any] | list[Any] | None) -> tuple[Any, ...]:
    """The keyframe's cells, with those that were others."""
    if other is None:
        return tuple(cells)
    if isinstance(other, list):
        return tuple(other)
    for place, value in other.items():
        cells[place] = value
    return tuple(cells)
