"""Events: what happened, the warnings first and the newest on top, repeats folded, with counts by reason and by object."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.kit.times import parse_time
from k8sconsole.model.filters import quote
from k8sconsole.model.kind_words import split_object
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Capabilities, Page, Scope
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import invalid_cursor, parse_as_of, parse_moment, parse_offset
from k8sconsole.tools.object_lookup import find_object, object_namespace
from k8sconsole.tools.output.token_budget import take_fitting
from k8sconsole.tools.parameters import Form, Since
from k8sconsole.tools.reading.event_digest import EventDigest, digest_events, format_events
from k8sconsole.tools.reading.list_reply import NamespacedListInput, list_reply, select_namespaces
from k8sconsole.tools.reading.rows import RowSource, RowsRequest, open_rows, parse_filter_argument
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

_NAME = re.compile(r"[^/\\\"\s]+")


class ListEventsInput(NamespacedListInput, kw_only=True):
    about: Annotated[str, Meta(description="Only events of this object, as kind/name", extra={"form": Form.WORD})] = ""
    kind: Annotated[str, Meta(description="Only about objects of this kind", extra={"form": Form.KIND})] = ""
    name: Annotated[str, Meta(description="Only about objects of this name", extra={"form": Form.NAME})] = ""
    since: Since = ""


class EventList(msgspec.Struct):
    """items: EventItem, or with ``fields`` the columns and paths it names. counts: type and reason to occurrences, of all matching
    events. objects: the objects with most warnings."""

    items: list[dict[str, Any]]
    counts: dict[str, int] = {}
    objects: dict[str, int] = {}


class _Involved(msgspec.Struct, frozen=True):
    """The object that events are about. kind: in lower case, as events name it. Empty fields mean any."""

    resource: ApiResource | None = None
    kind: str = ""
    name: str = ""

    def as_filter(self) -> str:
        return f"object={quote('/'.join((self.kind or '*', self.name or '*')))}" if self.kind or self.name else ""


async def list_events(args: ListEventsInput, context: ToolContext) -> Reply:
    parse_filter_argument(args.filter)  # an error names the column in the filter as given
    involved = await _involved(args, context)
    narrowed = involved.as_filter()
    whole = f"{narrowed} and ({args.filter})" if narrowed and args.filter else narrowed or args.filter
    if args.fields:
        return await list_reply(msgspec.structs.replace(args, filter=whole), "events", context)
    cluster = context.resolve_context(args.context)
    as_of, place = parse_as_of(args.as_of, args.live, args.cursor, context.now)
    namespaces = select_namespaces(args.namespace)
    events = await context.find_resource(cluster, "events")
    opened = await open_rows(context, RowsRequest(cluster, events, namespaces, filter=whole, live=args.live, as_of=as_of))
    rows = await opened.page()
    since = parse_moment(args.since, "since", opened.now) if args.since else None
    digest = digest_events(opened.table, rows.rows, since)
    if not digest.total and not args.filter and as_of is None:
        await _check_exists(context, cluster, involved, namespaces)
    return _digest_reply(args, opened, digest, _parse_offset(place), rows.warnings)


def _digest_reply(args: ListEventsInput, opened: RowSource, digest: EventDigest, start: int, warnings: tuple[str, ...]) -> Reply:
    waiting = digest.items[start : start + args.limit if args.limit else None]
    items = take_fitting(waiting, args.max_tokens, (digest.reasons, digest.objects))
    end = start + len(items)
    following = opened.cursor(str(end)) if end < len(digest.items) else ""
    ages = [opened.now - parse_time(item.last_seen, 0.0) if item.last_seen else 0.0 for item in items]
    lines = [*_headlines(opened, digest), format_events(items, ages)]
    lines += [f"… {end} of {len(digest.items)} shown; the rest: cursor={following}"] if following else []
    found = EventList(msgspec.to_builtins(items), digest.reasons, digest.objects)
    page = Page(following or None, len(digest.items))
    return Reply(msgspec.to_builtins(found), "\n".join(filter(None, lines)), opened.freshness, page, (*opened.warnings, *warnings))


def _headlines(opened: RowSource, digest: EventDigest) -> list[str]:
    where = f" in {', '.join(opened.request.namespaces)}" if opened.request.namespaces else ""
    head = f"{digest.total} events{where} · {opened.request.context}: {digest.warnings} warnings, {digest.total - digest.warnings} normal"
    reasons = [f"{count} {reason}" for reason, count in digest.reasons.items()]
    counted = f"occurrences: {', '.join(reasons)}"
    objects = f"most warnings: {', '.join(f'{name} {count}' for name, count in digest.objects.items())}"
    return [head, *([counted] if reasons else []), *([objects] if digest.objects else [])]


def _parse_offset(place: str) -> int:
    try:
        return parse_offset(place)
    except ValueError as cause:
        raise invalid_cursor(place) from cause


async def _involved(args: ListEventsInput, context: ToolContext) -> _Involved:
    """Raises InvalidParams for ``about`` in another form, UsageError for an unknown kind."""
    word, name, parameter = args.kind, args.name, "kind"
    if args.about:
        word, name = split_object(args.about)
        parameter = "about"
        if not word or not _NAME.fullmatch(name):
            details = argument_details("about", args.about[:100], expected="kind/name")
            raise InvalidParams(f"no object {args.about[:100]!r}", "the form is kind/name", "about=pod/web-0", details)
    if name and not _NAME.fullmatch(name):
        details = argument_details("name", name[:100], expected="a name")
        raise InvalidParams(f"no object {name[:100]!r}", "a name has no blanks, quotes or slashes", "name=web-0", details)
    resource = await context.find_resource(context.resolve_context(args.context), word, parameter) if word else None
    return _Involved(resource, resource.kind.lower() if resource else "", name)


async def _check_exists(context: ToolContext, cluster: ClusterName, involved: _Involved, namespaces: tuple[str, ...]) -> None:
    """No events about an object may mean that there is no such object. Raises NotFound, with the nearest names."""
    if involved.resource is None or not involved.name or len(namespaces) > 1:
        return
    if involved.resource.namespaced and not namespaces:
        return
    namespace = object_namespace(context, cluster, involved.resource, namespaces[0] if namespaces else "")
    await find_object(context, cluster, involved.resource, namespace, involved.name)


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "list_events",
        "List events",
        "Events, warnings first, repeats folded: failed scheduling, pulls, mounts, probes. Start here when something does not start.",
        (ListEventsInput, EventList),
        list_events,
        Capabilities(("events",), ("list",), Scope.NAMESPACE, "list"),
        kind="events",
    ),
)
