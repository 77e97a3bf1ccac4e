"""The versions of one object: the one that was current at a time, or all of them in order."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from k8sconsole.model.history import Change, Version
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.store.sqlite.compression import apply_patch
from k8sconsole.store.sqlite.history.recorder import ChangeCode
from k8sconsole.store.sqlite.history.zstd_dictionaries import unpack

CHANGES = {ChangeCode.ADDED: Change.ADDED, ChangeCode.MODIFIED: Change.MODIFIED, ChangeCode.DELETED: Change.DELETED}

_SELECT_LIVES = """SELECT l.id, l.uid, l.created_at, l.first_seen_at FROM kinds k JOIN lives l ON l.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND l.namespace = ? AND l.name = ? AND ? IN ('', l.uid) ORDER BY l.id"""
_SELECT_PRESENT = """SELECT o.id, o.uid, o.resource_version, o.created_at, o.first_seen_at, o.changed_at, o.life_id
    FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND o.namespace = ? AND o.name = ? AND ? IN ('', o.uid)"""
_SELECT_CHANGES = """SELECT v.id, v.at, v.change, v.resource_version, b.text, p.text, v.began, v.state_version
    FROM versions v LEFT JOIN words b ON b.id = v.by_id LEFT JOIN words p ON p.id = v.paths_id WHERE v.life_id = ? ORDER BY v.id"""
_SELECT_STATE = "SELECT f.body, v.patch FROM versions v JOIN keyframes f ON f.id = v.keyframe_id WHERE v.id = ?"

_decode_paths = msgspec.json.Decoder(tuple[str, ...]).decode


class VersionStart(NamedTuple):
    """The change with which a version began."""

    at: float
    change: ChangeCode
    resource_version: Any
    by: str | None
    paths: str | None


class StoredVersion(NamedTuple):
    """A version, and where its body is stored: in the row ``ended_in`` of ``versions``, or in the row ``present`` of ``bodies``."""

    version: Version
    ended_in: int | None = None
    present: int | None = None


def unpack_version(connection: sqlite3.Connection, packed: bytes, patch: bytes | None) -> bytes:
    """The body from its keyframe and patch; a present body has no patch."""
    base = unpack(connection, packed)
    return base if patch is None else apply_patch(base, patch)


def list_versions(connection: sqlite3.Connection, ref: ObjectRef) -> list[StoredVersion]:
    """Every version of the objects with this name, deletions included, oldest first."""
    key = (ref.resource, ref.cluster, ref.namespace, ref.name, ref.uid)
    present = connection.execute(_SELECT_PRESENT, key).fetchone()
    found: list[StoredVersion] = []
    for number, uid, created, first_seen in connection.execute(_SELECT_LIVES, key).fetchall():
        object_ref = ObjectRef(ref.cluster, ref.resource, ref.namespace, ref.name, uid)
        current = present if present is not None and present[6] == number else None
        found.extend(_life_versions(connection, number, (object_ref, created, first_seen), current))
    if present is not None and present[6] is None:
        found.append(_only_version(ref, present))
    return sorted(found, key=lambda stored: stored.version.observed_at)


def _only_version(ref: ObjectRef, present: Sequence[Any]) -> StoredVersion:
    """The version of an object that has not changed since it was first seen."""
    row, uid, version, created, _, changed, _ = present
    object_ref = ObjectRef(ref.cluster, ref.resource, ref.namespace, ref.name, uid)
    return StoredVersion(Version(object_ref, version, Change.ADDED, changed, created_at=created), present=row)


def _life_versions(
    connection: sqlite3.Connection, number: int, identity: tuple[ObjectRef, float, float], present: Sequence[Any] | None
) -> Iterator[StoredVersion]:
    ref, created, first_seen = identity
    start: VersionStart | None = None
    for row, at, change, resource_version, by, paths, began, state_version in connection.execute(_SELECT_CHANGES, (number,)):
        if began is not None:
            yield StoredVersion(_version(ref, created, first_seen, (began, at, state_version), start), ended_in=row)
        start = VersionStart(at, ChangeCode(change), resource_version, by, paths)
        if change == ChangeCode.DELETED:
            deletion = Version(ref, str(resource_version or ""), Change.DELETED, at, by=by or "", created_at=created)
            yield StoredVersion(deletion, ended_in=row)
    if present is not None:
        yield StoredVersion(_version(ref, created, first_seen, (present[5], None, present[2]), start), present=present[0])


def _version(
    ref: ObjectRef, created: float, first_seen: float, span: tuple[float, float | None, Any], start: VersionStart | None
) -> Version:
    """span: began, until, and the resourceVersion at the end of the state. Without ``start``, who changed what is unknown."""
    began, until, version = span
    if start is None or start.at != began or start.change not in (ChangeCode.ADDED, ChangeCode.MODIFIED):
        change = Change.ADDED if began == first_seen else Change.MODIFIED
        return Version(ref, str(version), change, began, until, created_at=created)
    return Version(
        ref,
        str(start.resource_version),
        CHANGES[start.change],
        began,
        until,
        start.by or "",
        _decode_paths(start.paths) if start.paths else (),
        created,
    )


def read_body(connection: sqlite3.Connection, stored: StoredVersion) -> bytes:
    if stored.present is not None:
        (packed,) = connection.execute("SELECT body FROM bodies WHERE id = ?", (stored.present,)).fetchone()
        return unpack(connection, packed)
    return unpack_version(connection, *connection.execute(_SELECT_STATE, (stored.ended_in,)).fetchone())


def read_as_of(connection: sqlite3.Connection, ref: ObjectRef, at: float) -> tuple[Version, bytes] | None:
    """The version that was current at ``at``; the deletion if that was the last known change; None if neither is known."""
    known = [each for each in list_versions(connection, ref) if each.version.observed_at <= at]
    current = [each for each in known if each.version.change is Change.DELETED or each.version.until is None or each.version.until > at]
    if not current or current[-1] is not known[-1]:
        return None
    return current[-1].version, read_body(connection, current[-1])


def version_from_row(cluster: ClusterName, resource: ResourceName, found: Sequence[Any]) -> Version:
    """found: a row of ``changes``, from the namespace on."""
    namespace, name, uid, created, at, change, version, by, paths, until = found
    ref = ObjectRef(cluster, resource, Namespace(namespace), name, uid)
    texts = (by or "", _decode_paths(paths) if paths else ())
    end = None if change == ChangeCode.DELETED else until
    return Version(ref, str(version if version is not None else ""), CHANGES[ChangeCode(change)], at, end, *texts, created)
