"""Times in which a kind was not observed: recorded gaps, gaps that follow from the scan state, and the time before the first scan."""

import sqlite3
from collections.abc import Iterable, Sequence

from k8sconsole.model.history import ChangeQuery, Gap
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.refs import ClusterName, ResourceName

_BEFORE_FIRST_SCAN = "before the first scan"
_NEVER_READ = "never read"
_NO_HISTORY = "history is off for this kind"
_NOT_WATCHED = "no process watches it"
_WATCH_TIMEOUT = 300.0
"""Seconds. A watch without a lease counts as ended when it has confirmed nothing for this time."""

_SELECT_RECORDED = "SELECT began, ended, reason FROM gaps WHERE kind_id = ? AND began <= ? AND ifnull(ended, 9e99) >= ? ORDER BY began"
_SELECT_KINDS = """SELECT k.id, k.cluster, k.resource, k.confirmed_at, k.error, k.looked_at, k.known_since, k.horizon, k.trimmed_until,
    k.trimmed,
    CASE WHEN l.name IS NULL THEN k.confirmed_at > :now - :silent ELSE l.expires_at > :now END, k.watching, k.poll_interval
    FROM kinds k LEFT JOIN leases l ON l.name = 'scan:' || k.cluster
    WHERE k.cluster = ifnull(:cluster, k.cluster) AND k.resource = ifnull(:resource, k.resource) ORDER BY k.cluster, k.resource"""

Span = tuple[float, float | None, str]


def record_gap(connection: sqlite3.Connection, kind: int, gap: Gap) -> None:
    """A gap that has ended replaces the open gap of the same kind."""
    if gap.ended is not None:
        connection.execute("DELETE FROM gaps WHERE kind_id = ? AND ended IS NULL AND began <= ?", (kind, gap.ended))
    facts = (kind, gap.began, gap.ended, gap.reason)
    connection.execute("INSERT INTO gaps (kind_id, began, ended, reason) VALUES (?, ?, ?, ?)", facts)


def open_gap(connection: sqlite3.Connection, kind: int, at: float, reason: str) -> None:
    """Opens a gap that ``mark_known`` closes. It begins at the last confirmation. An open gap stays as it is."""
    if connection.execute("SELECT 1 FROM gaps WHERE kind_id = ? AND ended IS NULL", (kind,)).fetchone() is None:
        (confirmed,) = connection.execute("SELECT ifnull(confirmed_at, ?) FROM kinds WHERE id = ?", (at, kind)).fetchone()
        record_gap(connection, kind, Gap(ClusterName(""), ResourceName(""), min(at, confirmed), None, reason))


def mark_known(connection: sqlite3.Connection, kind: int, at: float) -> None:
    """Call this after a complete list: the kind is known from ``at`` on, and its open gap ends."""
    connection.execute("UPDATE kinds SET known_since = ? WHERE id = ? AND known_since IS NULL", (at, kind))
    connection.execute("UPDATE gaps SET ended = max(began, ?) WHERE kind_id = ? AND ended IS NULL", (at, kind))


def read_gaps(
    connection: sqlite3.Connection,
    span: tuple[float, float],
    selection: tuple[ClusterName | None, ResourceName | None],
    rules: HistoryRules,
    now: float,
) -> list[Gap]:
    """The gaps that overlap ``span``, oldest first. Gaps of one kind do not overlap.

    selection: a cluster and a kind; None selects all.
    """
    since, until = span
    found: list[Gap] = []
    values = {"cluster": selection[0], "resource": selection[1], "now": now, "silent": _WATCH_TIMEOUT}
    for kind, of, name, *state in connection.execute(_SELECT_KINDS, values).fetchall():
        spans = [*_derived_gaps(state, rules.keeps(name)), *connection.execute(_SELECT_RECORDED, (kind, until, since))]
        found += [
            Gap(of, name, began, ended, reason)
            for began, ended, reason in merge_spans(spans)
            if began <= until and (ended is None or ended >= since)
        ]
    return sorted(found, key=lambda gap: gap.began)


def read_query_gaps(connection: sqlite3.Connection, query: ChangeQuery, rules: HistoryRules, now: float) -> list[Gap]:
    """The gaps in the query's time, of the kinds it selects."""
    found = read_gaps(connection, (query.since, query.until), (None, None), rules, now)
    return [
        gap
        for gap in found
        if (not query.clusters or gap.cluster in query.clusters) and (not query.resources or gap.resource in query.resources)
    ]


def _derived_gaps(state: Sequence[object], has_history: bool) -> Iterable[Span]:
    confirmed, error, first_read, known, horizon, trimmed_until, trimmed, is_scanned, watching, interval = state
    if not has_history:
        yield 0.0, None, _NO_HISTORY
    elif known is None and first_read is None:
        yield 0.0, None, str(error or _NEVER_READ)
    else:
        yield 0.0, known or first_read, str(horizon or _BEFORE_FIRST_SCAN)  # type: ignore[misc]
    if trimmed_until:
        yield 0.0, trimmed_until, str(trimmed)  # type: ignore[misc]
    if confirmed is not None and not (is_scanned and watching):
        reason = f"read every {interval:.0f} s" if is_scanned and interval else _NOT_WATCHED
        yield confirmed, None, str(error or reason)  # type: ignore[misc]


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """The spans in order and without overlap.

    A span within another is joined with it, and so are their reasons. A span that overlaps the one before begins where that one ends.
    Two spans that only touch stay apart, because the state was known at the time between them.
    """
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
