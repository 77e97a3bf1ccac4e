"""Differences between two times, object by object, and single changes in order of time."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import PolicyDenied
from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.differences import Difference, is_within
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history import Change, ChangeQuery, Changes, Gap, Version
from k8sconsole.model.refs import ClusterName, ObjectRef, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.store.port import CacheHistory
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.gaps import GapRecord, fold_gaps, gap_record, limit_gaps
from k8sconsole.tools.history.queries import cursor_errors, history_of, unreadable_parts
from k8sconsole.tools.history.versions import changed_fields
from k8sconsole.tools.output.token_budget import take_fitting
from k8sconsole.tools.policy import filter_readable
from k8sconsole.tools.results import Target

if TYPE_CHECKING:
    from k8sconsole.tools.spec import ToolSpec

MOST_VERSIONS = 200_000
"""Versions of a window that are read at most, the newest first."""
FIRST_SEEN = "first_seen"
"""The change of an object that was created before the window but observed in it for the first time: it is not an addition."""
_PAGE = 20_000
_CLOCK_STEP = 1.0
"""Seconds; creationTimestamp has no fraction."""
_EVENTS = frozenset({"events", "events.events.k8s.io"})
_AUTOSCALERS = frozenset({"horizontalpodautoscalers.autoscaling", "verticalpodautoscalers.autoscaling.k8s.io"})
_DERIVED = frozenset(
    {
        "pods",
        "replicasets.apps",
        "controllerrevisions.apps",
        "endpoints",
        "endpointslices.discovery.k8s.io",
        "leases.coordination.k8s.io",
        "pods.metrics.k8s.io",
        "nodes.metrics.k8s.io",
    }
)
"""Kinds that controllers create, change and delete all the time; what a person changed is elsewhere."""
_BOOKKEEPING = ("status", "metadata.resourceVersion", "metadata.generation", "metadata.managedFields")


class ChangeRecord(msgspec.Struct, omit_defaults=True):
    """change: added, first_seen, modified or deleted. versions: number of versions in the window. last: when the newest was observed.
    by: field managers, the latest first. diff: fields that differ, for objects that exist at both ends. first_seen: when it was first
    observed, for an object that is older than the window but was not yet known at its beginning; diff compares with that state."""

    context: str
    kind: str
    namespace: str
    name: str
    change: str
    versions: int
    last: str
    diff: list[Difference]
    by: list[str] = []
    first_seen: str = ""


class DiffPage(msgspec.Struct, rename={"since": "from", "until": "to"}, omit_defaults=True):
    """items: objects that differ; first those whose specification changed or that were added or deleted, then those that only controllers
    and their status changed, then those first seen; latest change first in each. passing: number of objects created and deleted within
    the window. restored: number of objects on this page that are back to their earlier state. counts: versions in the window, by kind
    and change. left_out: objects of this window that are not in items, by reason: events, and autoscalers whose status alone changed."""

    since: str
    until: str
    items: list[ChangeRecord]
    counts: dict[str, int]
    gaps: list[GapRecord]
    passing: int = 0
    restored: int = 0
    left_out: dict[str, int] = {}


async def readable_kinds(
    context: ToolContext, tool: "ToolSpec", clusters: Sequence[ClusterName], word: str, namespaces: Sequence[str]
) -> tuple[ResourceName, ...]:
    """The kind that the word names. Without a word: the kinds that policy allows reading, or () for all if no rule is about kinds.

    Raises UsageError for an unknown kind, PolicyDenied if no kind may be read."""
    if word:
        return ((await context.find_resource(clusters[0], word)).name,)
    policy = context.environment.policy()
    if context.store is None or not any(rule.kinds for rule in policy.rules):
        return ()
    allowed: set[ResourceName] = set()
    for cluster in clusters:
        target = Target(cluster, namespaces=tuple(namespaces))
        allowed |= {
            one.name
            for one in filter_readable(policy, tool, context.call, target, await context.store.metadata.resources(cluster) or BUILTIN)
        }
    if not allowed:
        raise PolicyDenied(f"{tool.name} is not allowed", "policy allows reading no kind", "policy: in k8sconsole.yaml")
    return tuple(sorted(allowed))


class ChangeWindow:
    """All versions between two times, by object, read once. ``page`` compares the two ends for some of the objects."""

    def __init__(self, context: ToolContext, query: ChangeQuery, found: Changes) -> None:
        self._context = context
        self._store = history_of(context)
        self._query = query
        self._gaps = found.gaps
        self.objects: dict[ObjectRef, list[Version]] = {}
        for version in (one for one in found.versions if one.observed_at > query.since):
            self.objects.setdefault(version.ref, []).append(version)
        self._counts = found.counts
        self._left_out = {} if query.resources or query.name else self._leave_out_noise()
        lasting = [ref for ref, seen in self.objects.items() if not self._is_short_lived(seen)]
        self._lasting = sorted(lasting, key=lambda ref: _rank_changes(ref, self.objects[ref], self._existed_before(self.objects[ref])))

    @property
    def total(self) -> int:
        return len(self._lasting)

    async def page(self, start: int = 0, limit: int | None = None) -> tuple[DiffPage, int]:
        """A page of differences, and the start of the next page, 0 at the end."""
        end = self.total if limit is None else min(self.total, start + limit)
        items: list[ChangeRecord] = []
        restored = 0
        for ref in self._lasting[start:end]:
            item = await self._compare_ends(ref)
            restored += item is None
            items += [item] if item else []
        passing = len(self.objects) - self.total
        query = self._query
        gaps = [gap_record(gap) for gap in self._gaps]
        times = format_exact_time(query.since), format_exact_time(query.until)
        return DiffPage(*times, items, self._counts, gaps, passing, restored, self._left_out), end if end < self.total else 0

    def place_after(self, item: ChangeRecord) -> int:
        """The start of the page after this item."""
        places = (at for at, ref in enumerate(self._lasting, 1) if self._is_item(ref, item))
        return next(places, 0) % self.total

    def _is_item(self, ref: ObjectRef, item: ChangeRecord) -> bool:
        return (ref.cluster, ref.resource, ref.namespace, ref.name) == (item.context, item.kind, item.namespace, item.name)

    def _existed_before(self, newest_first: Sequence[Version]) -> bool:
        """Whether the object is older than the window, also if it was observed in it for the first time."""
        first = newest_first[-1]
        skew = self._context.environment.clock_skew(first.ref.cluster)
        return first.change is not Change.ADDED or 0.0 < first.created_at - skew <= self._query.since - _CLOCK_STEP

    def _is_short_lived(self, newest_first: Sequence[Version]) -> bool:
        return newest_first[0].change is Change.DELETED and not self._existed_before(newest_first)

    def _leave_out_noise(self) -> dict[str, int]:
        """Removes events, and autoscalers whose status alone changed. Returns how many, by reason."""
        reasons = {ref: reason for ref, seen in self.objects.items() if (reason := _noise_reason(ref, seen))}
        for ref in reasons:
            del self.objects[ref]
        return dict(Counter(reasons.values()))

    async def _compare_ends(self, ref: ObjectRef) -> ChangeRecord | None:
        """The difference of one object, or None if its two ends are equal."""
        before, after = await self._state_at(ref, self._query.since), await self._state_at(ref, self._query.until)
        existed = before is not None or self._existed_before(self.objects[ref])
        if after is None:
            return self._record(ref, Change.DELETED.value, []) if existed else None
        if not existed:
            return self._record(ref, Change.ADDED.value, [])
        return self._compare(ref, before, after) if before is not None else await self._compare_with_first(ref, after)

    def _compare(self, ref: ObjectRef, before: bytes, after: bytes) -> ChangeRecord | None:
        field = self._query.field
        found = changed_fields(before, after, self._context.noise_filter(ref.resource))
        diff = [one for one in found if not field or is_within(one.path, field)]
        return self._record(ref, Change.MODIFIED.value, diff) if diff else None

    async def _compare_with_first(self, ref: ObjectRef, after: bytes) -> ChangeRecord:
        """For an object that is older than the window and whose state at its beginning is not known."""
        version, body = (await self._store.versions(ref, until=self._query.until)).versions[0]
        record = self._compare(ref, body, after) or self._record(ref, FIRST_SEEN, [])
        return msgspec.structs.replace(record, first_seen=format_rfc3339(version.observed_at))

    async def _state_at(self, ref: ObjectRef, at: float) -> bytes | None:
        found = await self._store.object_as_of(ref, at)
        return None if found is None or found[0].change is Change.DELETED else found[1]

    def _record(self, ref: ObjectRef, change: str, diff: list[Difference]) -> ChangeRecord:
        seen = self.objects[ref]
        by = list(dict.fromkeys(version.by for version in seen if version.by))
        last = format_exact_time(seen[0].observed_at)
        return ChangeRecord(ref.cluster, ref.resource, ref.namespace, ref.name, change, len(seen), last, diff, by)


def _rank_changes(ref: ObjectRef, newest_first: Sequence[Version], existed_before: bool) -> int:
    """0: a person or a deployment tool changed something. 1: controllers did. 2: first seen, nothing is known to have changed."""
    if existed_before and all(one.change is Change.ADDED for one in newest_first):
        return 2
    return 0 if ref.resource not in _DERIVED and any(map(_changes_specification, newest_first)) else 1


def _changes_specification(version: Version) -> bool:
    if version.change is not Change.MODIFIED:
        return True
    return any(not _is_bookkeeping(path) for path in version.paths)


def _is_bookkeeping(path: str) -> bool:
    return any(is_within(path, part) for part in _BOOKKEEPING)


def _noise_reason(ref: ObjectRef, newest_first: Sequence[Version]) -> str:
    """Why the object is left out where no kind and no name was requested; empty if it is not."""
    if ref.resource in _EVENTS:
        return "events"
    if ref.resource in _AUTOSCALERS and not any(map(_changes_specification, newest_first)):
        return f"{ref.resource.partition('.')[0]} whose status alone changed"
    return ""


async def open_window(context: ToolContext, query: ChangeQuery) -> tuple[ChangeWindow, Freshness, tuple[str, ...]]:
    """The window of a query, its freshness, and a warning if only the newest versions were read."""
    store = history_of(context)
    versions: list[Version] = []
    cursor = ""
    for _ in range(MOST_VERSIONS // _PAGE):
        found = await store.changes(msgspec.structs.replace(query, limit=_PAGE, cursor=cursor))
        versions += found.versions
        cursor = found.next
        if not cursor:
            break
    more = (f"only the newest {len(versions)} of {found.total} versions were compared; narrow the window",) if cursor else ()
    return (
        ChangeWindow(context, query, msgspec.structs.replace(found, versions=versions)),
        await _window_freshness(context, query, found.gaps),
        more,
    )


async def _window_freshness(context: ToolContext, query: ChangeQuery, gaps: Sequence[Gap]) -> Freshness:
    unreadable = await unreadable_parts(context, query.clusters, query.resources, query.namespaces)
    reaches_now = query.until >= context.now - _CLOCK_STEP
    troubles = [reason for cluster in query.clusters if reaches_now for reason in context.environment.troubles(cluster)]
    missing = (*fold_gaps(gaps, query.since, query.until), *unreadable, *troubles)
    return Freshness(Source.HISTORY, query.until, not missing, missing)


class TimelineEntry(msgspec.Struct, omit_defaults=True):
    """One version. fields: those that differ from the version before, at most twenty. note: the text of an event."""

    at: str
    context: str
    kind: str
    namespace: str
    name: str
    change: str
    by: str
    fields: list[str]
    note: str = ""


class TimelinePage(msgspec.Struct):
    """items: newest first. counts: of all matching versions, by kind and change."""

    items: list[TimelineEntry]
    counts: dict[str, int]
    gaps: list[GapRecord]


class TimelineReply(msgspec.Struct, frozen=True):
    """following: the store's cursor for older changes, empty at the end."""

    page: TimelinePage
    freshness: Freshness
    total: int
    following: str = ""


async def read_timeline(context: ToolContext, query: ChangeQuery, max_tokens: int) -> TimelineReply:
    """A page of single changes, newest first, as many as fit into max_tokens."""
    store = history_of(context)
    with cursor_errors(query.cursor):
        found = await store.changes(query)
    gaps = limit_gaps([gap_record(gap) for gap in found.gaps], max_tokens)
    freshness = await _window_freshness(context, query, found.gaps)
    entries = [await timeline_entry(store, version) for version in found.versions]
    items = take_fitting(entries, max_tokens, (found.counts, gaps, freshness.missing))
    following = found.next
    if len(items) < len(found.versions):
        following = (await store.changes(msgspec.structs.replace(query, limit=len(items)))).next
    return TimelineReply(TimelinePage(items, found.counts, gaps), freshness, found.total, following)


async def timeline_entry(store: CacheHistory, version: Version) -> TimelineEntry:
    ref = version.ref
    note = await _event_note(store, version) if ref.resource in _EVENTS else ""
    return TimelineEntry(
        format_exact_time(version.observed_at),
        ref.cluster,
        ref.resource,
        ref.namespace,
        ref.name,
        version.change.value,
        version.by,
        list(version.paths),
        note,
    )


async def _event_note(store: CacheHistory, version: Version) -> str:
    """An event in one line: ``Warning BackOff Pod/web-1: …``."""
    found = await store.object_as_of(version.ref, version.observed_at)
    if found is None:
        return ""
    event: dict[str, Any] = msgspec.json.decode(found[1])
    about = event.get("involvedObject") or event.get("regarding") or {}
    words = (event.get("type", ""), event.get("reason", ""), f"{about.get('kind', '')}/{about.get('name', '')}")
    return f"{' '.join(words)}: {event.get('message') or event.get('note') or ''}".strip()
