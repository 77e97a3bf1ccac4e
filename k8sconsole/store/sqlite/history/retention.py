"""How long the past is kept: what is too old, too many of one object, or too much in all, goes from its oldest end on. What went is known
no longer, and that is said: questions that reach further back are told of a gap, with the rule as its reason.

The work is cut into pieces, so that whoever writes waits for one of them at most. Words and dictionaries stay: they are few.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from k8sconsole.model.history.rules import DAY, HistoryRules
from k8sconsole.store.sqlite.catalog import count_up, counter_value
from k8sconsole.store.sqlite.history.recorder import KEYFRAME_BYTES, ROW_BYTES

PIECE = 2000
"""Rows of one piece: some twenty milliseconds."""

_OLD = "SELECT id, life_id, keyframe_id, cells, patch FROM versions WHERE kind_id = ? AND at < ? ORDER BY at LIMIT ?"
_OLDEST = "SELECT id, life_id, keyframe_id, cells, patch, kind_id, at FROM versions ORDER BY at LIMIT ?"
_FIRST = "SELECT id, life_id, keyframe_id, cells, patch, kind_id FROM versions WHERE life_id = ? ORDER BY id LIMIT ?"
_FORGET = "UPDATE kinds SET known_since = max(ifnull(known_since, 0), ?), horizon = ? WHERE id = ?"
_UNUSED_LIFE = (
    "DELETE FROM lives WHERE id = ? AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.life_id = lives.id) AND NOT EXISTS"
    " (SELECT 1 FROM objects o WHERE o.kind_id = lives.kind_id AND o.namespace = lives.namespace AND o.name = lives.name"
    " AND o.life_id = lives.id)"
)
_UNUSED_KEYFRAME = (
    "DELETE FROM keyframes WHERE id = ? AND NOT EXISTS (SELECT 1 FROM lives WHERE id = ? AND keyframe_id = keyframes.id) AND NOT EXISTS"
    " (SELECT 1 FROM versions v WHERE v.life_id = ? AND v.keyframe_id = keyframes.id)"
    " RETURNING length(labels) + length(cells) + length(owner) + length(body)"
)

Row = Sequence[Any]


def prune(connection: sqlite3.Connection, rules: HistoryRules, now: float, grown: set[int]) -> int:
    """One piece of what the rules want gone; how many rows went, 0 when all is within them. grown: lives to count, taken out once
    they are within their limit."""
    return (
        _by_age(connection, rules, now)
        or _by_count(connection, rules, grown)
        or _by_size(connection, rules.max_bytes)
        or _forget_gaps(connection)
    )


def _by_age(connection: sqlite3.Connection, rules: HistoryRules, now: float) -> int:
    for kind, resource in connection.execute("SELECT id, resource FROM kinds").fetchall():
        age = rules.age_of(resource)
        rows = connection.execute(_OLD, (kind, now - age, PIECE)).fetchall()
        if rows:
            connection.execute(_FORGET, (now - age, f"versions are kept for {_days(age)}", kind))
            return _delete(connection, rows)
    return 0


def _by_count(connection: sqlite3.Connection, rules: HistoryRules, grown: set[int]) -> int:
    names = dict(connection.execute("SELECT id, resource FROM kinds"))
    while grown:
        life = grown.pop()
        kind, count = connection.execute("SELECT max(kind_id), count(*) FROM versions WHERE life_id = ?", (life,)).fetchone()
        most = rules.versions_of(names[kind]) if kind is not None else 0
        if count > most:
            grown.add(life)
            rows = connection.execute(_FIRST, (life, min(PIECE, count - most))).fetchall()
            went = _delete(connection, rows)
            _shorten(connection, life, f"of an object {most} versions are kept")
            return went
    return 0


def _shorten(connection: sqlite3.Connection, life: int, rule: str) -> None:
    """What an object was before its oldest kept version is not known; of a table of its kind that is said for all of it."""
    connection.execute(
        "UPDATE kinds SET trimmed_until = max(ifnull(trimmed_until, 0), ifnull((SELECT min(ifnull(began, at)) FROM versions WHERE"
        " life_id = ?), 0)), trimmed = ? WHERE id = (SELECT kind_id FROM lives WHERE id = ?)",
        (life, rule, life),
    )


def _by_size(connection: sqlite3.Connection, most: int) -> int:
    if counter_value(connection, "history") <= most:
        return 0
    rows = connection.execute(_OLDEST, (PIECE,)).fetchall()
    if not rows:
        connection.execute("UPDATE counters SET value = 0 WHERE name = 'history'")
        return 0
    until = max(row[6] for row in rows)
    for kind in {row[5] for row in rows}:
        connection.execute(_FORGET, (until, f"all versions together may take {most / 1e6:.0f} MB", kind))
    return _delete(connection, rows)


def _delete(connection: sqlite3.Connection, rows: Iterable[Row]) -> int:
    """Versions, with the lives and keyframes that nothing else needs."""
    gone = list(rows)
    connection.executemany("DELETE FROM versions WHERE id = ?", ((row[0],) for row in gone))
    freed = sum(ROW_BYTES + len(row[3] or "") + len(row[4] or b"") for row in gone)
    connection.executemany(_UNUSED_LIFE, ((life,) for life in {row[1] for row in gone}))
    for keyframe, life in {(row[2], row[1]) for row in gone if row[2] is not None}:
        for (size,) in connection.execute(_UNUSED_KEYFRAME, (keyframe, life, life)).fetchall():
            freed += KEYFRAME_BYTES + size
    count_up(connection, "history", -freed)
    return len(gone)


def _forget_gaps(connection: sqlite3.Connection) -> int:
    """Those before what is known at all are part of that one."""
    return connection.execute(
        "DELETE FROM gaps WHERE id IN (SELECT g.id FROM gaps g JOIN kinds k ON k.id = g.kind_id WHERE g.ended <= k.known_since LIMIT ?)",
        (PIECE,),
    ).rowcount


def _days(age: float) -> str:
    days = age / DAY
    return f"{days:g} days" if days >= 1 else f"{age / 3600:g} hours"
