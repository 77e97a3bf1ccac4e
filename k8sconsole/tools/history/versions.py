"""The history of one object: its versions, oldest first, each with its changes."""

from collections.abc import Sequence

import msgspec

from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.differences import Difference, find_differences
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history import Change, Gap, Version, VersionHistory
from k8sconsole.model.history.noise import NoiseFilter
from k8sconsole.model.refs import ApiResource, ObjectRef
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.gaps import GapRecord, fold_gaps, gap_record
from k8sconsole.tools.history.queries import history_of, not_in_history

VersionBody = tuple[Version, bytes]
_LATE = 60.0
"""Seconds between creation and first observation that are normal."""
_NEAR = 16
"""Versions read to find the previous one: several can have the same time."""


class ObjectHistoryQuery(msgspec.Struct, frozen=True):
    """since, until: seconds since the epoch, both included. skip: number of newest versions to leave out. limit: number of versions to
    return after that, the newest; None for all."""

    resource: ApiResource
    ref: ObjectRef
    since: float
    until: float
    limit: int | None = None
    skip: int = 0


class VersionRecord(msgspec.Struct):
    """diff: against the version before; empty for a creation and a deletion. created_at: for an object that was older when its first
    version was observed; empty otherwise."""

    resource_version: str
    observed_at: str
    change: str
    by: str
    diff: list[Difference]
    created_at: str = ""

    @property
    def change_word(self) -> str:
        """The change for people: an object that was older when it was first observed was not added then."""
        return "first seen" if self.created_at else self.change


class ObjectRecord(msgspec.Struct):
    context: str
    kind: str
    namespace: str
    name: str


class ObjectHistory(msgspec.Struct):
    """versions and gaps: oldest first."""

    object: ObjectRecord
    versions: list[VersionRecord]
    gaps: list[GapRecord]


class ObjectHistoryReply(msgspec.Struct, frozen=True):
    """older: number of versions before the first of these."""

    history: ObjectHistory
    freshness: Freshness
    older: int
    warnings: tuple[str, ...] = ()


async def read_object_history(context: ToolContext, query: ObjectHistoryQuery) -> ObjectHistoryReply:
    """Raises NotFound, with the nearest names, for an object that is not in the history."""
    found = await _read_versions(context, query)
    versions = found.versions[: len(found.versions) - query.skip]
    selected = versions if query.limit is None else versions[max(0, len(versions) - query.limit) :]
    before = versions[len(versions) - len(selected) - 1] if len(selected) < len(versions) else await _version_before(context, selected)
    gaps = [
        gap
        for gap in found.gaps
        if _overlaps(gap, selected[0][0].observed_at if len(selected) < len(versions) and selected else query.since)
    ]
    pairs = list(zip([before, *selected], selected, strict=False))
    noise, skew = context.noise_filter(query.ref.resource), context.environment.clock_skew(query.ref.cluster)
    one = ObjectRecord(query.ref.cluster, query.ref.resource, query.ref.namespace, query.ref.name)
    return ObjectHistoryReply(
        ObjectHistory(one, [_version_record(earlier, later, noise, skew) for earlier, later in pairs], [gap_record(gap) for gap in gaps]),
        await _history_freshness(context, query, gaps),
        len(versions) - len(selected),
        _diff_warnings(pairs),
    )


async def _read_versions(context: ToolContext, query: ObjectHistoryQuery) -> VersionHistory:
    """The versions of the query and one more, since the diff of the oldest needs the version before it."""
    most = None if query.limit is None else query.limit + query.skip + 1
    found = await history_of(context).versions(query.ref, since=query.since, until=query.until, limit=most)
    if not found.versions and not (await history_of(context).versions(query.ref, limit=1)).versions:
        raise await not_in_history(context, query.resource, query.ref)
    return found


async def _version_before(context: ToolContext, selected: Sequence[VersionBody]) -> VersionBody | None:
    if not selected or selected[0][0].change is not Change.MODIFIED:
        return None
    first = selected[0][0]
    near = (await history_of(context).versions(first.ref, until=first.observed_at, limit=_NEAR)).versions
    place = next((at for at, (one, _) in enumerate(near) if one.resource_version == first.resource_version), 0)
    return near[place - 1] if place else None


def _version_record(before: VersionBody | None, after: VersionBody, noise: NoiseFilter, skew: float) -> VersionRecord:
    """skew: seconds by which the server's clock is ahead."""
    version, body = after
    diff = changed_fields(before[1], body, noise) if before is not None and _is_next_version(before[0], version) else []
    observed = format_exact_time(version.observed_at)
    return VersionRecord(version.resource_version, observed, version.change.value, version.by, diff, _earlier_creation(version, skew))


def _earlier_creation(version: Version, skew: float) -> str:
    """The creation of an object whose first version was observed much later; empty for all other versions."""
    late = version.change is Change.ADDED and 0.0 < version.created_at - skew < version.observed_at - _LATE
    return format_exact_time(version.created_at) if late else ""


def _is_next_version(before: Version, after: Version) -> bool:
    return after.change is Change.MODIFIED and before.change is not Change.DELETED and before.ref.uid == after.ref.uid


def changed_fields(before: bytes, after: bytes, noise: NoiseFilter) -> list[Difference]:
    """The fields in which two states differ, without those that the noise rules ignore."""
    return [one for one in find_differences(msgspec.json.decode(before), msgspec.json.decode(after)) if not noise(one.path)]


def _diff_warnings(pairs: Sequence[tuple[VersionBody | None, VersionBody]]) -> tuple[str, ...]:
    if pairs and pairs[0][0] is None and pairs[0][1][0].change is Change.MODIFIED:
        return ("the changes of the oldest version are unknown: the version before it is no longer stored",)
    return ()


def _overlaps(gap: Gap, since: float) -> bool:
    return gap.ended is None or gap.ended >= since


async def _history_freshness(context: ToolContext, query: ObjectHistoryQuery, gaps: Sequence[Gap]) -> Freshness:
    """Freshness as of the end of the window. missing: gaps in the window, and the time before the history of the kind begins."""
    known = await history_of(context).known_since(query.ref.cluster, query.ref.resource)
    begins = (
        ()
        if known is None or known <= query.since or not query.since
        else (f"{query.ref.label}: in the history only since {format_exact_time(known)}",)
    )
    missing = (*fold_gaps(gaps, query.since, query.until), *begins)
    return Freshness(Source.HISTORY, query.until, not missing, missing)
