"""What ends is put by: former versions into the file, on the writer's thread.

A row of ``versions`` is something that happened to an object: what began then, and, where there was one, the state that ended. The present
state of an object is in ``objects`` alone, so that what never changes costs nothing here.
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
from k8sconsole.store.sqlite.catalog import count_up
from k8sconsole.store.sqlite.compression import patch
from k8sconsole.store.sqlite.history.zstd_dictionaries import ZstdDictionaries, unpack

_OLD = (
    "SELECT o.id, o.namespace, o.name, o.uid, o.resource_version, o.created_at, o.first_seen_at, o.changed_at, o.layout_id, o.owner,"
    " o.labels, o.cells, o.life_id, b.body, f.id, f.layout_id, f.owner, f.labels, f.cells, f.body"
    " FROM json_each(?) j CROSS JOIN objects o ON o.id = j.value CROSS JOIN bodies b ON b.id = o.id"
    " LEFT JOIN lives l ON l.id = o.life_id LEFT JOIN keyframes f ON f.id = l.keyframe_id"
)
_LIFE = "INSERT INTO lives (kind_id, namespace, name, uid, created_at, first_seen_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"
_NEW_KEYFRAME = "INSERT INTO keyframes (layout_id, owner, labels, cells, body) VALUES (?, ?, ?, ?, ?) RETURNING id"
_HAPPENED = (
    "INSERT INTO versions"
    " (life_id, kind_id, at, change, resource_version, by_id, paths_id, began, state_version, keyframe_id, cells, patch)"
    " {rows}"
)
ROW_BYTES = 120
"""A row of versions with its places in the indexes, without its blob."""
KEYFRAME_BYTES = 60
_REMEMBERED = 4096
_AT_ONCE = 500
"""Ends whose bodies are in memory at the same time."""

_json = msgspec.json.Encoder().encode
_cells = msgspec.json.Decoder(list[Any]).decode


class ChangeCode(IntEnum):
    """``versions.change``. LOST: nothing is known of the object from then on; it may well live on."""

    ADDED = 1
    MODIFIED = 2
    DELETED = 3
    LOST = 4


class Keyframe(NamedTuple):
    """A state that is kept whole, and others of its life as what differs from it."""

    id: int
    layout: int
    owner: str
    labels: str
    cells: str
    packed: bytes


class EndedState(NamedTuple):
    """An object's present state, about to end. keyframe: of its life, if that has one."""

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
    """What ``objects`` is told of the state that is there now."""

    first_seen_at: float
    changed_at: float
    life: int | None


class VersionEnd(NamedTuple):
    """How a state ended."""

    at: float
    happened: ChangeCode
    resource_version: str = ""
    by: str = ""
    paths: tuple[str, ...] = ()


class KindEntry(NamedTuple):
    """One kind in one cluster. looked_at: since when it is looked at; what was created before is not told as added."""

    id: int
    resource: ResourceName
    looked_at: float


class VersionRecorder:
    def __init__(self, rules: HistoryRules) -> None:
        self.rules = rules
        self._kept: dict[ResourceName, bool] = {}
        self.dictionaries = ZstdDictionaries()
        self._noise: dict[ResourceName, NoiseFilter] = {}
        self._words: dict[str, int] = {}
        self._looked: dict[int, float] = {}
        self._bytes = 0
        self._told: list[tuple[Any, ...]] = []
        self.grown: set[int] = set()
        """Lives that got longer since ``clean`` looked last."""

    def clear(self) -> None:
        """After a rollback nothing remembered is sure."""
        self._bytes = 0
        self._told.clear()
        self.dictionaries.clear()
        self._words.clear()
        self._looked.clear()

    def kind(self, connection: sqlite3.Connection, number: int, resource: ResourceName, at: float) -> KindEntry:
        """``at``: of the first look, if this is it."""
        looked = self._looked.get(number)
        if looked is None:
            connection.execute("UPDATE kinds SET looked_at = ? WHERE id = ? AND looked_at IS NULL", (at, number))
            (looked,) = connection.execute("SELECT looked_at FROM kinds WHERE id = ?", (number,)).fetchone()
            self._looked[number] = looked
        return KindEntry(number, resource, looked)

    def reset_looked_at(self, number: int) -> None:
        self._looked.pop(number, None)

    def settle(self, connection: sqlite3.Connection) -> None:
        """At the end of a piece of work: what happened is written, and what was put by is counted."""
        self._tell(connection)
        if self._bytes:
            count_up(connection, "history", self._bytes)
            self._bytes = 0

    def keeps(self, resource: ResourceName) -> bool:
        known = self._kept.get(resource)
        if known is None:
            known = self._kept[resource] = self.rules.keeps(resource)
        return known

    def added(self, connection: sqlite3.Connection, kind: KindEntry, objects: Iterable[ParsedObject], at: float) -> list[CurrentState]:
        """Not in the file so far."""
        remembers = connection.execute("SELECT 1 FROM lives WHERE kind_id = ? LIMIT 1", (kind.id,)).fetchone() is not None
        return [self._added(connection, kind, each, at, remembers) for each in objects]

    def _added(
        self, connection: sqlite3.Connection, kind: KindEntry, each: ParsedObject, at: float, remembers: bool = True
    ) -> CurrentState:
        """What was there before anybody looked has no history yet. remembers: whether anything of the kind was put by already."""
        if not self.keeps(kind.resource):
            return CurrentState(at, at, None)
        if remembers:
            self._tell(connection)
        known = _lost(connection, kind.id, each) if remembers else None
        if known is not None:
            return self._found_again(connection, kind, each, at, known)
        if each.created_at < int(kind.looked_at):
            return CurrentState(at, at, None)
        life = _begin(connection, kind.id, each, at)
        self._happened(connection, kind.id, life, VersionEnd(at, ChangeCode.ADDED, each.resource_version, each.by))
        return CurrentState(at, at, life)

    def changed(
        self, connection: sqlite3.Connection, kind: KindEntry, objects: Sequence[tuple[int, ParsedObject]], at: float
    ) -> list[CurrentState]:
        """In the file under another version, layout or uid; no row twice."""
        former = {old.id: old for old in _old(connection, [row for row, _ in objects])}
        return [self._changed(connection, kind, former[row], each, at) for row, each in objects]

    def _changed(self, connection: sqlite3.Connection, kind: KindEntry, old: EndedState, each: ParsedObject, at: float) -> CurrentState:
        at = max(at, old.changed_at)
        if old.uid != each.uid:
            self._end(connection, kind, old, VersionEnd(at, ChangeCode.DELETED))
            return self._added(connection, kind, each, at)
        if not self.keeps(kind.resource):
            return CurrentState(old.first_seen_at, at, None)
        if old.resource_version == each.resource_version != "":
            return CurrentState(old.first_seen_at, old.changed_at, old.life)
        body = unpack(connection, old.packed)
        paths = changed_paths(body, each.body, self._noise_of(kind.resource))
        if not paths:
            return CurrentState(old.first_seen_at, old.changed_at, old.life)
        end = VersionEnd(at, ChangeCode.MODIFIED, each.resource_version, each.by, paths)
        return CurrentState(old.first_seen_at, at, self._end(connection, kind, old, end, body))

    def gone(self, connection: sqlite3.Connection, kind: KindEntry, rows: Sequence[tuple[int, VersionEnd]]) -> None:
        """No row twice."""
        for start in range(0, len(rows), _AT_ONCE):
            ends = dict(rows[start : start + _AT_ONCE])
            for old in _old(connection, ends):
                self._end(connection, kind, old, ends[old.id])

    def _end(
        self, connection: sqlite3.Connection, kind: KindEntry, old: EndedState, end: VersionEnd, body: bytes | None = None
    ) -> int | None:
        """The number of the life it belongs to."""
        if not self.keeps(kind.resource):
            return None
        life = old.life or _begin(connection, kind.id, old, old.first_seen_at)
        state = self._state(connection, kind.id, life, old, unpack(connection, old.packed) if body is None else body)
        began = (old.changed_at, _number(old.resource_version), *state)
        self._happened(connection, kind.id, life, end._replace(at=max(end.at, old.changed_at)), began)
        return life

    def _state(
        self, connection: sqlite3.Connection, kind: int, life: int, old: EndedState, body: bytes
    ) -> tuple[int, str | None, bytes | None]:
        """Against the life's keyframe: its number, which cells differ, and the body's patch. Where there is none that serves, the state
        becomes one."""
        base = old.keyframe
        if base is not None and base[1:4] == (old.layout, old.owner, old.labels):
            cells, told = _differing(base.cells, old.cells), patch(unpack(connection, base.packed), body)
            if len(told) <= max(128, (len(base.packed) + len(old.cells) + len(old.labels)) // 2):
                return base.id, cells, told
        packed = self.dictionaries.pack(connection, kind, body)
        texts = (old.owner, old.labels, old.cells)
        (number,) = connection.execute(_NEW_KEYFRAME, (old.layout, *texts, packed)).fetchone()
        connection.execute("UPDATE lives SET keyframe_id = ?, owner = ? WHERE id = ?", (number, old.owner, life))
        self._bytes += KEYFRAME_BYTES + len(packed) + sum(map(len, texts))
        return number, None, None

    def _happened(
        self, connection: sqlite3.Connection, kind: int, life: int, end: VersionEnd, began: tuple[Any, ...] = (None, None, None, None, None)
    ) -> None:
        by, paths = self._word(connection, end.by), self._word(connection, _json(end.paths).decode() if end.paths else "")
        self._told.append((life, kind, end.at, end.happened, _number(end.resource_version), by, paths, *began))
        self._bytes += ROW_BYTES + len(began[3] or "") + len(began[4] or b"")
        self.grown.add(life)

    def _tell(self, connection: sqlite3.Connection) -> None:
        """Together what happened together, in its order."""
        write_many(connection, _HAPPENED, self._told)
        self._told.clear()

    def _found_again(
        self, connection: sqlite3.Connection, kind: KindEntry, each: ParsedObject, at: float, lost: tuple[int, int, float, float, Any]
    ) -> CurrentState:
        """The same object, after a time when nothing was known of it."""
        life, number, first_seen, began, version = lost
        if version == _number(each.resource_version):
            connection.execute("DELETE FROM versions WHERE id = ?", (number,))
            return CurrentState(first_seen, began, life)
        self._happened(connection, kind.id, life, VersionEnd(at, ChangeCode.MODIFIED, each.resource_version, each.by))
        return CurrentState(first_seen, at, life)

    def _noise_of(self, resource: ResourceName) -> NoiseFilter:
        known = self._noise.get(resource)
        if known is None:
            known = self._noise[resource] = build_noise_filter(self.rules.noise, resource)
        return known

    def _word(self, connection: sqlite3.Connection, text: str) -> int | None:
        if not text:
            return None
        known = self._words.get(text)
        if known is None:
            if len(self._words) >= _REMEMBERED:
                self._words.clear()
            connection.execute("INSERT OR IGNORE INTO words (text) VALUES (?)", (text,))
            (known,) = connection.execute("SELECT id FROM words WHERE text = ?", (text,)).fetchone()
            self._words[text] = known
        return known


def _old(connection: sqlite3.Connection, rows: Iterable[int]) -> Iterator[EndedState]:
    for *state, number, layout, owner, labels, cells, packed in connection.execute(_OLD, (_json([*rows]).decode(),)).fetchall():
        keyframe = None if number is None else Keyframe(number, layout, owner, labels, cells, packed)
        yield EndedState._make((*state, keyframe))


def _begin(connection: sqlite3.Connection, kind: int, each: ParsedObject | EndedState, first_seen: float) -> int:
    facts = (kind, each.namespace, each.name, each.uid, each.created_at, first_seen, each.owner)
    number: int
    (number,) = connection.execute(_LIFE, facts).fetchone()
    return number


def _lost(connection: sqlite3.Connection, kind: int, each: ParsedObject) -> tuple[int, int, float, float, Any] | None:
    """(life, number, first_seen_at, began, state_version) of the same object's last version, if it was lost out of sight."""
    found = connection.execute(
        "SELECT l.id, v.id, l.first_seen_at, v.began, v.state_version, v.change FROM lives l JOIN versions v ON v.life_id = l.id"
        " WHERE l.kind_id = ? AND l.namespace = ? AND l.name = ? AND l.uid = ? ORDER BY v.id DESC LIMIT 1",
        (kind, each.namespace, each.name, each.uid),
    ).fetchone()
    return found[:5] if found is not None and found[5] == ChangeCode.LOST else None


def _differing(base: str, cells: str) -> str | None:
    """The cells that differ from the keyframe's, by place; None when none does. All of them where there are more or fewer."""
    if base == cells:
        return None
    before, after = _cells(base), _cells(cells)
    if len(before) != len(after):
        return cells
    return _json({place: new for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}).decode()


def _number(version: str) -> int | str:
    """As a number it takes half the room; only where it comes back as it was."""
    return (
        int(version)
        if version.isdecimal() and version.isascii() and len(version) < 19 and (version[0] != "0" or version == "0")
        else version
    )
