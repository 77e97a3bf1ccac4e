"""What changed between two moments: the state of each object then against its state later, and how many versions lay between."""

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
from k8sconsole.tools.output.token_budget import fitting
from k8sconsole.tools.policy import readable
from k8sconsole.tools.results import Target

if TYPE_CHECKING:
    from k8sconsole.tools.spec import ToolSpec

MOST_VERSIONS = 200_000
"""How many versions of a window are looked through; of a longer one, the newest."""
_PAGE = 20_000


class ChangeRecord(msgspec.Struct):
    """versions: how many lay between. last: when the newest of them was seen. by: who wrote them, the latest first. diff: the fields that
    differ, of objects that are there at both ends."""

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
    """items: what differs between the two ends, latest change first. passing: objects that came and went in between. restored: of those
    looked at, how many are as they were. counts: versions in between, by kind and change."""

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
    """The kind that the word names, or without one all kinds; then only those that policy lets be read, where it has rules about kinds.
    Raises UsageError for an unknown kind, PolicyDenied where no kind is left."""
    if word:
        return ((await context.resource(clusters[0], word)).name,)
    policy = context.environment.policy()
    if context.store is None or not any(rule.kinds for rule in policy.rules):
        return ()
    kept: set[ResourceName] = set()
    for cluster in clusters:
        target = Target(cluster, namespaces=tuple(namespaces))
        kept |= {
            one.name for one in readable(policy, tool, context.call, target, await context.store.metadata.resources(cluster) or BUILTIN)
        }
    if not kept:
        raise PolicyDenied(f"{tool.name} is not allowed", "policy lets no kind be read", "policy: in k8sconsole.yaml")
    return tuple(sorted(kept))


class ChangeWindow:
    """All versions between two moments, by object, read once; ``page`` compares the two ends of some of the objects."""

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
        """And where the next one begins, 0 at the end."""
        end = self.total if limit is None else min(self.total, start + limit)
        items: list[ChangeRecord] = []
        restored = 0
        for ref in self._lasting[start:end]:
            item = await self._between(ref)
            restored += item is None
            items += [item] if item else []
        passing = len(self.objects) - self.total
        query = self._query
        gaps = [gap_record(gap) for gap in self._found.gaps]
        page = DiffPage(format_exact_time(query.since), format_exact_time(query.until), items, passing, restored, self._found.counts, gaps)
        return page, end if end < self.total else 0

    def place_after(self, item: ChangeRecord) -> int:
        """Where a page begins that follows this item."""
        places = (at for at, ref in enumerate(self._lasting, 1) if self._names(ref, item))
        return next(places, 0) % self.total

    def _names(self, ref: ObjectRef, item: ChangeRecord) -> bool:
        return (ref.cluster, ref.resource, ref.namespace, ref.name) == (item.context, item.kind, item.namespace, item.name)

    async def _between(self, ref: ObjectRef) -> ChangeRecord | None:
        """None when the two ends are the same."""
        before, after = await self._state(ref, self._query.since), await self._state(ref, self._query.until)
        if before is None or after is None:
            change = Change.ADDED if after is not None else Change.DELETED if before is not None else None
            return self._told(ref, change, []) if change else None
        field = self._query.field
        found = changed_fields(before, after, self._context.noise(ref.resource))
        diff = [one for one in found if not field or is_within(one.path, field)]
        return self._told(ref, Change.MODIFIED, diff) if diff else None

    async def _state(self, ref: ObjectRef, at: float) -> bytes | None:
        found = await self._store.object_as_of(ref, at)
        return None if found is None or found[0].change is Change.DELETED else found[1]

    def _told(self, ref: ObjectRef, change: Change, diff: list[Difference]) -> ChangeRecord:
        seen = self.objects[ref]
        by = list(dict.fromkeys(version.by for version in seen if version.by))
        last = format_exact_time(seen[0].observed_at)
        return ChangeRecord(ref.cluster, ref.resource, ref.namespace, ref.name, change.value, len(seen), last, by, diff)


def _is_short_lived(newest_first: Sequence[Version]) -> bool:
    return newest_first[-1].change is Change.ADDED and newest_first[0].change is Change.DELETED


async def open_window(context: ToolContext, query: ChangeQuery) -> tuple[ChangeWindow, Freshness, tuple[str, ...]]:
    """Where more happened than is looked through, the newest part; a warning says so."""
    store = history_of(context)
    versions: list[Version] = []
    cursor = ""
    for _ in range(MOST_VERSIONS // _PAGE):
        found = await store.changes(msgspec.structs.replace(query, limit=_PAGE, cursor=cursor))
        versions += found.versions
        cursor = found.next
        if not cursor:
            break
    more = (f"only the newest {len(versions)} of {found.total} versions were looked through; narrow the window",) if cursor else ()
    return ChangeWindow(context, query, msgspec.structs.replace(found, versions=versions)), _window_freshness(query, found.gaps), more


def _window_freshness(query: ChangeQuery, gaps: Sequence[Gap]) -> Freshness:
    missing = describe_gaps(gaps)
    return Freshness(Source.HISTORY, query.until, not missing, missing)


class TimelineEntry(msgspec.Struct):
    """One version. fields: which differ from the version before, twenty at most. note: what an event says."""

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
    """items: newest first. counts: of everything that matches, by kind and change."""

    items: list[TimelineEntry]
    counts: dict[str, int]
    gaps: list[GapRecord]


class TimelineReply(msgspec.Struct, frozen=True):
    """following: the store's cursor for what is older, empty at the end."""

    page: TimelinePage
    freshness: Freshness
    total: int
    following: str = ""
    warnings: tuple[str, ...] = ()


async def read_timeline(context: ToolContext, query: ChangeQuery, max_tokens: int) -> TimelineReply:
    """A page of single changes, as many as fit."""
    store = history_of(context)
    with cursor_errors(query.cursor):
        found = await store.changes(query)
    gaps, more = limit_gaps([gap_record(gap) for gap in found.gaps], max_tokens)
    items = fitting([await timeline_entry(store, version) for version in found.versions], max_tokens, (found.counts, gaps))
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
    """What it is about and what it says: ``Warning BackOff Pod/web-1: …``."""
    found = await store.object_as_of(version.ref, version.observed_at)
    if found is None:
        return ""
    event: dict[str, Any] = msgspec.json.decode(found[1])
    about = event.get("involvedObject") or event.get("regarding") or {}
    words = (event.get("type", ""), event.get("reason", ""), f"{about.get('kind', '')}/{about.get('name', '')}")
    return f"{' '.join(words)}: {event.get('message') or event.get('note') or ''}".strip()
