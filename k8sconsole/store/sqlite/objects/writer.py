"""Objects into the file: what is new is inserted, what differs is rewritten, what is equal is only counted."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from k8sconsole.errors import StoreError
from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.store.port import WriteBatch, WriteResult
from k8sconsole.store.sqlite.bulk_insert import write_many
from k8sconsole.store.sqlite.catalog import Catalog, counter_value, next_number
from k8sconsole.store.sqlite.compression import pack_all
from k8sconsole.store.sqlite.history import gaps
from k8sconsole.store.sqlite.history.recorder import ChangeCode, KindEntry, VersionEnd, VersionRecorder
from k8sconsole.store.sqlite.objects.stale_reads import without_overtaken

_FIND = "SELECT id, resource_version, layout_id, uid FROM objects WHERE kind_id = ? AND namespace = ? AND name = ?"
_FIND_ALL = (
    "SELECT o.namespace, o.name, o.id, o.resource_version, o.layout_id, o.uid FROM json_each(?) j CROSS JOIN objects o"
    " ON o.kind_id = ? AND o.namespace = json_extract(j.value, '$[0]') AND o.name = json_extract(j.value, '$[1]')"
)
_INSERT = (
    "INSERT INTO objects (id, kind_id, namespace, name, first_seen_at, changed_at, life_id, uid, resource_version, created_at, observed_at,"
    " revision, layout_id, owner, labels, cells, extra) {rows}"
)
_INSERT_BODY = "INSERT INTO bodies (id, body) {rows}"
_UPDATE = (
    "UPDATE objects SET first_seen_at = now.column2, changed_at = now.column3, life_id = now.column4, uid = now.column5,"
    " resource_version = now.column6, created_at = now.column7, observed_at = now.column8, revision = now.column9,"
    " layout_id = now.column10, owner = now.column11, labels = now.column12, cells = now.column13, extra = now.column14"
    " FROM ({rows}) AS now WHERE id = now.column1"
)
_UPDATE_BODY = "UPDATE bodies SET body = now.column2 FROM ({rows}) AS now WHERE id = now.column1"
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


class _Stamp(NamedTuple):
    """What all rows of one batch are written with."""

    at: float
    revision: int
    layout: int


class RunningScans:
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
    def __init__(self, catalog: Catalog, recorder: VersionRecorder) -> None:
        self._catalog = catalog
        self._recorder = recorder
        self._scans = RunningScans()

    def begin_scan(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName, at: float) -> int:
        scan_id = next_number(connection, "scan")
        kind = self._kind(connection, cluster, resource, at)
        self._scans.begin(scan_id, kind.id)
        return scan_id

    def write(self, connection: sqlite3.Connection, batch: WriteBatch) -> WriteResult:
        kind = self._kind(connection, batch.cluster, batch.resource, batch.at)
        layout = self._catalog.layout(connection, batch.columns)
        batch = without_overtaken(connection, kind.id, batch)
        doomed = list(_departing(connection, kind.id, batch))
        objects = {(each.namespace, each.name): each for each in batch.objects}
        sorted_ = _sort(connection, kind.id, layout, objects.values())
        sorted_.seen.update(_confirmed(connection, kind.id, batch.unchanged))
        if not (doomed or sorted_.added or sorted_.changed):
            self._scans.meet(batch.scan_id, sorted_.seen)
            return WriteResult(0, 0, 0, len(sorted_.seen), counter_value(connection, "revision"))
        stamp = _Stamp(batch.at, next_number(connection, "revision"), layout)
        self._end(connection, kind, doomed, stamp.revision)
        self._change(connection, kind, sorted_.changed, stamp)
        sorted_.seen.update(self._add(connection, kind, sorted_.added, stamp))
        self._recorder.settle(connection)
        self._scans.meet(batch.scan_id, sorted_.seen)
        unchanged = len(objects) - len(sorted_.added) - len(sorted_.changed) + len(batch.unchanged)
        return WriteResult(len(sorted_.added), len(sorted_.changed), len(doomed), unchanged, stamp.revision)

    def finish_scan(
        self,
        connection: sqlite3.Connection,
        cluster: ClusterName,
        resource: ResourceName,
        scan_id: int,
        namespaces: Sequence[Namespace] | None,
        at: float,
    ) -> WriteResult:
        kind = self._kind(connection, cluster, resource, at)
        met = self._scans.end(scan_id, kind.id)
        gaps.mark_known(connection, kind.id, at)
        held = connection.execute("SELECT id, namespace FROM objects WHERE kind_id = ?", (kind.id,)).fetchall()
        within = None if namespaces is None else set(namespaces)
        doomed = [row for row, namespace in held if row not in met and (within is None or namespace in within)]
        if not doomed:
            return WriteResult(0, 0, 0, len(met), counter_value(connection, "revision"))
        revision = next_number(connection, "revision")
        self._end(connection, kind, [(row, VersionEnd(at, ChangeCode.DELETED)) for row in doomed], revision)
        self._recorder.settle(connection)
        return WriteResult(0, 0, len(doomed), len(met), revision)

    def delete_kinds(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName | None, at: float) -> int:
        kinds = connection.execute(
            "SELECT id FROM kinds WHERE cluster = ? AND resource = ifnull(?, resource)", (cluster, resource)
        ).fetchall()
        doomed = [row for (kind,) in kinds for (row,) in connection.execute("SELECT id FROM objects WHERE kind_id = ?", (kind,))]
        self.delete_unconfirmed(connection, doomed, at, "the cache was told to forget it")
        connection.executemany(
            "UPDATE kinds SET status = 'pending', confirmed_at = NULL, last_scan_at = NULL, resource_version = '', record_count = 0,"
            " watching = 0, error = '', missing = '[]', looked_at = NULL WHERE id = ?",
            kinds,
        )
        for (kind,) in kinds:
            self._recorder.reset_looked_at(kind)
        return len(doomed)

    def delete_unconfirmed(self, connection: sqlite3.Connection, rows: list[int], at: float, reason: str) -> int:
        """Rows by number, told as deletions to those who follow; in history, as the end of what is known."""
        revision = next_number(connection, "revision") if rows else 0
        for kind, mine in _by_kind(connection, rows):
            gaps.open_gap(connection, kind.id, at, reason)
            self._end(connection, kind, [(row, VersionEnd(at, ChangeCode.LOST)) for row in mine], revision)
        self._recorder.settle(connection)
        return len(rows)

    def _kind(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName, at: float) -> KindEntry:
        return self._recorder.kind(connection, self._catalog.kind(connection, cluster, resource), resource, at)

    def _add(self, connection: sqlite3.Connection, kind: KindEntry, objects: list[ParsedObject], stamp: _Stamp) -> range:
        (last,) = connection.execute("SELECT ifnull(max(id), 0) FROM objects").fetchone()
        rows = range(last + 1, last + 1 + len(objects))
        present = self._recorder.added(connection, kind, objects, stamp.at)
        lines = [
            (row, kind.id, each.namespace, each.name, *now, *_values(each, stamp))
            for row, each, now in zip(rows, objects, present, strict=True)
        ]
        write_many(connection, _INSERT, lines)
        write_many(connection, _INSERT_BODY, list(zip(rows, pack_all([each.body for each in objects]), strict=True)))
        if connection.execute("SELECT 1 FROM gone WHERE kind_id = ? LIMIT 1", (kind.id,)).fetchone():
            again = ((kind.id, each.namespace, each.name) for each in objects)
            connection.executemany("DELETE FROM gone WHERE kind_id = ? AND namespace = ? AND name = ?", again)
        return rows

    def _change(self, connection: sqlite3.Connection, kind: KindEntry, objects: list[tuple[int, ParsedObject]], stamp: _Stamp) -> None:
        present = self._recorder.changed(connection, kind, objects, stamp.at)
        lines = [(row, *now, *_values(each, stamp)) for (row, each), now in zip(objects, present, strict=True)]
        write_many(connection, _UPDATE, lines)
        packed = pack_all([each.body for _, each in objects])
        write_many(connection, _UPDATE_BODY, [(row, body) for (row, _), body in zip(objects, packed, strict=True)])

    def _end(self, connection: sqlite3.Connection, kind: KindEntry, doomed: Sequence[tuple[int, VersionEnd]], revision: int) -> None:
        self._recorder.gone(connection, kind, doomed)
        connection.executemany(_GONE, ((revision, end.at, row) for row, end in doomed))
        connection.executemany("DELETE FROM objects WHERE id = ?", ((row,) for row, _ in doomed))
        connection.executemany("DELETE FROM bodies WHERE id = ?", ((row,) for row, _ in doomed))


def _departing(connection: sqlite3.Connection, kind: int, batch: WriteBatch) -> Iterable[tuple[int, VersionEnd]]:
    for each in batch.gone:
        found = connection.execute(_FIND, (kind, each.namespace, each.name)).fetchone()
        if found is not None:
            yield found[0], VersionEnd(batch.at, ChangeCode.DELETED, each.resource_version, each.by)


def _by_kind(connection: sqlite3.Connection, rows: Iterable[int]) -> list[tuple[KindEntry, list[int]]]:
    kinds: dict[int, list[int]] = {}
    for row in rows:
        (kind,) = connection.execute("SELECT kind_id FROM objects WHERE id = ?", (row,)).fetchone()
        kinds.setdefault(kind, []).append(row)
    names = dict(connection.execute("SELECT id, resource FROM kinds"))
    return [(KindEntry(kind, names[kind], 0.0), mine) for kind, mine in kinds.items()]


def _sort(connection: sqlite3.Connection, kind: int, layout: int, objects: Collection[ParsedObject]) -> _Sorted:
    names = _json([(each.namespace, each.name) for each in objects]).decode()
    known = {(namespace, name): rest for namespace, name, *rest in connection.execute(_FIND_ALL, (names, kind))}
    found = _Sorted([], [], set())
    for each in objects:
        there = known.get((each.namespace, each.name))
        if there is None:
            found.added.append(each)
            continue
        row, *state = there
        found.seen.add(row)
        # The uid too: a cluster that was made anew under the same context may count its versions from one again.
        if state != [each.resource_version, layout, each.uid] or not each.resource_version:
            found.changed.append((row, each))
    return found


def _confirmed(connection: sqlite3.Connection, kind: int, unchanged: Iterable[tuple[Namespace, str]]) -> Iterable[int]:
    for namespace, name in unchanged:
        found = connection.execute(_FIND, (kind, namespace, name)).fetchone()
        if found is None:
            raise StoreError(f"{namespace}/{name} left the cache while it was being listed", "", "list again")
        yield found[0]


def _values(each: ParsedObject, stamp: _Stamp) -> tuple[Any, ...]:
    return (
        each.uid,
        each.resource_version,
        each.created_at,
        stamp.at,
        stamp.revision,
        stamp.layout,
        each.owner,
        _json(each.labels).decode(),
        _json(each.cells).decode(),
        each.extra.decode() or None,
    )
