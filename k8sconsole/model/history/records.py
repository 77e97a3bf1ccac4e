"""The types of history: versions of objects, queries for changes, gaps in the record, and items of a timeline."""

from enum import StrEnum

import msgspec

from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName


class Change(StrEnum):
    """How a version began. DELETED marks the end of the last version."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


class Version(msgspec.Struct, frozen=True):
    """One observed version of an object, or its deletion. All times are in seconds since the epoch.

    observed_at: when the version or the deletion was first observed. until: when the next version was observed; None for the present
    version and for deletions. by: the field manager that wrote it, empty where unknown. paths: the fields that differ from the version
    before, such as ``status.phase``, at most twenty. created_at: the object's creationTimestamp.
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
    """A period in which the kind was not scanned. ended: None while it lasts. A gap from 0.0 is the time before the first scan."""

    cluster: ClusterName
    resource: ResourceName
    began: float
    ended: float | None
    reason: str


class VersionHistory(msgspec.Struct, frozen=True):
    """The versions of all objects of one name, oldest first. Each has its masked JSON; a deletion has that of the last version."""

    versions: list[tuple[Version, bytes]]
    gaps: tuple[Gap, ...] = ()


class ChangeQuery(msgspec.Struct, frozen=True):
    """Which changes to read, from ``since`` until ``until`` in seconds since the epoch. Empty fields mean all.

    owner: ``Kind/name`` or ``name`` of any owner up the chain. field: a path, or the beginning of one, that the change must include.
    limit: None for no limit.
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
    """One page of changes. versions: newest first. total, counts: of all matching changes, not of this page.

    counts: by resource and change, such as ``pods modified``. next: the cursor of the next page, empty at the end.
    """

    versions: list[Version]
    total: int
    counts: dict[str, int] = {}
    next: str = ""
    gaps: tuple[Gap, ...] = ()


class TimelineItem(msgspec.Struct, frozen=True):
    """One item of a timeline. at: seconds since the epoch. change: added, modified, deleted; or event, warning, gap.

    subject: the object it concerns, empty for the object whose timeline it is. lines: the differences, or the event's message.
    """

    at: float
    change: str
    subject: str = ""
    by: str = ""
    lines: tuple[str, ...] = ()
