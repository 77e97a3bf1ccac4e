"""History queries: times and cursors from arguments, objects as of a time, and the errors for what the history lacks."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from k8sconsole.errors import InvalidParams, NotFound, StoreError, UsageError, argument_details
from k8sconsole.kit.times import ACCEPTED_TIMES, format_exact_time, parse_past_time
from k8sconsole.model.cache_records import RowQuery, missing_parts
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history import Change, ChangeQuery, Version
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import CacheHistory
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.gaps import describe_gap, gap_covers
from k8sconsole.tools.object_lookup import FoundObject, name_not_found

PAST_CURSOR = "at:"
"""Prefix of the cursors of history lists. The cursor holds the absolute time, since ``-30m`` means another time at the next page."""
NAMES = 5_000
_MICRO = 1_000_000
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,20})?")
_NUMBER = re.compile(r"[0-9]{1,15}")


def parse_moment(text: str, parameter: str, now: float) -> float:
    """Seconds since the epoch. Raises InvalidParams, which names the accepted forms, for no time, a future time, or one before 1970."""
    try:
        at = parse_past_time(text, now)
        if at < 0:
            raise ValueError(f"{text[:60]!r} is before 1970")
        return at
    except ValueError as cause:
        raise InvalidParams(
            f"invalid {parameter}", str(cause), f"{parameter}=-30m", argument_details(parameter, text[:60], expected=ACCEPTED_TIMES)
        ) from cause


def parse_as_of(as_of: str, live: bool, cursor: str, now: float) -> tuple[float | None, str]:
    """The time of a list, None for the present, and the cursor within it. Raises InvalidParams."""
    if as_of and live:
        details = argument_details("live", True, ["as_of"], "false, with as_of")
        raise InvalidParams("as_of with live", "the cluster has only the present state", "only as_of, or only live", details)
    if cursor.startswith(PAST_CURSOR):
        (at,), place = _split_cursor(cursor, 1)
        return at, place
    return (parse_moment(as_of, "as_of", now) if as_of else None), cursor


class TimeSpan(msgspec.Struct, frozen=True):
    """since, until: seconds since the epoch. place: where the page begins, empty for the first page."""

    since: float
    until: float
    place: str = ""

    def cursor(self, place: str | int) -> str:
        """The cursor of a place; empty for an empty place or 0. It holds microseconds: the start, and the length of the span."""
        since = math.floor(self.since * _MICRO)
        return f"{PAST_CURSOR}{since}/{math.ceil(self.until * _MICRO) - since}/{place}" if place else ""

    def offset(self) -> int:
        """The place as an offset. Raises InvalidParams."""
        try:
            return parse_offset(self.place)
        except ValueError as cause:
            raise invalid_cursor(self.place) from cause


def parse_span(since: str, until: str, cursor: str, now: float) -> TimeSpan:
    """since: default is the beginning. until: default is now. A cursor replaces both. Raises InvalidParams."""
    if cursor:
        (begin, length), place = _split_cursor(cursor, 2)
        return TimeSpan(begin / _MICRO, (begin + length) / _MICRO, place)
    begin = parse_moment(since, "since", now) if since else 0.0
    end = parse_moment(until, "until", now) if until else now
    if begin > end:
        details = argument_details("since", since, expected=ACCEPTED_TIMES)
        raise InvalidParams("invalid since", f"{since!r} is after {until!r}", f"until={since}", details)
    return TimeSpan(begin, end)


def cursor_as_of(at: float, place: str) -> str:
    return f"{PAST_CURSOR}{at!r}/{place}"


def _split_cursor(cursor: str, moments: int) -> tuple[list[float], str]:
    parts = cursor.removeprefix(PAST_CURSOR).split("/", moments)
    if not cursor.startswith(PAST_CURSOR) or len(parts) <= moments:
        raise invalid_cursor(cursor)
    try:
        return [_parse_amount(part) for part in parts[:moments]], parts[moments]
    except ValueError as cause:
        raise invalid_cursor(cursor) from cause


def _parse_amount(text: str) -> float:
    """A number of seconds or microseconds, shorter than a date. Raises ValueError."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return float(text)


def invalid_cursor(given: str) -> InvalidParams:
    details = argument_details("cursor", given[:60], expected="the page.next of an earlier reply")
    return InvalidParams(
        f"invalid cursor {given[:60]!r}", "a cursor is the page.next of an earlier reply", "the same call without cursor", details
    )


@contextmanager
def cursor_errors(cursor: str) -> Iterator[None]:
    """A context manager around a store query: turns the store's UsageError for an invalid cursor into InvalidParams."""
    try:
        yield
    except UsageError as cause:
        if not cursor:
            raise
        raise invalid_cursor(cursor) from cause


def parse_offset(place: str) -> int:
    """An offset from a cursor, 0 for an empty one. Raises ValueError."""
    if place and not _NUMBER.fullmatch(place):
        raise ValueError(place)
    return int(place or 0)


def history_of(context: ToolContext) -> CacheHistory:
    if context.store is None:
        raise StoreError("no history", "this run has no cache file", "start without --no-cache")
    return context.store.history


async def freshness_as_of(context: ToolContext, cluster: ClusterName, resource: ResourceName, at: float) -> Freshness:
    """The freshness of a kind as of a time. missing: gaps, and the parts that may not be read."""
    store = history_of(context)
    known = await store.known_since(cluster, resource)
    if known is None:
        return Freshness(Source.HISTORY, None, False, (f"{cluster}: {resource}: never read",))
    missing = [describe_gap(gap) for gap in await store.gaps(at, at, cluster=cluster, resource=resource) if gap_covers(gap, at)]
    if at < known and not missing:
        missing = [f"{cluster}: {resource}: in the history only since {format_exact_time(known)}"]
    missing += await unreadable_parts(context, (cluster,), (resource,))
    return Freshness(Source.HISTORY, at, not missing, tuple(missing))


async def unreadable_parts(
    context: ToolContext, clusters: Sequence[ClusterName], resources: Sequence[ResourceName], namespaces: Sequence[str] = ()
) -> tuple[str, ...]:
    """The parts of these kinds that RBAC does not allow reading, or that are not scanned. They were presumably not read at an earlier time
    either. No kinds and no namespaces mean all."""
    found: dict[str, None] = {}
    for cluster in clusters:
        for state in await context.store.metadata.scan_states(cluster) if context.store is not None else []:
            if not resources or state.resource in resources:
                found |= dict.fromkeys(missing_parts(state, namespaces))
    return tuple(found)


async def find_object_as_of(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, place: tuple[str, str], at: float
) -> FoundObject:
    """place: namespace and name. Raises NotFound, which says when the object existed, or which names existed."""
    version, body = await find_version_as_of(context, cluster, resource, place, at)
    return FoundObject(body, await freshness_as_of(context, cluster, version.ref.resource, at))


async def find_version_as_of(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, place: tuple[str, str], at: float
) -> tuple[Version, dict[str, Any]]:
    ref = ObjectRef(cluster, resource.name, Namespace(place[0]), place[1])
    found = await history_of(context).object_as_of(ref, at)
    if found is None or found[0].change is Change.DELETED:
        raise await not_found_as_of(context, resource, ref, at)
    return found[0], msgspec.json.decode(found[1])


async def not_found_as_of(context: ToolContext, resource: ApiResource, ref: ObjectRef, at: float) -> NotFound:
    """The error for an object that did not exist at that time."""
    versions = [version for version, _ in (await history_of(context).versions(ref)).versions]
    if not versions:
        return await not_in_history(context, resource, ref)
    deleted = [version for version in versions if version.change is Change.DELETED and version.observed_at <= at]
    later = [version for version in versions if version.observed_at > at]
    sentences = [f"it was deleted at {format_exact_time(deleted[-1].observed_at)}" for _ in deleted[-1:]]
    sentences += [f"it was first observed {'again ' if deleted else ''}at {format_exact_time(later[0].observed_at)}" for _ in later[:1]]
    missing = (await freshness_as_of(context, ref.cluster, ref.resource, at)).missing
    title = f"no {_kind_word(resource)} {ref.name!r}{_in_namespace(ref)} at {format_exact_time(at)}"
    remedy = f"as_of={format_exact_time((later or versions)[0].observed_at)}"
    return NotFound(title, "; ".join((*sentences, *missing)), remedy, argument_details("as_of", format_exact_time(at), [remedy[6:]]))


async def not_in_history(context: ToolContext, resource: ApiResource, ref: ObjectRef) -> NotFound:
    """The error for an object that is not in the history, with the nearest names in the cluster and in the history."""
    query = ChangeQuery(0.0, context.now, (ref.cluster,), (ref.resource,), limit=NAMES)
    seen = {(version.ref.namespace, version.ref.name) for version in (await history_of(context).changes(query)).versions}
    if context.store is not None:
        seen |= {(row.namespace, row.name) for row in (await context.store.objects.rows(RowQuery(resource.name, (ref.cluster,)))).rows}
    elsewhere = sorted(namespace for namespace, name in seen if name == ref.name and namespace != ref.namespace)
    names = sorted(name for namespace, name in seen if namespace == ref.namespace)
    why = f"history has none of that name on {ref.cluster}"
    listing = f"k8s_list_resources kind={resource.plural}"
    return name_not_found(_kind_word(resource), (ref.namespace, ref.name), (names, elsewhere), why, listing)


def _kind_word(resource: ApiResource) -> str:
    return resource.singular or resource.kind.lower()


def _in_namespace(ref: ObjectRef) -> str:
    return f" in {ref.namespace}" if ref.namespace else ""
