"""Retention: deletes the oldest versions that exceed a rule on age, number of versions of one object, or total size.

A query about a time before that gets a gap with the rule as its reason. The work is done in pieces, so that another write waits for at
most one of them. Words and dictionaries are never deleted, because they are few.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from k8sconsole.model.history.rules import DAY, HistoryRules
from k8sconsole.store.sqlite.catalog import add_to_counter, counter_value
from k8sconsole.store.sqlite.history.recorder import KEYFRAME_BYTES, ROW_BYTES

PIECE = 2000
"""Rows of one piece, which takes about 20 ms."""

_SELECT_OLD = "SELECT id, life_id, keyframe_id, cells, patch FROM versions WHERE kind_id = ? AND at < ? ORDER BY at LIMIT ?"
_SELECT_OLDEST = "SELECT id, life_id, keyframe_id, cells, patch, kind_id, at FROM versions ORDER BY at LIMIT ?"
_SELECT_FIRST = "SELECT id, life_id, keyframe_id, cells, patch, kind_id FROM versions WHERE life_id = ? ORDER BY id LIMIT ?"
_MOVE_KNOWN_SINCE = "UPDATE kinds SET known_since = max(ifnull(known_since, 0), ?), horizon = ? WHERE id = ?"
_DELETE_UNUSED_LIFE = (
    "DELETE FROM lives WHERE id = ? AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.life_id = lives.id) AND NOT EXISTS"
    " (SELECT 1 FROM objects o WHERE o.kind_id = lives.kind_id AND o.namespace = lives.namespace AND o.name = lives.name"
    " AND o.life_id = lives.id)"
)
_DELETE_UNUSED_KEYFRAME = (
    "DELETE FROM keyframes WHERE id = ? AND NOT EXISTS (SELECT 1 FROM lives WHERE id = ? AND keyframe_id = keyframes.id) AND NOT EXISTS"
    " (SELECT 1 FROM versions v WHERE v.life_id = ? AND v.keyframe_id = keyframes.id)"
    " RETURNING length(labels) + length(cells) + length(owner) + length(body)"
)

Row = Sequence[Any]


def prune(connection: sqlite3.Connection, rules: HistoryRules, now: float, grown: set[int]) -> int:
    """Deletes one piece of what exceeds the rules. Returns the number of rows, 0 when nothing exceeds them.

    grown: lives to check for their number of versions. A life within the limit is removed from the set.
    """
    return (
        _prune_by_age(connection, rules, now)
        or _prune_by_count(connection, rules, grown)
        or _prune_by_size(connection, rules.max_bytes)
        or _prune_gaps(connection)
    )


def _prune_by_age(connection: sqlite3.Connection, rules: HistoryRules, now: float) -> int:
    for kind, resource in connection.execute("SELECT id, resource FROM kinds").fetchall():
        age = rules.age_of(resource)
        rows = connection.execute(_SELECT_OLD, (kind, now - age, PIECE)).fetchall()
        if rows:
            connection.execute(_MOVE_KNOWN_SINCE, (now - age, f"versions are kept for {_format_age(age)}", kind))
            return _delete_versions(connection, rows)
    return 0


def _prune_by_count(connection: sqlite3.Connection, rules: HistoryRules, grown: set[int]) -> int:
    names = dict(connection.execute("SELECT id, resource FROM kinds"))
    while grown:
        life = grown.pop()
        kind, count = connection.execute("SELECT max(kind_id), count(*) FROM versions WHERE life_id = ?", (life,)).fetchone()
        most = rules.versions_of(names[kind]) if kind is not None else 0
        if count > most:
            grown.add(life)
            rows = connection.execute(_SELECT_FIRST, (life, min(PIECE, count - most))).fetchall()
            deleted = _delete_versions(connection, rows)
            _mark_trimmed(connection, life, f"{most} versions of an object are kept")
            return deleted
    return 0


def _mark_trimmed(connection: sqlite3.Connection, life: int, rule: str) -> None:
    """Records that tables of this kind are incomplete for times before the oldest remaining version of the object."""
    connection.execute(
        "UPDATE kinds SET trimmed_until = max(ifnull(trimmed_until, 0), ifnull((SELECT min(ifnull(began, at)) FROM versions WHERE"
        " life_id = ?), 0)), trimmed = ? WHERE id = (SELECT kind_id FROM lives WHERE id = ?)",
        (life, rule, life),
    )


def _prune_by_size(connection: sqlite3.Connection, most: int) -> int:
    if counter_value(connection, "history") <= most:
        return 0
    rows = connection.execute(_SELECT_OLDEST, (PIECE,)).fetchall()
    if not rows:
        connection.execute("UPDATE counters SET value = 0 WHERE name = 'history'")
        return 0
    until = max(row[6] for row in rows)
    for kind in {row[5] for row in rows}:
        connection.execute(_MOVE_KNOWN_SINCE, (until, f"history is limited to {most / 1e6:.0f} MB", kind))
    return _delete_versions(connection, rows)


def _delete_versions(connection: sqlite3.Connection, rows: Iterable[Row]) -> int:
    """Deletes versions, and the lives and keyframes that nothing else uses."""
    deleted = list(rows)
    connection.executemany("DELETE FROM versions WHERE id = ?", ((row[0],) for row in deleted))
    freed = sum(ROW_BYTES + len(row[3] or "") + len(row[4] or b"") for row in deleted)
    connection.executemany(_DELETE_UNUSED_LIFE, ((life,) for life in {row[1] for row in deleted}))
    for keyframe, life in {(row[2], row[1]) for row in deleted if row[2] is not None}:
        for (size,) in connection.execute(_DELETE_UNUSED_KEYFRAME, (keyframe, life, life)).fetchall():
            freed += KEYFRAME_BYTES + size
    add_to_counter(connection, "history", -freed)
    return len(deleted)


def _prune_gaps(connection: sqlite3.Connection) -> int:
    """Deletes gaps that end before ``known_since``; the time before it is one gap anyway."""
    return connection.execute(
        "DELETE FROM gaps WHERE id IN (SELECT g.id FROM gaps g JOIN kinds k ON k.id = g.kind_id WHERE g.ended <= k.known_since LIMIT ?)",
        (PIECE,),
    ).rowcount


def _format_age(age: float) -> str:
    days = age / DAY
    return f"{days:g} days" if days >= 1 else f"{age / 3600:g} hours"
