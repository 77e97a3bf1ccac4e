"""History: versions of an object, differences between two times, an object as of a time, and changes in order."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.kit.text import strip_control
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.differences import Difference, format_difference
from k8sconsole.model.history import ChangeQuery
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef
from k8sconsole.model.tools import Capabilities, Page, Risk, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.diff import ChangeRecord, DiffPage, TimelineEntry, TimelinePage, open_window, read_timeline, readable_kinds
from k8sconsole.tools.history.existence import check_names_known
from k8sconsole.tools.history.gaps import GapRecord, limit_gaps
from k8sconsole.tools.history.queries import TimeSpan, find_version_as_of, freshness_as_of, parse_moment, parse_span
from k8sconsole.tools.history.versions import ObjectHistory, ObjectHistoryQuery, VersionRecord, read_object_history
from k8sconsole.tools.object_lookup import object_namespace
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, take_fitting
from k8sconsole.tools.parameters import (
    Cursor,
    Form,
    Kind,
    Limit,
    Namespaces,
    ObjectName,
    OptionalKind,
    OptionalName,
    OwnNamespace,
    Since,
    Until,
)
from k8sconsole.tools.reading.list_reply import select_fields, select_namespaces
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec

LINES = 12
"""Changed fields of one object that the text shows at most. The data has all that fit."""


class ListVersionsInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    namespace: OwnNamespace = ""
    since: Since = ""
    until: Until = ""
    limit: Limit = 20
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


async def list_versions(args: ListVersionsInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, args.kind)
    namespace = object_namespace(context, cluster, resource, args.namespace)
    span = parse_span(args.since, args.until, args.cursor, context.now)
    ref = ObjectRef(cluster, resource.name, Namespace(namespace), args.name)
    found = await read_object_history(context, ObjectHistoryQuery(resource, ref, span.since, span.until, args.limit, span.offset()))
    newest = take_fitting(reversed(found.history.versions), args.max_tokens)
    older = found.older + len(found.history.versions) - len(newest)
    shown = msgspec.structs.replace(found.history, versions=newest[::-1])
    following = span.cursor(span.offset() + len(newest)) if older else ""
    text = "\n".join([f"{ref.resource} {ref.label} · {cluster} · {len(newest)} versions", *_format_history(shown)])
    text += f"\nolder: cursor={following}" if following else ""
    return Reply(msgspec.to_builtins(shown), text, found.freshness, Page(following or None), found.warnings)


def _format_history(history: ObjectHistory) -> list[str]:
    """Lines for versions and gaps, oldest first."""
    lines = [(one.observed_at, _format_version(one)) for one in history.versions]
    lines += [(gap.since or "", [_format_gap(gap)]) for gap in history.gaps]
    return [each for _, several in sorted(lines, key=lambda one: one[0]) for each in several]


def _format_version(one: VersionRecord) -> list[str]:
    created = f" (created {one.created_at})" if one.created_at else ""
    return [f"{one.observed_at} {one.change_word}{created}{_format_authors([one.by])}", *_format_fields(one.diff)]


def _format_authors(names: list[str]) -> str:
    return f" by {strip_control(', '.join(names))}" if any(names) else ""


def _format_fields(diff: list[Difference], most: int = LINES) -> list[str]:
    more = [f"  … {len(diff) - most} more fields"] if len(diff) > most else []
    return [f"  {strip_control(format_difference(one))}" for one in diff[:most]] + more


def _format_gap(gap: GapRecord) -> str:
    return f"-- not watched: {gap.since or 'the beginning'} to {gap.until or 'now'} ({strip_control(gap.reason)})"


class ChangesInput(Common, kw_only=True):
    """The parameters that select objects in a query over many."""

    kind: OptionalKind = ""
    name: OptionalName = ""
    namespace: Namespaces = "*"
    owner: Annotated[str, Meta(description="e.g. Deployment/web", extra={"form": Form.WORD})] = ""
    field: Annotated[str, Meta(description="e.g. spec.replicas")] = ""
    limit: Limit = 50
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


async def build_query(args: ChangesInput, context: ToolContext, cluster: ClusterName, span: TimeSpan) -> ChangeQuery:
    namespaces = tuple(map(Namespace, select_namespaces(args.namespace)))
    tool = next(one for one in TOOLS if one.input is type(args))
    resources = await readable_kinds(context, tool, (cluster,), args.kind, namespaces)
    query = ChangeQuery(span.since, span.until, (cluster,), resources, namespaces, args.name, args.owner, args.field)
    await check_names_known(context, query)
    return query


class DiffInput(ChangesInput, kw_only=True):
    since: Since
    until: Until = ""


async def diff(args: DiffInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    span = parse_span(args.since, args.until, args.cursor, context.now)
    window, freshness, warnings = await open_window(context, await build_query(args, context, cluster, span))
    page, following = await window.page(span.offset(), args.limit)
    gaps = limit_gaps(page.gaps, args.max_tokens)
    items = take_fitting(page.items, args.max_tokens, (page.counts, gaps, page.left_out, freshness.missing))
    if len(items) < len(page.items):
        following = window.place_after(items[-1])
    shown = msgspec.structs.replace(page, items=items, gaps=gaps)
    cursor = span.cursor(following)
    text = "\n".join([*_format_diff(shown, window.total), *([f"more: cursor={cursor}"] if cursor else [])])
    return Reply(msgspec.to_builtins(shown), text, freshness, Page(cursor or None, window.total), warnings)


def _format_diff(page: DiffPage, total: int) -> list[str]:
    head = f"{total} objects with changes from {page.since} to {page.until}"
    head += f" · {page.passing} created and deleted in between" if page.passing else ""
    head += f" · {page.restored} of these are back to their earlier state" if page.restored else ""
    left_out = f"left out: {', '.join(f'{count} {what}' for what, count in page.left_out.items())}; set kind to see them"
    return [head, *([left_out] if page.left_out else []), *(each for one in page.items for each in _format_change(one))]


def _format_change(one: ChangeRecord) -> list[str]:
    place = f"{one.namespace}/{one.name}" if one.namespace else one.name
    versions = f" · {one.versions} versions" if one.versions > 1 else ""
    first = f" · first seen {one.first_seen}" if one.first_seen else ""
    change = one.change.replace("_", " ")
    return [f"{change} {one.kind} {place}{versions}{first} · {one.last}{_format_authors(one.by)}", *_format_fields(one.diff)]


class GetAsOfInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    as_of: Since
    namespace: OwnNamespace = ""
    fields: Annotated[list[str], Meta(description="Only these paths")] = []
    max_tokens: MaxTokens = DEFAULT_TOKENS


class ObjectAsOf(msgspec.Struct):
    """object: masked; with ``fields``, the value of each path. observed_at, change, by: when, how and by whom this version arose."""

    object: dict[str, Any]
    resource_version: str
    observed_at: str
    change: str
    by: str


async def get_as_of(args: GetAsOfInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, args.kind)
    namespace = object_namespace(context, cluster, resource, args.namespace)
    at = parse_moment(args.as_of, "as_of", context.now)
    version, body = await find_version_as_of(context, cluster, resource, (namespace, args.name), at)
    selected, notes = select_fields(args.fields, body, resource.plural)
    found = ObjectAsOf(selected, version.resource_version, format_exact_time(version.observed_at), version.change.value, version.by)
    since = f"unchanged since {found.observed_at}{_format_authors([found.by])}"
    text = f"{resource.name} {version.ref.label} as of {format_exact_time(at)} · {since}\n"
    text += strip_control(msgspec.json.format(msgspec.json.encode(selected), indent=1).decode())
    return Reply(msgspec.to_builtins(found), text, await freshness_as_of(context, cluster, resource.name, at), warnings=notes)


class TimelineInput(ChangesInput, kw_only=True):
    since: Since = "-1h"
    until: Until = ""


async def timeline(args: TimelineInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    span = parse_span(args.since, args.until, args.cursor, context.now)
    query = msgspec.structs.replace(await build_query(args, context, cluster, span), limit=args.limit, cursor=span.place)
    found = await read_timeline(context, query, args.max_tokens)
    cursor = span.cursor(found.following)
    counts = ", ".join(f"{count} {what}" for what, count in found.page.counts.items())
    head = f"{found.total} changes from {format_exact_time(span.since)} to {format_exact_time(span.until)}{f': {counts}' if counts else ''}"
    lines = [head, *map(_format_entry, found.page.items)]
    text = "\n".join([*lines, *([f"older: cursor={cursor}"] if cursor else [])])
    return Reply(msgspec.to_builtins(found.page), text, found.freshness, Page(cursor or None, found.total))


def _format_entry(one: TimelineEntry) -> str:
    place = f"{one.namespace}/{one.name}" if one.namespace else one.name
    detail = strip_control(one.note).replace("\n", " ") if one.note else ", ".join(one.fields[:5]) + (", …" if len(one.fields) > 5 else "")
    return f"{one.at} {one.change} {one.kind} {place}{_format_authors([one.by])}{f' · {detail}' if detail else ''}"


def _history_tool(name: str, title: str, summary: str, shapes: tuple[Any, Any], handler: Any, verb: str, form: str) -> ToolSpec:
    capabilities = Capabilities(("*",), (verb,), Scope.NAMESPACE, form)
    return ToolSpec(name, title, summary, shapes[0], shapes[1], Risk.READ, capabilities, "history", handler)


TOOLS: tuple[ToolSpec, ...] = (
    _history_tool(
        "history_list_versions",
        "Versions of an object",
        "Recorded versions of one object, also of a deleted one: what changed, when, and by whom.",
        (ListVersionsInput, ObjectHistory),
        list_versions,
        "list",
        "list",
    ),
    _history_tool(
        "history_diff",
        "What changed",
        "What differs between two times, field by field. Start here to find out what changed before a failure.",
        (DiffInput, DiffPage),
        diff,
        "list",
        "list",
    ),
    _history_tool(
        "history_get_as_of",
        "An object as it was",
        "One object as of a past time, also if it was deleted since. Lists have their own as_of.",
        (GetAsOfInput, ObjectAsOf),
        get_as_of,
        "get",
        "object",
    ),
    _history_tool(
        "history_timeline",
        "Timeline",
        "Changes in order, newest first, events included. For net differences use history_diff.",
        (TimelineInput, TimelinePage),
        timeline,
        "list",
        "list",
    ),
)
