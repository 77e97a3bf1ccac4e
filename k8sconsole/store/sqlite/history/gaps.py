"""The times when nobody was watching: what was told of them, what follows from the state of the scans, and what came before it all."""

import sqlite3
from collections.abc import Iterable, Sequence

from k8sconsole.model.history import ChangeQuery, Gap
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.refs import ClusterName, ResourceName

_FIRST = "before the first look"
_NEVER = "never read"
_NOT_KEPT = "no history is kept of this kind"
_UNWATCHED = "nobody is watching"
_SILENT = 300.0
"""Seconds without a word from a watch whose process left no lease: it is gone."""

_TOLD = "SELECT began, ended, reason FROM gaps WHERE kind_id = ? AND began <= ? AND ifnull(ended, 9e99) >= ? ORDER BY began"
_KINDS = """SELECT k.id, k.cluster, k.resource, k.confirmed_at, k.error, k.looked_at, k.known_since, k.horizon, k.trimmed_until,
    k.trimmed,
    k.watching AND CASE WHEN l.name IS NULL THEN k.confirmed_at > :now - :silent ELSE l.expires_at > :now END
    FROM kinds k LEFT JOIN leases l ON l.name = 'scan:' || k.cluster
    WHERE k.cluster = ifnull(:cluster, k.cluster) AND k.resource = ifnull(:resource, k.resource) ORDER BY k.cluster, k.resource"""

Span = tuple[float, float | None, str]


def record_gap(connection: sqlite3.Connection, kind: int, gap: Gap) -> None:
    """One that has ended takes the place of the open one it began as."""
    if gap.ended is not None:
        connection.execute("DELETE FROM gaps WHERE kind_id = ? AND ended IS NULL AND began <= ?", (kind, gap.ended))
    facts = (kind, gap.began, gap.ended, gap.reason)
    connection.execute("INSERT INTO gaps (kind_id, began, ended, reason) VALUES (?, ?, ?, ?)", facts)


def open_gap(connection: sqlite3.Connection, kind: int, at: float, reason: str) -> None:
    """From now on nothing is known, until ``mark_known``; of what is unknown already it is known since when."""
    if connection.execute("SELECT 1 FROM gaps WHERE kind_id = ? AND ended IS NULL", (kind,)).fetchone() is None:
        (confirmed,) = connection.execute("SELECT ifnull(confirmed_at, ?) FROM kinds WHERE id = ?", (at, kind)).fetchone()
        record_gap(connection, kind, Gap(ClusterName(""), ResourceName(""), min(at, confirmed), None, reason))


def mark_known(connection: sqlite3.Connection, kind: int, at: float) -> None:
    """A list has ended: the kind is known from now on, and again where it was lost out of sight."""
    connection.execute("UPDATE kinds SET known_since = ? WHERE id = ? AND known_since IS NULL", (at, kind))
    connection.execute("UPDATE gaps SET ended = max(began, ?) WHERE kind_id = ? AND ended IS NULL", (at, kind))


def read_gaps(
    connection: sqlite3.Connection,
    span: tuple[float, float],
    whose: tuple[ClusterName | None, ResourceName | None],
    rules: HistoryRules,
    now: float,
) -> list[Gap]:
    """What touches the span, oldest first; of one kind, none overlaps another. whose: one cluster, one kind, or all."""
    since, until = span
    found: list[Gap] = []
    asked = {"cluster": whose[0], "resource": whose[1], "now": now, "silent": _SILENT}
    for kind, of, name, *state in connection.execute(_KINDS, asked).fetchall():
        spans = [*_derived(state, rules.keeps(name)), *connection.execute(_TOLD, (kind, until, since))]
        found += [
            Gap(of, name, began, ended, reason)
            for began, ended, reason in merged(spans)
            if began <= until and (ended is None or ended >= since)
        ]
    return sorted(found, key=lambda gap: gap.began)


def read_query_gaps(connection: sqlite3.Connection, query: ChangeQuery, rules: HistoryRules, now: float) -> list[Gap]:
    """In the question's window, of the kinds it is about."""
    found = read_gaps(connection, (query.since, query.until), (None, None), rules, now)
    return [
        gap
        for gap in found
        if (not query.clusters or gap.cluster in query.clusters) and (not query.resources or gap.resource in query.resources)
    ]


def _derived(state: Sequence[object], kept: bool) -> Iterable[Span]:
    confirmed, error, looked, known, horizon, trimmed_until, trimmed, watched = state
    if not kept:
        yield 0.0, None, _NOT_KEPT
    elif known is None and looked is None:
        yield 0.0, None, str(error or _NEVER)
    else:
        yield 0.0, known or looked, str(horizon or _FIRST)  # type: ignore[misc]
    if trimmed_until:
        yield 0.0, trimmed_until, str(trimmed)  # type: ignore[misc]
    if confirmed is not None and not watched:
        yield confirmed, None, str(error or _UNWATCHED)  # type: ignore[misc]


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order and apart: what lies within another is told with it, what overlaps begins where the other ends. Two that only touch have a
    look between them, at which the state was known."""
    found: list[Span] = []
    for began, ended, reason in sorted(spans, key=lambda span: span[0]):
        first, last, reasons = found[-1] if found else (0.0, 0.0, "")
        if found and (last is None or (ended is not None and ended <= last) or (began < last and reason == reasons)):
            end = None if last is None or ended is None else max(last, ended)
            found[-1] = (first, end, reasons if reason in reasons.split("; ") or not reason else f"{reasons}; {reason}".lstrip("; "))
        else:
            found.append((max(began, last or 0.0), ended, reason))
    return found


def known_since(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> float | None:
    found = connection.execute(
        "SELECT ifnull(known_since, looked_at) FROM kinds WHERE cluster = ? AND resource = ?", (cluster, resource)
    ).fetchone()
    return found[0] if found else None
