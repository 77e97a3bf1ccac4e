"""What was: versions of objects, what changed when, and the times when nobody was watching. The words that the store, the tools and the
faces share."""

from enum import StrEnum

import msgspec

from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName


class Change(StrEnum):
    """How a version began; ``deleted`` is the end of the last one."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


class Version(msgspec.Struct, frozen=True):
    """One observed state of one object, or its deletion. Times in seconds since the epoch.

    observed_at: when it was first seen, or seen gone. until: when the next one was, None for the present state and for deletions.
    by: the field manager that wrote it, empty where that is unknown. paths: which fields differ from the version before, as
    ``status.phase``, at most twenty. created_at: the object's own creationTimestamp.
    """

    ref: ObjectRef
    resource_version: str
    change: Change
    observed_at: float
    until: float | None = None
    by: str = ""
    paths: tuple[str, ...] = ()
    created_at: float = 0.0


class Gap(msgspec.Struct, frozen=True):
    """Nobody was watching this kind. ended is None while that lasts. A gap that begins at 0.0 is the time before the first look."""

    cluster: ClusterName
    resource: ResourceName
    began: float
    ended: float | None
    reason: str


class VersionHistory(msgspec.Struct, frozen=True):
    """All that is known of every object of one name, oldest first, each version with its masked JSON (a deletion with the last state)."""

    versions: list[tuple[Version, bytes]]
    gaps: tuple[Gap, ...] = ()


class ChangeQuery(msgspec.Struct, frozen=True):
    """What changed from ``since`` until ``until``, seconds since the epoch. Empty means all.

    owner: ``Kind/name`` or ``name``, anywhere up the chain. field: a path, or the beginning of one, that must be among a version's paths.
    limit None means no limit.
    """

    since: float
    until: float
    clusters: tuple[ClusterName, ...] = ()
    resources: tuple[ResourceName, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    name: str = ""
    owner: str = ""
    field: str = ""
    limit: int | None = 100
    cursor: str = ""


class Changes(msgspec.Struct, frozen=True):
    """versions: newest first. total and counts (by ``resource change``, such as ``pods modified``) are of everything that matches.
    next: the cursor that continues, empty at the end."""

    versions: list[Version]
    total: int
    counts: dict[str, int] = {}
    next: str = ""
    gaps: tuple[Gap, ...] = ()


class TimelineItem(msgspec.Struct, frozen=True):
    """at: seconds since the epoch. change: added, modified, deleted, or a word for what is no change: event, warning, gap. subject: what it
    happened to, empty for the object whose timeline it is. lines: what differs, or what was said."""

    at: float
    change: str
    subject: str = ""
    by: str = ""
    lines: tuple[str, ...] = ()
