"""Helm releases, their values and their revisions, read from Helm's own secrets. Nothing here runs ``helm``."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.kit.text import strip_control
from k8sconsole.kit.yaml_text import format_yaml
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.parameters import Cursor, Limit, Namespaces, OwnNamespace
from k8sconsole.tools.reading.helm_releases import HelmRelease, find_revision, list_revisions, read_releases
from k8sconsole.tools.reading.item_pages import page_items
from k8sconsole.tools.reading.list_reply import select_namespaces
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import Handler, ToolSpec, reading_tool

ReleaseName = Annotated[str, Meta(description="The release", pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=53)]


class ListReleasesInput(Common, kw_only=True):
    namespace: Namespaces = "*"
    filter: Annotated[str, Meta(description="Part of the name, chart or status")] = ""
    limit: Limit = 1_000
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


class ReleaseList(msgspec.Struct):
    items: list[HelmRelease]
    counts: dict[str, int]


async def list_releases(args: ListReleasesInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    found = await read_releases(context, cluster, select_namespaces(args.namespace))
    query = args.filter.casefold()
    matching = [one for one in found.releases if any(query in text.casefold() for text in (one.name, one.chart, one.status))]
    counts = {status: sum(one.status == status for one in matching) for status in sorted({one.status for one in matching})}
    shown, page, rest = page_items(matching, args.cursor, args.limit, args.max_tokens, counts)
    head = f"{len(matching)} releases · {cluster}" + "".join(f" · {count} {status}" for status, count in counts.items())
    lines = [f"{one.namespace}/{_format_release(one)}" for one in shown]
    data = msgspec.to_builtins(ReleaseList(shown, counts))
    unmatched = (f"none of {len(found.releases)} releases has {args.filter!r} in its name, chart or status",)
    notes = unmatched if args.filter and found.releases and not matching else ()
    return Reply(data, "\n".join((head, *lines, *rest)), found.freshness, page, (*found.warnings, *notes))


class ReleaseInput(Common, kw_only=True):
    name: ReleaseName
    namespace: OwnNamespace = ""


class GetValuesInput(ReleaseInput, kw_only=True):
    revision: Annotated[int, Meta(ge=0, description="0: newest")] = 0
    all: Annotated[bool, Meta(description="Include the chart's defaults")] = False
    max_tokens: MaxTokens = DEFAULT_TOKENS


class ReleaseValues(msgspec.Struct):
    """values: secrets are masked, recognised by name and format."""

    release: HelmRelease
    values: dict[str, Any]


async def get_values(args: GetValuesInput, context: ToolContext) -> Reply:
    cluster, namespace = _cluster_and_namespace(args, context)
    found = await find_revision(context, cluster, namespace, args.name, args.revision)
    values = _merge_values(found.given, found.defaults) if args.all else found.given
    head = f"{found.release.namespace}/{_format_release(found.release)}"
    text = format_yaml(values) if values else "no values were given; all=true includes the chart's defaults"
    return Reply(msgspec.to_builtins(ReleaseValues(found.release, values)), f"{head}\n{text}", context.live_freshness())


class GetHistoryInput(ReleaseInput, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = ""


class ReleaseHistory(msgspec.Struct):
    """items: newest first. kept: number of revisions that Helm still has."""

    items: list[HelmRelease]
    kept: int


async def get_history(args: GetHistoryInput, context: ToolContext) -> Reply:
    cluster, namespace = _cluster_and_namespace(args, context)
    found = [one.release for one in await list_revisions(context, cluster, namespace, args.name)]
    shown, page, rest = page_items(found, args.cursor, args.limit, DEFAULT_TOKENS)
    lines = [f"{_format_release(one)}  {strip_control(one.description)}" for one in shown]
    data = msgspec.to_builtins(ReleaseHistory(shown, len(found)))
    head = f"{namespace}/{args.name}: {len(found)} revisions kept"
    return Reply(data, "\n".join((head, *lines, *rest)), context.live_freshness(), page)


def _cluster_and_namespace(args: ReleaseInput, context: ToolContext) -> tuple[ClusterName, str]:
    cluster = context.resolve_context(args.context)
    return cluster, args.namespace or context.default_namespace(cluster)


def _format_release(one: HelmRelease) -> str:
    chart = f"{one.chart} (app {one.app_version})" if one.chart else "chart unknown"
    return strip_control(f"{one.name}  revision {one.revision}  {one.status}  {chart}  {one.updated}".rstrip())


def _merge_values(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Values merged into a chart's defaults, as Helm does it: maps are merged, null removes a default, all else is replaced."""
    merged: dict[str, Any] = {}
    for key in (*defaults, *(key for key in given if key not in defaults)):
        if key not in given:
            merged[key] = defaults[key]
        elif isinstance(given[key], dict) and isinstance(defaults.get(key), dict):
            merged[key] = _merge_values(given[key], defaults[key])
        elif given[key] is not None or key not in defaults:
            merged[key] = given[key]
    return merged


def _helm_tool(name: str, title: str, summary: str, shapes: tuple[type, type], handler: Handler, verb: str) -> ToolSpec:
    capabilities = Capabilities(("secrets",), (verb,), Scope.NAMESPACE, "list" if verb == "list" else "object", cache_friendly=False)
    own: dict[str, Any] = {"service": "helm", "toolset": "helm", "aliases": (), "kind": "secrets"}
    return reading_tool(name, title, summary, shapes, handler, capabilities, **own)


TOOLS: tuple[ToolSpec, ...] = (
    _helm_tool(
        "list_releases",
        "List Helm releases",
        "Helm releases with chart, app version and status.",
        (ListReleasesInput, ReleaseList),
        list_releases,
        "list",
    ),
    _helm_tool(
        "get_values",
        "Values of a Helm release",
        "The values a release was installed with.",
        (GetValuesInput, ReleaseValues),
        get_values,
        "get",
    ),
    _helm_tool(
        "get_history",
        "History of a Helm release",
        "Revisions of a release: when, which chart, and the result.",
        (GetHistoryInput, ReleaseHistory),
        get_history,
        "get",
    ),
)
