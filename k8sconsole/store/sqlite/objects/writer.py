"""Writing batches of objects: new ones are inserted, changed ones are rewritten, equal ones are only counted."""

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

_WRITTEN_SINCE = (
    "SELECT namespace, name FROM objects WHERE kind_id = :kind AND revision > :since"
    " UNION SELECT namespace, name FROM gone WHERE kind_id = :kind AND revision > :since"
)

_json = msgspec.json.Encoder().encode


class _Comparison(msgspec.Struct):
    """A batch compared with the file. seen: ids of the rows that the batch confirms."""

    added: list[ParsedObject]
    changed: list[tuple[int, ParsedObject]]
    seen: set[int]


class _Stamp(NamedTuple):
    """Values that all rows of a batch share."""

    at: float
    revision: int
    layout: int


class RunningScans:
    """The unfinished lists of this process, each with the rows it has confirmed. Used on the writer's thread only."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, set[int]]] = {}

    def begin(self, scan_id: int, kind: int) -> None:
        """Discards an unfinished list of the same kind."""
        for other in [known for known, (its_kind, _) in self._seen.items() if its_kind == kind]:
            del self._seen[other]
        self._seen[scan_id] = (kind, set())

    def add(self, scan_id: int, rows: Iterable[int]) -> None:
        if scan_id in self._seen:
            self._seen[scan_id][1].update(rows)

    def end(self, scan_id: int, kind: int) -> set[int]:
        its_kind, seen = self._seen.pop(scan_id, (None, set()))
        if its_kind != kind:
            raise StoreError(f"scan {scan_id} is not running", "it has ended, was started again, or belongs to another process")
        return seen


class ObjectWriter:
    """Used on the writer's thread only, within a transaction."""

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
        batch = _drop_stale(connection, kind.id, batch)
        deleted = list(_find_deleted(connection, kind.id, batch))
        objects = {(each.namespace, each.name): each for each in batch.objects}
        compared = _compare(connection, kind.id, layout, objects.values())
        compared.seen.update(_find_unchanged(connection, kind.id, batch.unchanged))
        if not (deleted or compared.added or compared.changed):
            self._scans.add(batch.scan_id, compared.seen)
            return WriteResult(0, 0, 0, len(compared.seen), counter_value(connection, "revision"))
        stamp = _Stamp(batch.at, next_number(connection, "revision"), layout)
        self._delete(connection, kind, deleted, stamp.revision)
        self._change(connection, kind, compared.changed, stamp)
        compared.seen.update(self._add(connection, kind, compared.added, stamp))
        self._recorder.flush(connection)
        self._scans.add(batch.scan_id, compared.seen)
        unchanged = len(objects) - len(compared.added) - len(compared.changed) + len(batch.unchanged)
        return WriteResult(len(compared.added), len(compared.changed), len(deleted), unchanged, stamp.revision)

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
        seen = self._scans.end(scan_id, kind.id)
        gaps.mark_known(connection, kind.id, at)
        stored = connection.execute("SELECT id, namespace FROM objects WHERE kind_id = ?", (kind.id,)).fetchall()
        within = None if namespaces is None else set(namespaces)
        deleted = [row for row, namespace in stored if row not in seen and (within is None or namespace in within)]
        if not deleted:
            return WriteResult(0, 0, 0, len(seen), counter_value(connection, "revision"))
        revision = next_number(connection, "revision")
        self._delete(connection, kind, [(row, VersionEnd(at, ChangeCode.DELETED)) for row in deleted], revision)
        self._recorder.flush(connection)
        return WriteResult(0, 0, len(deleted), len(seen), revision)

    def delete_kinds(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName | None, at: float) -> int:
        kinds = connection.execute(
            "SELECT id FROM kinds WHERE cluster = ? AND resource = ifnull(?, resource)", (cluster, resource)
        ).fetchall()
        deleted = [row for (kind,) in kinds for (row,) in connection.execute("SELECT id FROM objects WHERE kind_id = ?", (kind,))]
        self.delete_unconfirmed(connection, deleted, at, "it was deleted from the cache")
        connection.executemany(
            "UPDATE kinds SET status = 'pending', confirmed_at = NULL, last_scan_at = NULL, resource_version = '', record_count = 0,"
            " watching = 0, poll_interval = 0, error = '', missing = '[]', looked_at = NULL WHERE id = ?",
            kinds,
        )
        for (kind,) in kinds:
            self._recorder.reset_looked_at(kind)
        return len(deleted)

    def delete_unconfirmed(self, connection: sqlite3.Connection, rows: list[int], at: float, reason: str) -> int:
        """Deletes rows by id without a deletion in the cluster.

        Callers that follow by revision get them as deleted. In history a gap with ``reason`` begins.
        """
        revision = next_number(connection, "revision") if rows else 0
        for kind, ids in _group_by_kind(connection, rows):
            gaps.open_gap(connection, kind.id, at, reason)
            self._delete(connection, kind, [(row, VersionEnd(at, ChangeCode.LOST)) for row in ids], revision)
        self._recorder.flush(connection)
        return len(rows)

    def _kind(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName, at: float) -> KindEntry:
        return self._recorder.kind(connection, self._catalog.kind(connection, cluster, resource), resource, at)

    def _add(self, connection: sqlite3.Connection, kind: KindEntry, objects: list[ParsedObject], stamp: _Stamp) -> range:
        (last,) = connection.execute("SELECT ifnull(max(id), 0) FROM objects").fetchone()
        rows = range(last + 1, last + 1 + len(objects))
        states = self._recorder.record_added(connection, kind, objects, stamp.at)
        lines = [
            (row, kind.id, each.namespace, each.name, *state, *_column_values(each, stamp))
            for row, each, state in zip(rows, objects, states, strict=True)
        ]
        write_many(connection, _INSERT, lines)
        write_many(connection, _INSERT_BODY, list(zip(rows, pack_all([each.body for each in objects]), strict=True)))
        if connection.execute("SELECT 1 FROM gone WHERE kind_id = ? LIMIT 1", (kind.id,)).fetchone():
            again = ((kind.id, each.namespace, each.name) for each in objects)
            connection.executemany("DELETE FROM gone WHERE kind_id = ? AND namespace = ? AND name = ?", again)
        return rows

    def _change(self, connection: sqlite3.Connection, kind: KindEntry, objects: list[tuple[int, ParsedObject]], stamp: _Stamp) -> None:
        states = self._recorder.record_changed(connection, kind, objects, stamp.at)
        lines = [(row, *state, *_column_values(each, stamp)) for (row, each), state in zip(objects, states, strict=True)]
        write_many(connection, _UPDATE, lines)
        packed = pack_all([each.body for _, each in objects])
        write_many(connection, _UPDATE_BODY, [(row, body) for (row, _), body in zip(objects, packed, strict=True)])

    def _delete(self, connection: sqlite3.Connection, kind: KindEntry, deleted: Sequence[tuple[int, VersionEnd]], revision: int) -> None:
        self._recorder.record_deleted(connection, kind, deleted)
        connection.executemany(_GONE, ((revision, end.at, row) for row, end in deleted))
        connection.executemany("DELETE FROM objects WHERE id = ?", ((row,) for row, _ in deleted))
        connection.executemany("DELETE FROM bodies WHERE id = ?", ((row,) for row, _ in deleted))


def _drop_stale(connection: sqlite3.Connection, kind: int, batch: WriteBatch) -> WriteBatch:
    """The batch without the objects that were written after ``batch.since``, by this process or another."""
    if batch.since is None:
        return batch
    newer = set(connection.execute(_WRITTEN_SINCE, {"kind": kind, "since": batch.since}))
    objects = [each for each in batch.objects if (each.namespace, each.name) not in newer]
    gone = [each for each in batch.gone if (each.namespace, each.name) not in newer]
    return msgspec.structs.replace(batch, objects=objects, gone=gone)


def _find_deleted(connection: sqlite3.Connection, kind: int, batch: WriteBatch) -> Iterable[tuple[int, VersionEnd]]:
    for each in batch.gone:
        found = connection.execute(_FIND, (kind, each.namespace, each.name)).fetchone()
        if found is not None:
            yield found[0], VersionEnd(batch.at, ChangeCode.DELETED, each.resource_version, each.by)


def _group_by_kind(connection: sqlite3.Connection, rows: Iterable[int]) -> list[tuple[KindEntry, list[int]]]:
    kinds: dict[int, list[int]] = {}
    for row in rows:
        (kind,) = connection.execute("SELECT kind_id FROM objects WHERE id = ?", (row,)).fetchone()
        kinds.setdefault(kind, []).append(row)
    names = dict(connection.execute("SELECT id, resource FROM kinds"))
    return [(KindEntry(kind, names[kind], 0.0), mine) for kind, mine in kinds.items()]


def _compare(connection: sqlite3.Connection, kind: int, layout: int, objects: Collection[ParsedObject]) -> _Comparison:
    names = _json([(each.namespace, each.name) for each in objects]).decode()
    known = {(namespace, name): rest for namespace, name, *rest in connection.execute(_FIND_ALL, (names, kind))}
    found = _Comparison([], [], set())
    for each in objects:
        there = known.get((each.namespace, each.name))
        if there is None:
            found.added.append(each)
            continue
        row, *stored = there
        found.seen.add(row)
        # The uid as well: a new cluster behind the same context may repeat the resource versions of the old one.
        if stored != [each.resource_version, layout, each.uid] or not each.resource_version:
            found.changed.append((row, each))
    return found


def _find_unchanged(connection: sqlite3.Connection, kind: int, unchanged: Iterable[tuple[Namespace, str]]) -> Iterable[int]:
    for namespace, name in unchanged:
        found = connection.execute(_FIND, (kind, namespace, name)).fetchone()
        if found is None:
            raise StoreError(f"{namespace}/{name} left the cache during the list", "", "the list again")
        yield found[0]


def _column_values(each: ParsedObject, stamp: _Stamp) -> tuple[Any, ...]:
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
