"""Recording of versions: when the state of an object ends, it is written to history.

A row of ``versions`` is one change of an object: what changed, and the state that ended with it, if there was one. The present state is
only in ``objects``, so an object that never changes takes no space in history.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from k8sconsole.model.history.noise import NoiseFilter, build_noise_filter, changed_paths
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.refs import ResourceName
from k8sconsole.store.sqlite.bulk_insert import write_many
from k8sconsole.store.sqlite.catalog import add_to_counter
from k8sconsole.store.sqlite.compression import make_patch
from k8sconsole.store.sqlite.history.zstd_dictionaries import ZstdDictionaries, unpack

_SELECT_STATES = (
    "SELECT o.id, o.namespace, o.name, o.uid, o.resource_version, o.created_at, o.first_seen_at, o.changed_at, o.layout_id, o.owner,"
    " o.labels, o.cells, o.life_id, b.body, f.id, f.layout_id, f.owner, f.labels, f.cells, f.body"
    " FROM json_each(?) j CROSS JOIN objects o ON o.id = j.value CROSS JOIN bodies b ON b.id = o.id"
    " LEFT JOIN lives l ON l.id = o.life_id LEFT JOIN keyframes f ON f.id = l.keyframe_id"
)
_INSERT_LIFE = (
    "INSERT INTO lives (kind_id, namespace, name, uid, created_at, first_seen_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_INSERT_KEYFRAME = "INSERT INTO keyframes (layout_id, owner, labels, cells, body) VALUES (?, ?, ?, ?, ?) RETURNING id"
_INSERT_VERSIONS = (
    "INSERT INTO versions"
    " (life_id, kind_id, at, change, resource_version, by_id, paths_id, began, state_version, keyframe_id, cells, patch)"
    " {rows}"
)
ROW_BYTES = 120
"""The size of a row of versions with its index entries, without cells and patch."""
KEYFRAME_BYTES = 60
_MOST_WORDS = 4096
_DELETED_TOGETHER = 500
"""Objects whose bodies are in memory at the same time."""

_json = msgspec.json.Encoder().encode
_decode_cells = msgspec.json.Decoder(list[Any]).decode


class ChangeCode(IntEnum):
    """The values of ``versions.change``. LOST: the object was no longer observed; it may still exist."""

    ADDED = 1
    MODIFIED = 2
    DELETED = 3
    LOST = 4


class Keyframe(NamedTuple):
    """A state that is stored completely. Other states of the same life are stored as differences from it."""

    id: int
    layout: int
    owner: str
    labels: str
    cells: str
    packed: bytes


class EndedState(NamedTuple):
    """The present state of an object, which is about to end. keyframe: the newest one of its life, if there is one."""

    id: int
    namespace: str
    name: str
    uid: str
    resource_version: str
    created_at: float
    first_seen_at: float
    changed_at: float
    layout: int
    owner: str
    labels: str
    cells: str
    life: int | None
    packed: bytes
    keyframe: Keyframe | None


class CurrentState(NamedTuple):
    """Columns of ``objects`` that the recorder determines."""

    first_seen_at: float
    changed_at: float
    life: int | None


class VersionEnd(NamedTuple):
    """The change that ended a state. by: the field manager. paths: the fields that changed."""

    at: float
    change: ChangeCode
    resource_version: str = ""
    by: str = ""
    paths: tuple[str, ...] = ()


class KindEntry(NamedTuple):
    """One kind in one cluster. looked_at: when it was first read. An object that was created earlier is not recorded as added."""

    id: int
    resource: ResourceName
    looked_at: float


class VersionRecorder:
    """Used on the writer's thread only, within a transaction. Its caches are cleared after each rollback."""

    def __init__(self, rules: HistoryRules) -> None:
        self.rules = rules
        self._keeps: dict[ResourceName, bool] = {}
        self.dictionaries = ZstdDictionaries()
        self._noise: dict[ResourceName, NoiseFilter] = {}
        self._words: dict[str, int] = {}
        self._looked_at: dict[int, float] = {}
        self._bytes = 0
        self._pending: list[tuple[Any, ...]] = []
        self.grown: set[int] = set()
        """Lives with new versions, which retention has not yet counted."""

    def clear(self) -> None:
        self._bytes = 0
        self._pending.clear()
        self.dictionaries.clear()
        self._words.clear()
        self._looked_at.clear()

    def kind(self, connection: sqlite3.Connection, number: int, resource: ResourceName, at: float) -> KindEntry:
        """at: recorded as ``looked_at`` if the kind has not been read before."""
        looked_at = self._looked_at.get(number)
        if looked_at is None:
            connection.execute("UPDATE kinds SET looked_at = ? WHERE id = ? AND looked_at IS NULL", (at, number))
            (looked_at,) = connection.execute("SELECT looked_at FROM kinds WHERE id = ?", (number,)).fetchone()
            self._looked_at[number] = looked_at
        return KindEntry(number, resource, looked_at)

    def reset_looked_at(self, number: int) -> None:
        self._looked_at.pop(number, None)

    def flush(self, connection: sqlite3.Connection) -> None:
        """Writes pending rows and adds their size to the counter. Call it at the end of each job."""
        self._write_pending(connection)
        if self._bytes:
            add_to_counter(connection, "history", self._bytes)
            self._bytes = 0

    def keeps(self, resource: ResourceName) -> bool:
        known = self._keeps.get(resource)
        if known is None:
            known = self._keeps[resource] = self.rules.keeps(resource)
        return known

    def record_added(
        self, connection: sqlite3.Connection, kind: KindEntry, objects: Iterable[ParsedObject], at: float
    ) -> list[CurrentState]:
        """For objects that are not in the file."""
        has_history = connection.execute("SELECT 1 FROM lives WHERE kind_id = ? LIMIT 1", (kind.id,)).fetchone() is not None
        return [self._record_added(connection, kind, each, at, has_history) for each in objects]

    def _record_added(
        self, connection: sqlite3.Connection, kind: KindEntry, each: ParsedObject, at: float, has_history: bool = True
    ) -> CurrentState:
        """An object that existed before its kind was first read has no history yet. has_history: the kind has lives."""
        if not self.keeps(kind.resource):
            return CurrentState(at, at, None)
        if has_history:
            self._write_pending(connection)
        known = _find_lost(connection, kind.id, each) if has_history else None
        if known is not None:
            return self._resume(connection, kind, each, at, known)
        if each.created_at < int(kind.looked_at):
            return CurrentState(at, at, None)
        life = _insert_life(connection, kind.id, each, at)
        self._append(connection, kind.id, life, VersionEnd(at, ChangeCode.ADDED, each.resource_version, each.by))
        return CurrentState(at, at, life)

    def record_changed(
        self, connection: sqlite3.Connection, kind: KindEntry, objects: Sequence[tuple[int, ParsedObject]], at: float
    ) -> list[CurrentState]:
        """For objects that are in the file with another version, layout or uid. No row may appear twice."""
        former = {old.id: old for old in _read_states(connection, [row for row, _ in objects])}
        return [self._record_changed(connection, kind, former[row], each, at) for row, each in objects]

    def _record_changed(
        self, connection: sqlite3.Connection, kind: KindEntry, old: EndedState, each: ParsedObject, at: float
    ) -> CurrentState:
        at = max(at, old.changed_at)
        if old.uid != each.uid:
            self._end_state(connection, kind, old, VersionEnd(at, ChangeCode.DELETED))
            return self._record_added(connection, kind, each, at)
        if not self.keeps(kind.resource):
            return CurrentState(old.first_seen_at, at, None)
        if old.resource_version == each.resource_version != "":
            return CurrentState(old.first_seen_at, old.changed_at, old.life)
        body = unpack(connection, old.packed)
        paths = changed_paths(body, each.body, self._noise_filter(kind.resource))
        if not paths:
            return CurrentState(old.first_seen_at, old.changed_at, old.life)
        end = VersionEnd(at, ChangeCode.MODIFIED, each.resource_version, each.by, paths)
        return CurrentState(old.first_seen_at, at, self._end_state(connection, kind, old, end, body))

    def record_deleted(self, connection: sqlite3.Connection, kind: KindEntry, rows: Sequence[tuple[int, VersionEnd]]) -> None:
        """No row may appear twice."""
        for start in range(0, len(rows), _DELETED_TOGETHER):
            ends = dict(rows[start : start + _DELETED_TOGETHER])
            for old in _read_states(connection, ends):
                self._end_state(connection, kind, old, ends[old.id])

    def _end_state(
        self, connection: sqlite3.Connection, kind: KindEntry, old: EndedState, end: VersionEnd, body: bytes | None = None
    ) -> int | None:
        """Returns the number of the object's life, None for a kind without history."""
        if not self.keeps(kind.resource):
            return None
        life = old.life or _insert_life(connection, kind.id, old, old.first_seen_at)
        state = self._encode_state(connection, kind.id, life, old, unpack(connection, old.packed) if body is None else body)
        began = (old.changed_at, _compact_version(old.resource_version), *state)
        self._append(connection, kind.id, life, end._replace(at=max(end.at, old.changed_at)), began)
        return life

    def _encode_state(
        self, connection: sqlite3.Connection, kind: int, life: int, old: EndedState, body: bytes
    ) -> tuple[int, str | None, bytes | None]:
        """(keyframe, differing cells, patch of the body). The state becomes a new keyframe if the patch would be too large."""
        base = old.keyframe
        if base is not None and base[1:4] == (old.layout, old.owner, old.labels):
            cells, patch = _differing_cells(base.cells, old.cells), make_patch(unpack(connection, base.packed), body)
            if len(patch) <= max(128, (len(base.packed) + len(old.cells) + len(old.labels)) // 2):
                return base.id, cells, patch
        packed = self.dictionaries.pack(connection, kind, body)
        texts = (old.owner, old.labels, old.cells)
        (number,) = connection.execute(_INSERT_KEYFRAME, (old.layout, *texts, packed)).fetchone()
        connection.execute("UPDATE lives SET keyframe_id = ?, owner = ? WHERE id = ?", (number, old.owner, life))
        self._bytes += KEYFRAME_BYTES + len(packed) + sum(map(len, texts))
        return number, None, None

    def _append(
        self, connection: sqlite3.Connection, kind: int, life: int, end: VersionEnd, began: tuple[Any, ...] = (None, None, None, None, None)
    ) -> None:
        by, paths = self._word_id(connection, end.by), self._word_id(connection, _json(end.paths).decode() if end.paths else "")
        self._pending.append((life, kind, end.at, end.change, _compact_version(end.resource_version), by, paths, *began))
        self._bytes += ROW_BYTES + len(began[3] or "") + len(began[4] or b"")
        self.grown.add(life)

    def _write_pending(self, connection: sqlite3.Connection) -> None:
        write_many(connection, _INSERT_VERSIONS, self._pending)
        self._pending.clear()

    def _resume(
        self, connection: sqlite3.Connection, kind: KindEntry, each: ParsedObject, at: float, lost: tuple[int, int, float, float, Any]
    ) -> CurrentState:
        """The same object is observed again after a time without observation."""
        life, number, first_seen, began, version = lost
        if version == _compact_version(each.resource_version):
            connection.execute("DELETE FROM versions WHERE id = ?", (number,))
            return CurrentState(first_seen, began, life)
        self._append(connection, kind.id, life, VersionEnd(at, ChangeCode.MODIFIED, each.resource_version, each.by))
        return CurrentState(first_seen, at, life)

    def _noise_filter(self, resource: ResourceName) -> NoiseFilter:
        known = self._noise.get(resource)
        if known is None:
            known = self._noise[resource] = build_noise_filter(self.rules.noise, resource)
        return known

    def _word_id(self, connection: sqlite3.Connection, text: str) -> int | None:
        if not text:
            return None
        known = self._words.get(text)
        if known is None:
            if len(self._words) >= _MOST_WORDS:
                self._words.clear()
            connection.execute("INSERT OR IGNORE INTO words (text) VALUES (?)", (text,))
            (known,) = connection.execute("SELECT id FROM words WHERE text = ?", (text,)).fetchone()
            self._words[text] = known
        return known


def _read_states(connection: sqlite3.Connection, rows: Iterable[int]) -> Iterator[EndedState]:
    for *state, number, layout, owner, labels, cells, packed in connection.execute(_SELECT_STATES, (_json([*rows]).decode(),)).fetchall():
        keyframe = None if number is None else Keyframe(number, layout, owner, labels, cells, packed)
        yield EndedState._make((*state, keyframe))


def _insert_life(connection: sqlite3.Connection, kind: int, each: ParsedObject | EndedState, first_seen: float) -> int:
    facts = (kind, each.namespace, each.name, each.uid, each.created_at, first_seen, each.owner)
    number: int
    (number,) = connection.execute(_INSERT_LIFE, facts).fetchone()
    return number


def _find_lost(connection: sqlite3.Connection, kind: int, each: ParsedObject) -> tuple[int, int, float, float, Any] | None:
    """(life, version, first_seen_at, began, state_version) of the object's last version if that ended as LOST, else None."""
    found = connection.execute(
        "SELECT l.id, v.id, l.first_seen_at, v.began, v.state_version, v.change FROM lives l JOIN versions v ON v.life_id = l.id"
        " WHERE l.kind_id = ? AND l.namespace = ? AND l.name = ? AND l.uid = ? ORDER BY v.id DESC LIMIT 1",
        (kind, each.namespace, each.name, each.uid),
    ).fetchone()
    return found[:5] if found is not None and found[5] == ChangeCode.LOST else None


def _differing_cells(base: str, cells: str) -> str | None:
    """The cells that differ from the keyframe's, by position, as JSON. None if none differs; all cells if their number differs."""
    if base == cells:
        return None
    before, after = _decode_cells(base), _decode_cells(cells)
    if len(before) != len(after):
        return cells
    return _json({place: new for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}).decode()


def _compact_version(version: str) -> int | str:
    """A resource version as an integer, which takes half the space, if the same text can be restored from it."""
    return (
        int(version)
        if version.isdecimal() and version.isascii() and len(version) < 19 and (version[0] != "0" or version == "0")
        else version
    )
