"""What changed between two times: one page of changes, read in index order, and counts of all of them."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import UsageError
from k8sconsole.model.differences import is_within
from k8sconsole.model.history import ChangeQuery, Changes, Gap, Version
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.store.sqlite.history.object_versions import CHANGES, version_from_row
from k8sconsole.store.sqlite.history.recorder import ChangeCode
from k8sconsole.store.sqlite.relations import Relations

EVENTS = (ResourceName("events"), ResourceName("events.events.k8s.io"))

_TIME = "v.at >= ? AND v.at <= ?"
_LIFE = " JOIN lives l ON l.id = v.life_id"
_SELECT_PAGE = (
    "SELECT v.id, v.kind_id, l.namespace, l.name, l.uid, l.created_at, v.at, v.change, v.resource_version, b.text, p.text,"
    " (SELECT n.at FROM versions n WHERE n.life_id = v.life_id AND n.id > v.id ORDER BY n.id LIMIT 1)"
    " FROM versions v JOIN lives l ON l.id = v.life_id LEFT JOIN words b ON b.id = v.by_id LEFT JOIN words p ON p.id = v.paths_id"
    " WHERE {where} ORDER BY v.at DESC, v.id DESC{limit}"
)

Kinds = dict[int, tuple[ClusterName, ResourceName]]


class ChangeReader:
    """Runs one query in one snapshot."""

    def __init__(self, connection: sqlite3.Connection, query: ChangeQuery, gaps: Sequence[Gap]) -> None:
        self._connection = connection
        self._query = query
        self._gaps = tuple(gaps)
        self._kinds = _read_kinds(connection, query)
        self._conditions, self._values = self._build_conditions()

    def changes(self) -> Changes:
        """Raises UsageError for a cursor of another query."""
        counts = self._counts()
        versions, cursor = self._page()
        return Changes(versions, sum(counts.values()), counts, cursor, self._gaps)

    def _counts(self) -> dict[str, int]:
        """By kind and change, as ``pods modified``. The counts of all clusters are added."""
        found: dict[str, int] = {}
        for kind, (_, resource) in self._kinds.items():
            for change in self._changes_of(resource):
                count = self._count(kind, change)
                if count:
                    key = f"{resource} {CHANGES[change].value}"
                    found[key] = found.get(key, 0) + count
        return found

    def _count(self, kind: int, change: ChangeCode) -> int:
        where = f"v.kind_id = ? AND v.change = ? AND {_TIME}{self._conditions}"
        values = (kind, change, self._query.since, self._query.until, *self._values)
        source = f"versions v{_LIFE}" if self._conditions else "versions v"
        count: int
        (count,) = self._connection.execute(f"SELECT count(*) FROM {source} WHERE {where}", values).fetchone()  # noqa: S608 - only placeholders
        return count

    def _page(self) -> tuple[list[Version], str]:
        query = self._query
        where = f"{_TIME}{self._conditions}{self._kind_conditions()}"
        values: list[Any] = [query.since, query.until, *self._values]
        if query.cursor:
            where += " AND (v.at, v.id) < (?, ?)"
            values += _parse_cursor(query.cursor)
        limit = "" if query.limit is None else f" LIMIT {query.limit + 1:d}"
        found = self._connection.execute(_SELECT_PAGE.format(where=where, limit=limit), values).fetchall()
        shown = found if query.limit is None else found[: query.limit]
        cursor = msgspec.json.encode((shown[-1][6], shown[-1][0])).decode() if len(shown) < len(found) and shown else ""
        return [version_from_row(*self._kinds[row[1]], row[2:]) for row in shown], cursor

    def _kind_conditions(self) -> str:
        """As text, since kind numbers are integers of this file."""
        expiring = [kind for kind, (_, resource) in self._kinds.items() if ChangeCode.DELETED not in self._changes_of(resource)]
        without = f" AND NOT (v.change = {ChangeCode.DELETED:d} AND v.kind_id IN ({_join_numbers(expiring)}))" if expiring else ""
        return f" AND v.change < {ChangeCode.LOST:d} AND v.kind_id IN ({_join_numbers(self._kinds)}){without}"

    def _changes_of(self, resource: ResourceName) -> tuple[ChangeCode, ...]:
        """An API server deletes events after an hour. Such a deletion is no news unless the query is about events."""
        expiring = resource in EVENTS and resource not in self._query.resources
        return (ChangeCode.ADDED, ChangeCode.MODIFIED) if expiring else tuple(CHANGES)

    def _build_conditions(self) -> tuple[str, list[Any]]:
        query, where = self._query, ""
        values: list[Any] = []
        if query.namespaces:
            where += f" AND l.namespace IN ({','.join('?' for _ in query.namespaces)})"
            values += query.namespaces
        if query.name:
            where += " AND l.name = ?"
            values.append(query.name)
        if query.owner:
            where += " AND (v.kind_id || '/' || l.namespace || '/' || l.owner) IN (SELECT value FROM json_each(?))"
            values.append(self._matching_owners())
        if query.field:
            where += " AND v.paths_id IN (SELECT value FROM json_each(?))"
            values.append(self._matching_paths())
        return where, values

    def _matching_owners(self) -> str:
        """The recorded owners whose own owner chain contains the query's owner, as JSON."""
        relations = {resource: Relations(self._connection, resource) for _, resource in self._kinds.values()}
        found = self._connection.execute(
            f"SELECT DISTINCT kind_id, namespace, owner FROM lives WHERE owner <> '' AND kind_id IN ({_join_numbers(self._kinds)})"  # noqa: S608 - integers of this file
        ).fetchall()
        wanted = self._query.owner.casefold()
        owned = []
        for kind, namespace, owner in found:
            cluster, resource = self._kinds[kind]
            chain = relations[resource].owner_chain(cluster, namespace, owner)
            if any(wanted in (one.casefold(), one.partition("/")[2].casefold()) for one in chain):
                owned.append(f"{kind}/{namespace}/{owner}")
        return msgspec.json.encode(owned).decode()

    def _matching_paths(self) -> str:
        """The numbers of the path lists with a path that is the query's field or below it, as JSON."""
        found = self._connection.execute("SELECT id, text FROM words WHERE text LIKE '[%'")
        numbers = [number for number, text in found if any(is_within(path, self._query.field) for path in msgspec.json.decode(text))]
        return msgspec.json.encode(numbers).decode()


def _read_kinds(connection: sqlite3.Connection, query: ChangeQuery) -> Kinds:
    found = connection.execute("SELECT id, cluster, resource FROM kinds").fetchall()
    return {
        number: (cluster, resource)
        for number, cluster, resource in found
        if (not query.clusters or cluster in query.clusters) and (not query.resources or resource in query.resources)
    }


def _join_numbers(numbers: Sequence[int] | Kinds) -> str:
    return ",".join(map(str, numbers))


def _parse_cursor(cursor: str) -> tuple[float, int]:
    try:
        return msgspec.json.decode(cursor, type=tuple[float, int])
    except msgspec.MsgspecError as error:
        raise UsageError("the cursor does not belong to this query", str(error), "the same query without a cursor") from error
