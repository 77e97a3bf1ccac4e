"""Differences between two times, object by object, and single changes in order of time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import PolicyDenied
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.differences import Difference, is_within
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history import Change, ChangeQuery, Changes, Gap, Version
from k8sconsole.model.refs import ClusterName, ObjectRef, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.store.port import CacheHistory
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import GapRecord, cursor_errors, describe_gaps, gap_record, history_of, limit_gaps
from k8sconsole.tools.history.versions import changed_fields
from k8sconsole.tools.output.token_budget import take_fitting
from k8sconsole.tools.policy import filter_readable
from k8sconsole.tools.results import Target

if TYPE_CHECKING:
    from k8sconsole.tools.spec import ToolSpec

MOST_VERSIONS = 200_000
"""Versions of a window that are read at most, the newest first."""
_PAGE = 20_000


class ChangeRecord(msgspec.Struct):
    """versions: number of versions in the window. last: when the newest was observed. by: field managers, the latest first. diff: fields
    that differ, for objects that exist at both ends."""

    context: str
    kind: str
    namespace: str
    name: str
    change: str
    versions: int
    last: str
    by: list[str]
    diff: list[Difference]


class DiffPage(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """items: objects that differ, latest change first. passing: number of objects created and deleted within the window. restored: number
    of objects on this page that are back to their earlier state. counts: versions in the window, by kind and change."""

    since: str
    until: str
    items: list[ChangeRecord]
    passing: int
    restored: int
    counts: dict[str, int]
    gaps: list[GapRecord]


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
        self._found = found
        self.objects: dict[ObjectRef, list[Version]] = {}
        for version in (one for one in found.versions if one.observed_at > query.since):
            self.objects.setdefault(version.ref, []).append(version)
        self._lasting = [ref for ref, seen in self.objects.items() if not _is_short_lived(seen)]

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
        gaps = [gap_record(gap) for gap in self._found.gaps]
        page = DiffPage(format_exact_time(query.since), format_exact_time(query.until), items, passing, restored, self._found.counts, gaps)
        return page, end if end < self.total else 0

    def place_after(self, item: ChangeRecord) -> int:
        """The start of the page after this item."""
        places = (at for at, ref in enumerate(self._lasting, 1) if self._is_item(ref, item))
        return next(places, 0) % self.total

    def _is_item(self, ref: ObjectRef, item: ChangeRecord) -> bool:
        return (ref.cluster, ref.resource, ref.namespace, ref.name) == (item.context, item.kind, item.namespace, item.name)

    async def _compare_ends(self, ref: ObjectRef) -> ChangeRecord | None:
        """The difference of one object, or None if its two ends are equal."""
        before, after = await self._state_at(ref, self._query.since), await self._state_at(ref, self._query.until)
        if before is None or after is None:
            change = Change.ADDED if after is not None else Change.DELETED if before is not None else None
            return self._record(ref, change, []) if change else None
        field = self._query.field
        found = changed_fields(before, after, self._context.noise_filter(ref.resource))
        diff = [one for one in found if not field or is_within(one.path, field)]
        return self._record(ref, Change.MODIFIED, diff) if diff else None

    async def _state_at(self, ref: ObjectRef, at: float) -> bytes | None:
        found = await self._store.object_as_of(ref, at)
        return None if found is None or found[0].change is Change.DELETED else found[1]

    def _record(self, ref: ObjectRef, change: Change, diff: list[Difference]) -> ChangeRecord:
        seen = self.objects[ref]
        by = list(dict.fromkeys(version.by for version in seen if version.by))
        last = format_exact_time(seen[0].observed_at)
        return ChangeRecord(ref.cluster, ref.resource, ref.namespace, ref.name, change.value, len(seen), last, by, diff)


def _is_short_lived(newest_first: Sequence[Version]) -> bool:
    return newest_first[-1].change is Change.ADDED and newest_first[0].change is Change.DELETED


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
    return ChangeWindow(context, query, msgspec.structs.replace(found, versions=versions)), _window_freshness(query, found.gaps), more


def _window_freshness(query: ChangeQuery, gaps: Sequence[Gap]) -> Freshness:
    missing = describe_gaps(gaps)
    return Freshness(Source.HISTORY, query.until, not missing, missing)


class TimelineEntry(msgspec.Struct):
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
    warnings: tuple[str, ...] = ()


async def read_timeline(context: ToolContext, query: ChangeQuery, max_tokens: int) -> TimelineReply:
    """A page of single changes, newest first, as many as fit into max_tokens."""
    store = history_of(context)
    with cursor_errors(query.cursor):
        found = await store.changes(query)
    gaps, more = limit_gaps([gap_record(gap) for gap in found.gaps], max_tokens)
    items = take_fitting([await timeline_entry(store, version) for version in found.versions], max_tokens, (found.counts, gaps))
    following = found.next
    if len(items) < len(found.versions):
        following = (await store.changes(msgspec.structs.replace(query, limit=len(items)))).next
    return TimelineReply(TimelinePage(items, found.counts, gaps), _window_freshness(query, found.gaps), found.total, following, more)


async def timeline_entry(store: CacheHistory, version: Version) -> TimelineEntry:
    ref = version.ref
    note = await _event_note(store, version) if ref.resource in ("events", "events.events.k8s.io") else ""
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
