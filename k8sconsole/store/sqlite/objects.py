"""Objects into the file: what is new is inserted, what differs is rewritten, what is equal is only counted."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from k8sconsole.errors import StoreError
from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.store.port import WriteBatch, WriteResult
from k8sconsole.store.sqlite.bodies import pack
from k8sconsole.store.sqlite.catalog import Catalog, next_number, number

_FIND = "SELECT id, resource_version, layout_id, uid FROM objects WHERE kind_id = ? AND namespace = ? AND name = ?"
_INSERT = (
    "INSERT INTO objects (id, kind_id, namespace, name, first_seen_at, uid, resource_version, created_at, observed_at, revision, layout_id,"
    " owner, labels, cells, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE objects SET uid = ?, resource_version = ?, created_at = ?, observed_at = ?, revision = ?, layout_id = ?, owner = ?, labels = ?,"
    " cells = ?, extra = ? WHERE id = ?"
)
_GONE = (
    "INSERT OR REPLACE INTO gone (kind_id, namespace, name, uid, revision, at)"
    " SELECT kind_id, namespace, name, uid, ?, ? FROM objects WHERE id = ?"
)

_json = msgspec.json.Encoder().encode


class _Sorted(msgspec.Struct):
    """A batch held against the file. seen: ids of all rows it confirms."""

    added: list[ParsedObject]
    changed: list[tuple[int, ParsedObject]]
    seen: set[int]


class Scans:
    """Lists under way: which rows each has met. Lives on the writer's thread; a list that is begun anew forgets its beginning."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[int, set[int]]] = {}

    def begin(self, scan_id: int, kind: int) -> None:
        for other in [known for known, (its_kind, _) in self._met.items() if its_kind == kind]:
            del self._met[other]
        self._met[scan_id] = (kind, set())

    def meet(self, scan_id: int, rows: Iterable[int]) -> None:
        if scan_id in self._met:
            self._met[scan_id][1].update(rows)

    def end(self, scan_id: int, kind: int) -> set[int]:
        its_kind, met = self._met.pop(scan_id, (None, set()))
        if its_kind != kind:
            raise StoreError(f"Scan {scan_id} is not under way", "it was ended, begun anew, or belongs to another process")
        return met


class ObjectWriter:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._scans = Scans()

    def begin_scan(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> int:
        scan_id = next_number(connection, "scan")
        self._scans.begin(scan_id, self._catalog.kind(connection, cluster, resource))
        return scan_id

    def write(self, connection: sqlite3.Connection, batch: WriteBatch) -> WriteResult:
        kind = self._catalog.kind(connection, batch.cluster, batch.resource)
        layout = self._catalog.layout(connection, batch.columns)
        doomed = [found[0] for key in batch.gone if (found := connection.execute(_FIND, (kind, key.namespace, key.name)).fetchone())]
        objects = {(each.namespace, each.name): each for each in batch.objects}
        sorted_ = _sort(connection, kind, layout, objects.values())
        sorted_.seen.update(_confirmed(connection, kind, batch.unchanged))
        if not (doomed or sorted_.added or sorted_.changed):
            self._scans.meet(batch.scan_id, sorted_.seen)
            return WriteResult(0, 0, 0, len(sorted_.seen), number(connection, "revision"))
        revision = next_number(connection, "revision")
        _delete(connection, doomed, revision, batch.at)
        _change(connection, sorted_.changed, batch.at, revision, layout)
        sorted_.seen.update(_add(connection, sorted_.added, batch.at, revision, kind, layout))
        self._scans.meet(batch.scan_id, sorted_.seen)
        unchanged = len(objects) - len(sorted_.added) - len(sorted_.changed) + len(batch.unchanged)
        return WriteResult(len(sorted_.added), len(sorted_.changed), len(doomed), unchanged, revision)

    def finish_scan(
        self,
        connection: sqlite3.Connection,
        cluster: ClusterName,
        resource: ResourceName,
        scan_id: int,
        namespaces: Sequence[Namespace] | None,
        at: float,
    ) -> WriteResult:
        kind = self._catalog.kind(connection, cluster, resource)
        met = self._scans.end(scan_id, kind)
        held = connection.execute("SELECT id, namespace FROM objects WHERE kind_id = ?", (kind,)).fetchall()
        within = None if namespaces is None else set(namespaces)
        doomed = [row for row, namespace in held if row not in met and (within is None or namespace in within)]
        if not doomed:
            return WriteResult(0, 0, 0, len(met), number(connection, "revision"))
        revision = next_number(connection, "revision")
        _delete(connection, doomed, revision, at)
        return WriteResult(0, 0, len(doomed), len(met), revision)

    def forget(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName | None, at: float) -> int:
        kinds = connection.execute(
            "SELECT id FROM kinds WHERE cluster = ? AND resource = ifnull(?, resource)", (cluster, resource)
        ).fetchall()
        doomed = [row for (kind,) in kinds for (row,) in connection.execute("SELECT id FROM objects WHERE kind_id = ?", (kind,))]
        self.delete(connection, doomed, at)
        connection.executemany(
            "UPDATE kinds SET status = 'pending', confirmed_at = NULL, last_scan_at = NULL, resource_version = '', record_count = 0,"
            " watching = 0, error = '', missing = '[]' WHERE id = ?",
            kinds,
        )
        return len(doomed)

    def delete(self, connection: sqlite3.Connection, rows: list[int], at: float) -> int:
        """Rows by number, told as deletions."""
        if rows:
            _delete(connection, rows, next_number(connection, "revision"), at)
        return len(rows)


def _sort(connection: sqlite3.Connection, kind: int, layout: int, objects: Iterable[ParsedObject]) -> _Sorted:
    found = _Sorted([], [], set())
    find = connection.cursor()
    for each in objects:
        known = find.execute(_FIND, (kind, each.namespace, each.name)).fetchone()
        if known is None:
            found.added.append(each)
            continue
        found.seen.add(known[0])
        # The uid too: a cluster that was made anew under the same context may count its versions from one again.
        if known[1:] != (each.resource_version, layout, each.uid) or not each.resource_version:
            found.changed.append((known[0], each))
    return found


def _confirmed(connection: sqlite3.Connection, kind: int, unchanged: Iterable[tuple[Namespace, str]]) -> Iterable[int]:
    for namespace, name in unchanged:
        found = connection.execute(_FIND, (kind, namespace, name)).fetchone()
        if found is None:
            raise StoreError(f"{namespace}/{name} left the cache while it was being listed", "", "list again")
        yield found[0]


def _values(each: ParsedObject, at: float, revision: int, layout: int) -> tuple[Any, ...]:
    return (
        each.uid,
        each.resource_version,
        each.created_at,
        at,
        revision,
        layout,
        each.owner,
        _json(each.labels).decode(),
        _json(each.cells).decode(),
        each.extra.decode() or None,
    )


def _add(connection: sqlite3.Connection, objects: list[ParsedObject], at: float, revision: int, kind: int, layout: int) -> range:
    (last,) = connection.execute("SELECT ifnull(max(id), 0) FROM objects").fetchone()
    rows = range(last + 1, last + 1 + len(objects))
    connection.executemany(
        _INSERT,
        ((row, kind, each.namespace, each.name, at, *_values(each, at, revision, layout)) for row, each in zip(rows, objects, strict=True)),
    )
    bodies = ((row, pack(each.body)) for row, each in zip(rows, objects, strict=True))
    connection.executemany("INSERT INTO bodies (id, body) VALUES (?, ?)", bodies)
    if connection.execute("SELECT 1 FROM gone WHERE kind_id = ? LIMIT 1", (kind,)).fetchone():
        again = ((kind, each.namespace, each.name) for each in objects)
        connection.executemany("DELETE FROM gone WHERE kind_id = ? AND namespace = ? AND name = ?", again)
    return rows


def _change(connection: sqlite3.Connection, objects: list[tuple[int, ParsedObject]], at: float, revision: int, layout: int) -> None:
    connection.executemany(_UPDATE, ((*_values(each, at, revision, layout), row) for row, each in objects))
    connection.executemany("UPDATE bodies SET body = ? WHERE id = ?", ((pack(each.body), row) for row, each in objects))


def _delete(connection: sqlite3.Connection, doomed: list[int], revision: int, at: float) -> None:
    connection.executemany(_GONE, ((revision, at, row) for row in doomed))
    connection.executemany("DELETE FROM objects WHERE id = ?", ((row,) for row in doomed))
    connection.executemany("DELETE FROM bodies WHERE id = ?", ((row,) for row in doomed))
