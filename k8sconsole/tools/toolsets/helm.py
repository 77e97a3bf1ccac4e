"""What Helm installed: its releases, their values, their past. Read as Helm keeps them; nothing here needs or runs ``helm``."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.kit.text import format_yaml, strip_control
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Page, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, fitting, left_out
from k8sconsole.tools.reading.helm_releases import HelmRelease, find_revision, list_revisions, read_releases
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import Handler, ToolSpec, reading

ReleaseName = Annotated[str, Meta(description="The release", pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=53)]


class ListReleasesInput(Common, kw_only=True):
    namespace: Annotated[str | list[str], Meta(description="* for all")] = "*"
    filter: Annotated[str, Meta(description="Part of the name, chart or status")] = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


class ReleaseList(msgspec.Struct):
    items: list[HelmRelease]
    counts: dict[str, int]


async def list_releases(args: ListReleasesInput, context: ToolContext) -> Reply:
    cluster = context.context(args.context)
    told = await read_releases(context, cluster, _namespaces(args.namespace))
    sought = args.filter.casefold()
    wanted = [one for one in told.releases if any(sought in text.casefold() for text in (one.name, one.chart, one.status))]
    counts = {status: sum(one.status == status for one in wanted) for status in sorted({one.status for one in wanted})}
    shown = fitting(wanted, args.max_tokens, counts)
    left = left_out(len(shown), len(wanted), "narrow it with namespace or filter")
    head = f"{len(wanted)} releases · {cluster}" + "".join(f" · {count} {status}" for status, count in counts.items())
    lines = [f"{one.namespace}/{_format_release(one)}" for one in shown]
    data = msgspec.to_builtins(ReleaseList(shown, counts))
    return Reply(data, "\n".join((head, *lines)), told.freshness, Page(None, len(wanted)), (*told.warnings, *left))


class ReleaseInput(Common, kw_only=True):
    name: ReleaseName
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""


class GetValuesInput(ReleaseInput, kw_only=True):
    revision: Annotated[int, Meta(ge=0, description="0: the newest")] = 0
    all: Annotated[bool, Meta(description="With the chart's own")] = False
    max_tokens: MaxTokens = DEFAULT_TOKENS


class ReleaseValues(msgspec.Struct):
    """values: secrets masked by their names and shapes."""

    release: HelmRelease
    values: dict[str, Any]


async def get_values(args: GetValuesInput, context: ToolContext) -> Reply:
    cluster, namespace = _cluster_and_namespace(args, context)
    found = await find_revision(context, cluster, namespace, args.name, args.revision)
    values = _merge_values(found.given, found.defaults) if args.all else found.given
    head = f"{found.release.namespace}/{_format_release(found.release)}"
    text = strip_control(format_yaml(values)) if values else "no values were given; all=true shows the chart's own"
    return Reply(msgspec.to_builtins(ReleaseValues(found.release, values)), f"{head}\n{text}", context.live())


class GetHistoryInput(ReleaseInput, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class ReleaseHistory(msgspec.Struct):
    """items: newest first. kept: how many revisions Helm still has."""

    items: list[HelmRelease]
    kept: int


async def get_history(args: GetHistoryInput, context: ToolContext) -> Reply:
    cluster, namespace = _cluster_and_namespace(args, context)
    found = [one.release for one in await list_revisions(context, cluster, namespace, args.name)]
    shown = found[: args.limit]
    lines = [f"{_format_release(one)}  {strip_control(one.description)}" for one in shown]
    data = msgspec.to_builtins(ReleaseHistory(shown, len(found)))
    return Reply(data, "\n".join((f"{namespace}/{args.name}: {len(found)} revisions kept", *lines)), context.live(), Page(None, len(found)))


def _cluster_and_namespace(args: ReleaseInput, context: ToolContext) -> tuple[ClusterName, str]:
    cluster = context.context(args.context)
    return cluster, args.namespace or context.default_namespace(cluster)


def _namespaces(given: str | list[str]) -> tuple[str, ...]:
    several = given if isinstance(given, list) else [given]
    return () if "*" in several or "" in several else tuple(several)


def _format_release(one: HelmRelease) -> str:
    chart = f"{one.chart} (app {one.app_version})" if one.chart else "chart unknown"
    return strip_control(f"{one.name}  revision {one.revision}  {one.status}  {chart}  {one.updated}".rstrip())


def _merge_values(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """As Helm lays values over a chart's own: maps are joined, everything else is replaced, and null takes a default away."""
    joined: dict[str, Any] = {}
    for key in (*defaults, *(key for key in given if key not in defaults)):
        if key not in given:
            joined[key] = defaults[key]
        elif isinstance(given[key], dict) and isinstance(defaults.get(key), dict):
            joined[key] = _merge_values(given[key], defaults[key])
        elif given[key] is not None or key not in defaults:
            joined[key] = given[key]
    return joined


def _helm_tool(name: str, title: str, summary: str, shapes: tuple[type, type], handler: Handler, verb: str) -> ToolSpec:
    able = Capabilities(("secrets",), (verb,), Scope.NAMESPACE, "list" if verb == "list" else "object", cache_friendly=False)
    own: dict[str, Any] = {"service": "helm", "toolset": "helm", "aliases": (), "kind": "secrets"}
    return reading(name, title, summary, shapes, handler, able, **own)


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
        "Its revisions: when, which chart, how each ended.",
        (GetHistoryInput, ReleaseHistory),
        get_history,
        "get",
    ),
)
