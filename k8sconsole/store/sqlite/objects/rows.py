"""Reading rows: a page in index order, a filtered and sorted page, or only what has changed since a revision.

A query without filter and sort is one statement over an index. Filters and sorts run in Python over all rows of the kind.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from k8sconsole.errors import UsageError
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.filters import Filter, RowSubject, build_predicate, check_keys, explain_unanswerable, needs_body
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable, sort_key
from k8sconsole.store.port import RowQuery, Rows
from k8sconsole.store.sqlite.catalog import counter_value, kind_numbers
from k8sconsole.store.sqlite.column_layouts import CellMapping, TableCache, map_cells
from k8sconsole.store.sqlite.compression import unpack
from k8sconsole.store.sqlite.history import rows_as_of
from k8sconsole.store.sqlite.history.object_versions import unpack_version
from k8sconsole.store.sqlite.relations import Relations

_COLUMNS = (
    "o.kind_id, o.namespace, o.name, o.uid, o.resource_version, o.created_at, o.observed_at, o.owner, o.revision, o.layout_id, o.labels,"
    " o.cells"
)
_CHUNK = 2000
_cells = msgspec.json.Decoder(list[tuple[Any, ...]])
_labels = msgspec.json.Decoder(dict[str, str])

Found = tuple[Row, Callable[[], bytes] | None]
"""A row, and a function that unpacks its body; None when the query did not read bodies."""


class RowFilter:
    """now: seconds since the epoch, from which ages are computed. clock_skews: by how many seconds the servers' clocks are ahead of it.

    Without a filter every row matches.
    """

    def __init__(self, filter: Filter | None, relations: Relations, now: float, clock_skews: Mapping[ClusterName, float]) -> None:
        self._clock_skews = clock_skews
        self._filter = filter
        self._relations = relations
        self.seen: set[str] = set()
        self._predicate = None if filter is None else build_predicate(filter, now, self.seen)
        self.needs_body = filter is not None and needs_body(filter)

    def matches(self, row: Row, table: KindTable, body: Callable[[], bytes] | None) -> bool:
        return self._predicate is None or self._predicate(self.subject(row, table, body))

    def subject(self, row: Row, table: KindTable, body: Callable[[], bytes] | None) -> RowSubject:
        def load(_: Row) -> Mapping[str, Any] | None:
            return None if body is None else msgspec.json.decode(body())

        skew = self._clock_skews.get(row.cluster, 0.0)
        return RowSubject(row, table, load, self._relations.owners, self._relations.usage, skew)

    def warnings(self, resource: ResourceName) -> tuple[str, ...]:
        """Sentences about terms that cannot be evaluated, such as CPU usage without metrics."""
        if self._filter is None or not explain_unanswerable(self._filter, resource, metrics=False):
            return ()
        return explain_unanswerable(self._filter, resource, metrics=self._relations.has_metrics())


class RowReader:
    """Runs one query in one snapshot. It is also the Evidence for the check of the filter's keys."""

    def __init__(self, connection: sqlite3.Connection, query: RowQuery, tables: TableCache, now: float) -> None:
        self._connection = connection
        self._query = query
        self._tables = tables
        self._kinds = kind_numbers(connection, query.resource, query.clusters)
        self._table_of = {kind: tables.table(connection, cluster, query.resource) for kind, cluster in self._kinds.items()}
        self._label_sets: dict[str, dict[str, str]] = {}
        self._mappings: dict[tuple[int, int], CellMapping] = {}
        self._relations = Relations(connection, query.resource, past=query.as_of is not None)
        self._now = now if query.as_of is None else query.as_of
        self._skews = dict(connection.execute("SELECT name, clock_skew FROM clusters")) if query.filter is not None else {}
        self._filter = RowFilter(query.filter, self._relations, self._now, self._skews)

    def rows(self) -> Rows:
        revision = counter_value(self._connection, "revision")
        since = self._query.after_revision
        if since is not None and self._query.as_of is None and since >= counter_value(self._connection, "forgotten"):
            return self._difference(since, revision)
        found, total, cursor, warnings = self._page(bodies=self._query.with_bodies)
        bodies = tuple(body() for _, body in found if body is not None) if self._query.with_bodies else ()
        return Rows([row for row, _ in found], total, revision, cursor, warnings=warnings, bodies=bodies)

    def bodies(self) -> list[tuple[Row, bytes]]:
        found, *_ = self._page(bodies=True)
        return [(row, body()) for row, body in found if body is not None]

    def _page(self, *, bodies: bool) -> tuple[list[Found], int, str, tuple[str, ...]]:
        """The rows of the page, the total, the cursor of the next page, and warnings. Raises FilterError for a key that no row has."""
        query = self._query
        if query.filter is None and not query.sort and not query.descending and query.as_of is None:
            return self._indexed_page(bodies=bodies)
        matching = [each for each in self._source(bodies=bodies) if self._matches(each)]
        warnings = self._filter.warnings(query.resource)
        if query.filter is not None and not warnings:
            report = check_keys(query.filter, list(self._table_of.values()), self._filter.seen, len(matching), self)
            warnings = report.warnings
            if report.filter is not None:
                self._filter = RowFilter(report.filter, self._relations, self._now, self._skews)
                matching = [each for each in self._source(bodies=bodies) if self._matches(each)]
        self._sort(matching)
        start = _parse_offset(self._query.cursor)
        end = len(matching) if self._query.limit is None else start + self._query.limit
        return matching[start:end], len(matching), str(end) if end < len(matching) else "", warnings

    def _source(self, *, bodies: bool, limit: int | None = None) -> Iterable[Found]:
        """The rows of the query before its filter. limit: of present rows."""
        read_bodies = bodies or self._filter.needs_body
        if self._query.as_of is not None:
            return self._select_past(self._query.as_of, bodies=read_bodies)
        return self._select(*self._where(), bodies=read_bodies, limit=limit)

    def label_sets(self) -> Iterable[Mapping[str, str]]:
        """The labels of all rows that were read."""
        return self._label_sets.values()

    def label_sets_of_kind(self) -> Iterable[Mapping[str, str]]:
        statement = f"SELECT DISTINCT labels FROM objects WHERE kind_id IN ({_placeholders(self._kinds)})"  # noqa: S608 - only placeholders
        return (_labels.decode(labels) for (labels,) in self._connection.execute(statement, [*self._kinds]))

    def subjects(self, most: int | None = None) -> Iterable[RowSubject]:
        for row, body in self._source(bodies=True, limit=most):
            yield self._filter.subject(row, self._table(row.cluster), body)

    def _indexed_page(self, *, bodies: bool) -> tuple[list[Found], int, str, tuple[str, ...]]:
        where, values = self._where()
        limit = self._query.limit
        total = self._count(where, values) if limit is not None or self._query.cursor else None
        if self._query.cursor:
            where += " AND (o.namespace, o.name, o.kind_id) > (?, ?, ?)"
            values = [*values, *_parse_cursor(self._query.cursor)]
        found = list(self._select(where, values, bodies=bodies, limit=None if limit is None else limit + 1))
        if limit is None or len(found) <= limit:
            return found, len(found) if total is None else total, "", ()
        return found[:limit], total or 0, self._cursor_after(found[limit - 1][0]), ()

    def _difference(self, since: int, revision: int) -> Rows:
        """Rows that were written after ``since``, and references to what was deleted or no longer matches."""
        query, row_filter = self._query, self._filter
        placeholders = _placeholders(self._kinds)
        where, values = f"o.kind_id IN ({placeholders}) AND o.revision > ?", [*self._kinds, since]
        present: list[Row] = []
        gone: list[ObjectRef] = []
        for each in self._select(where, values, bodies=row_filter.needs_body):
            row = each[0]
            selected = (not query.namespaces or row.namespace in query.namespaces) and (not query.name or row.name == query.name)
            if selected and self._matches(each):
                present.append(row)
            else:
                gone.append(row.ref)
        deleted = self._connection.execute(
            f"SELECT kind_id, namespace, name, uid FROM gone WHERE kind_id IN ({placeholders}) AND revision > ?",  # noqa: S608 - only placeholders
            values,
        )
        gone.extend(ObjectRef(self._kinds[kind], query.resource, Namespace(space), name, uid) for kind, space, name, uid in deleted)
        return Rows(present, len(present), revision, gone=tuple(gone), warnings=row_filter.warnings(query.resource), whole=False)

    def _where(self) -> tuple[str, list[Any]]:
        where, values = self._row_conditions("o.")
        return " AND ".join([f"o.kind_id IN ({_placeholders(self._kinds)})", *where]), [*self._kinds, *values]

    def _row_conditions(self, of: str) -> tuple[list[str], list[Any]]:
        """Conditions on namespace and name, with their values. of: the prefix of the columns, such as ``o.``."""
        where: list[str] = []
        values: list[Any] = []
        if self._query.namespaces:
            where.append(f"{of}namespace IN ({_placeholders(self._query.namespaces)})")
            values.extend(self._query.namespaces)
        if self._query.name:
            where.append(f"{of}name = ?")
            values.append(self._query.name)
        return where, values

    def _count(self, where: str, values: list[Any]) -> int:
        count: int
        (count,) = self._connection.execute(f"SELECT count(*) FROM objects o WHERE {where}", values).fetchone()  # noqa: S608 - only placeholders
        return count

    def _select(self, where: str, values: list[Any], *, bodies: bool, limit: int | None = None) -> Iterable[Found]:
        columns, source = (f"{_COLUMNS}, b.body", "objects o JOIN bodies b ON b.id = o.id") if bodies else (_COLUMNS, "objects o")
        until = "" if limit is None else f" LIMIT {limit:d}"
        order = "o.namespace, o.name, o.kind_id"
        statement = f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order}{until}"  # noqa: S608 - only placeholders
        cursor = self._connection.execute(statement, values)
        while chunk := cursor.fetchmany(_CHUNK):
            # One decode call for the cells of 2000 rows: a call for each row would double the time of the whole read.
            cells = _cells.decode("[" + ",".join(found[11] for found in chunk) + "]")
            for found, row_cells in zip(chunk, cells, strict=True):
                yield self._row(found, row_cells), partial(unpack, found[12]) if bodies else None

    def _select_past(self, at: float, *, bodies: bool) -> list[Found]:
        """In the order of namespace and name, like present rows."""
        where, values = self._row_conditions("")
        conditions = "".join(f" AND {each}" for each in where)
        found: list[Found] = [
            (self._row(facts, cells), partial(unpack_version, self._connection, facts[13], facts[14]) if bodies else None)
            for facts, cells in rows_as_of.read_rows(self._connection, [*self._kinds], at, (conditions, values), bodies=bodies)
        ]
        places = {cluster: kind for kind, cluster in self._kinds.items()}
        found.sort(key=lambda each: (each[0].namespace, each[0].name, places[each[0].cluster]))
        return found

    def _row(self, found: tuple[Any, ...], cells: tuple[Any, ...]) -> Row:
        kind, namespace, name, uid, version, created, observed, owner, revision, layout, labels = found[:11]
        label_set = self._label_sets.get(labels)
        if label_set is None:
            label_set = self._label_sets[labels] = _labels.decode(labels)
        try:
            mapping = self._mappings[kind, layout]
        except KeyError:
            mapping = self._tables.mapping(self._connection, layout, self._table_of[kind])
            self._mappings[kind, layout] = mapping
        mapped = cells if mapping is None else map_cells(cells, mapping)
        cluster = self._kinds[kind]
        return Row(cluster, self._query.resource, namespace, name, uid, version, created, observed, label_set, owner, mapped, revision)

    def _matches(self, found: Found) -> bool:
        row, body = found
        return self._filter.matches(row, self._table(row.cluster), body)

    def _table(self, cluster: ClusterName) -> KindTable:
        return next(self._table_of[kind] for kind, name in self._kinds.items() if name == cluster)

    def _cursor_after(self, row: Row) -> str:
        kind = next(kind for kind, name in self._kinds.items() if name == row.cluster)
        return msgspec.json.encode((row.namespace, row.name, kind)).decode()

    def _sort(self, found: list[Found]) -> None:
        """Rows with equal cells stay in the order of namespace and name."""
        if not self._query.sort and not self._query.descending:
            return
        key = _sort_key_for(self._query.sort, {name: self._table_of[kind] for kind, name in self._kinds.items()})
        found.sort(key=lambda each: key(each[0]), reverse=self._query.descending)


def _sort_key_for(sort: str, tables: dict[ClusterName, KindTable]) -> Callable[[Row], Any]:
    column = sort.lower() or "name"
    if column == "namespace":
        return lambda row: (row.namespace, row.name)
    if column == "cluster":
        return lambda row: row.cluster
    places = {cluster: table.index(column) for cluster, table in tables.items()}
    if any(place is None for place in places.values()):
        names = ["NAMESPACE", "CLUSTER", *(each.name for table in tables.values() for each in table.columns)]
        raise UsageError(f"there is no column {sort}", "", f"one of {', '.join(find_nearest(sort.upper(), names) or dict.fromkeys(names))}")

    def key(row: Row) -> Any:
        place = places[row.cluster] or 0
        return sort_key(tables[row.cluster].columns[place], row.cells[place] if place < len(row.cells) else None)

    return key


def _placeholders(values: Iterable[object]) -> str:
    return ",".join("?" for _ in values)


def _parse_cursor(cursor: str) -> tuple[str, str, int]:
    try:
        return msgspec.json.decode(cursor, type=tuple[str, str, int])
    except msgspec.MsgspecError as error:
        raise UsageError("the cursor does not belong to this query", str(error), "the same query without a cursor") from error


def _parse_offset(cursor: str) -> int:
    if cursor and not cursor.isdecimal():
        raise UsageError("the cursor does not belong to this query", "", "the same query without a cursor")
    return int(cursor or 0)


def read_body(connection: sqlite3.Connection, ref: ObjectRef) -> bytes | None:
    found = connection.execute(
        "SELECT b.body FROM kinds k JOIN objects o ON o.kind_id = k.id JOIN bodies b ON b.id = o.id"
        " WHERE k.resource = ? AND k.cluster = ? AND o.namespace = ? AND o.name = ? AND ? IN ('', o.uid)",
        (ref.resource, ref.cluster, ref.namespace, ref.name, ref.uid),
    ).fetchone()
    return unpack(found[0]) if found else None


def read_known_versions(
    connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName, columns: tuple[str, ...]
) -> dict[tuple[Namespace, str], tuple[str, str]]:
    found = connection.execute(
        "SELECT o.namespace, o.name, o.uid, o.resource_version FROM kinds k JOIN objects o ON o.kind_id = k.id"
        " JOIN layouts l ON l.id = o.layout_id WHERE k.resource = ? AND k.cluster = ? AND l.columns = ? AND o.resource_version <> ''",
        (resource, cluster, msgspec.json.encode(columns).decode()),
    )
    return {(namespace, name): (uid, version) for namespace, name, uid, version in found}


_NAMES = (
    "SELECT name, instr(lower(name), :part) > 1 AS later FROM objects"
    " WHERE kind_id = (SELECT id FROM kinds WHERE cluster = :cluster AND resource = :kind) AND (:namespace = '' OR namespace = :namespace)"
    " AND instr(lower(name), :part) > 0 ORDER BY later, name LIMIT :most"
)


def find_names(connection: sqlite3.Connection, where: tuple[str, str, str], part: str, limit: int) -> list[str]:
    """where: cluster, kind, and a namespace or an empty string. Reads only the index by name.

    DISTINCT takes longer than the sort, and few kinds repeat a name in many namespaces. So it runs only if duplicates fill the limit.
    """
    values = {"cluster": where[0], "kind": where[1], "namespace": where[2], "part": part.lower(), "most": limit}
    found = [name for name, _ in connection.execute(_NAMES, values)]
    distinct = list(dict.fromkeys(found))
    if len(found) < limit or len(distinct) == limit:
        return distinct
    return [name for name, _ in connection.execute(_NAMES.replace("SELECT", "SELECT DISTINCT", 1), values)]


def count_objects(connection: sqlite3.Connection, cluster: ClusterName) -> dict[ResourceName, int]:
    found = connection.execute(
        "SELECT k.resource, (SELECT count(*) FROM objects o WHERE o.kind_id = k.id) FROM kinds k WHERE k.cluster = ? ORDER BY k.resource",
        (cluster,),
    )
    return {resource: count for resource, count in found if count}


def find_changed_kinds(connection: sqlite3.Connection, after: int) -> list[tuple[ClusterName, ResourceName, int]]:
    """Reads two index entries for each kind, independent of the number of rows."""
    found = connection.execute(
        "SELECT k.cluster, k.resource, max(ifnull((SELECT max(revision) FROM objects o WHERE o.kind_id = k.id), 0),"
        " ifnull((SELECT max(revision) FROM gone g WHERE g.kind_id = k.id), 0)) AS newest FROM kinds k"
    )
    return [(cluster, resource, newest) for cluster, resource, newest in found if newest > after]
