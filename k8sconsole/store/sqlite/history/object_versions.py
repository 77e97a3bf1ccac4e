"""One object as it was: its state at a moment, and all its states in order."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from k8sconsole.model.history import Change, Version
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.store.sqlite.compression import patched
from k8sconsole.store.sqlite.history.recorder import ChangeCode
from k8sconsole.store.sqlite.history.zstd_dictionaries import unpack

CHANGES = {ChangeCode.ADDED: Change.ADDED, ChangeCode.MODIFIED: Change.MODIFIED, ChangeCode.DELETED: Change.DELETED}

_LIVES = """SELECT l.id, l.uid, l.created_at, l.first_seen_at FROM kinds k JOIN lives l ON l.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND l.namespace = ? AND l.name = ? AND ? IN ('', l.uid) ORDER BY l.id"""
_PRESENT = """SELECT o.id, o.uid, o.resource_version, o.created_at, o.first_seen_at, o.changed_at, o.life_id
    FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND o.namespace = ? AND o.name = ? AND ? IN ('', o.uid)"""
_HAPPENED = """SELECT v.id, v.at, v.change, v.resource_version, b.text, p.text, v.began, v.state_version
    FROM versions v LEFT JOIN words b ON b.id = v.by_id LEFT JOIN words p ON p.id = v.paths_id WHERE v.life_id = ? ORDER BY v.id"""
_STATE = "SELECT f.body, v.patch FROM versions v JOIN keyframes f ON f.id = v.keyframe_id WHERE v.id = ?"

_paths = msgspec.json.Decoder(tuple[str, ...]).decode


class VersionStart(NamedTuple):
    """How a version began."""

    at: float
    change: ChangeCode
    resource_version: Any
    by: str | None
    paths: str | None


class StoredVersion(NamedTuple):
    """A version, and where its body is: a row of ``versions`` whose ended state it is, or the present one's of ``bodies``."""

    version: Version
    ended_in: int | None = None
    present: int | None = None


def unpack_version(connection: sqlite3.Connection, packed: bytes, patch: bytes | None) -> bytes:
    """A body out of its keyframe and patch, or a present one without a patch."""
    base = unpack(connection, packed)
    return base if patch is None else patched(base, patch)


def list_versions(connection: sqlite3.Connection, ref: ObjectRef) -> list[StoredVersion]:
    """Every version of the objects of that name, deletions included, oldest first."""
    place = (ref.resource, ref.cluster, ref.namespace, ref.name, ref.uid)
    present = connection.execute(_PRESENT, place).fetchone()
    found: list[StoredVersion] = []
    for number, uid, created, first_seen in connection.execute(_LIVES, place).fetchall():
        whose = ObjectRef(ref.cluster, ref.resource, ref.namespace, ref.name, uid)
        mine = present if present is not None and present[6] == number else None
        found.extend(_of_life(connection, number, (whose, created, first_seen), mine))
    if present is not None and present[6] is None:
        found.append(_unchanged(ref, present))
    return sorted(found, key=lambda known: known.version.observed_at)


def _unchanged(ref: ObjectRef, present: Sequence[Any]) -> StoredVersion:
    """An object that is as it was first seen."""
    row, uid, version, created, _, changed, _ = present
    whose = ObjectRef(ref.cluster, ref.resource, ref.namespace, ref.name, uid)
    return StoredVersion(Version(whose, version, Change.ADDED, changed, created_at=created), present=row)


def _of_life(
    connection: sqlite3.Connection, number: int, whose: tuple[ObjectRef, float, float], present: Sequence[Any] | None
) -> Iterator[StoredVersion]:
    ref, created, first_seen = whose
    beginning: VersionStart | None = None
    for row, at, change, resource_version, by, paths, began, state_version in connection.execute(_HAPPENED, (number,)):
        if began is not None:
            yield StoredVersion(_version(ref, created, first_seen, (began, at, state_version), beginning), ended_in=row)
        beginning = VersionStart(at, ChangeCode(change), resource_version, by, paths)
        if change == ChangeCode.DELETED:
            gone = Version(ref, str(resource_version or ""), Change.DELETED, at, by=by or "", created_at=created)
            yield StoredVersion(gone, ended_in=row)
    if present is not None:
        yield StoredVersion(_version(ref, created, first_seen, (present[5], None, present[2]), beginning), present=present[0])


def _version(
    ref: ObjectRef, created: float, first_seen: float, span: tuple[float, float | None, Any], beginning: VersionStart | None
) -> Version:
    """span: began, until, and the resourceVersion the state had at its end. What is no longer kept of its beginning stays untold."""
    began, until, version = span
    if beginning is None or beginning.at != began or beginning.change not in (ChangeCode.ADDED, ChangeCode.MODIFIED):
        change = Change.ADDED if began == first_seen else Change.MODIFIED
        return Version(ref, str(version), change, began, until, created_at=created)
    return Version(
        ref,
        str(beginning.resource_version),
        CHANGES[beginning.change],
        began,
        until,
        beginning.by or "",
        _paths(beginning.paths) if beginning.paths else (),
        created,
    )


def read_body(connection: sqlite3.Connection, known: StoredVersion) -> bytes:
    if known.present is not None:
        (packed,) = connection.execute("SELECT body FROM bodies WHERE id = ?", (known.present,)).fetchone()
        return unpack(connection, packed)
    return unpack_version(connection, *connection.execute(_STATE, (known.ended_in,)).fetchone())


def read_as_of(connection: sqlite3.Connection, ref: ObjectRef, at: float) -> tuple[Version, bytes] | None:
    """The version that was current then; a deletion, where that was the last that was known."""
    known = [each for each in list_versions(connection, ref) if each.version.observed_at <= at]
    current = [each for each in known if each.version.change is Change.DELETED or each.version.until is None or each.version.until > at]
    if not current or current[-1] is not known[-1]:
        return None
    return current[-1].version, read_body(connection, current[-1])


def version_from_row(cluster: ClusterName, resource: ResourceName, found: Sequence[Any]) -> Version:
    """A row of ``changed``."""
    namespace, name, uid, created, at, change, version, by, paths, until = found
    ref = ObjectRef(cluster, resource, Namespace(namespace), name, uid)
    texts = (by or "", _paths(paths) if paths else ())
    end = None if change == ChangeCode.DELETED else until
    return Version(ref, str(version if version is not None else ""), CHANGES[ChangeCode(change)], at, end, *texts, created)
