"""Lists: of the kinds asked for most, and of any kind."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.reading.list_reply import ListInput, ListResult, NamespacedListInput, list_reply
from k8sconsole.tools.reading.rows import parse_filter_argument
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec

_NAME = re.compile(r"[^/\\\"\s]+")


class ListResourcesInput(NamespacedListInput, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD: deploy, statefulsets, certificates.cert-manager.io", min_length=1)]


async def list_resources(args: ListResourcesInput, context: ToolContext) -> Reply:
    return await list_reply(args, args.kind, context)


def _list_tool(kind: str, title: str, summary: str, *, namespaced: bool, aliases: tuple[str, ...]) -> ToolSpec:
    async def handler(args: ListInput, context: ToolContext) -> Reply:
        return await list_reply(args, kind, context)

    return ToolSpec(
        name=f"k8s_list_{kind}",
        title=title,
        summary=summary,
        input=NamespacedListInput if namespaced else ListInput,
        output=ListResult,
        risk=Risk.READ,
        capabilities=Capabilities((kind,), ("list",), Scope.NAMESPACE if namespaced else Scope.CLUSTER, "list"),
        toolset="core",
        handler=handler,
        aliases=aliases,
        kind=kind,
    )


class ListEventsInput(NamespacedListInput, kw_only=True):
    about: Annotated[str, Meta(description="Only events of this object, as kind/name")] = ""


async def list_events(args: ListEventsInput, context: ToolContext) -> Reply:
    if args.about:
        parse_filter_argument(args.filter)  # where it is broken, its own column is named
        narrowed = f'object="{await _event_object(args, context)}"'
        args = msgspec.structs.replace(args, filter=f"{narrowed} and ({args.filter})" if args.filter else narrowed)
    return await list_reply(args, "events", context)


async def _event_object(args: ListEventsInput, context: ToolContext) -> str:
    """As events name an object. Raises InvalidParams for what is no kind/name, UsageError for an unknown kind."""
    word, _, name = args.about.partition("/")
    if not word or not _NAME.fullmatch(name):
        details = {"parameter": "about", "given": args.about[:100], "expected": "kind/name", "nearest": []}
        raise InvalidParams(f"no object {args.about[:100]!r}", "it is named by its kind and its name", "about=pod/web-0", details)
    return f"{(await context.resource(context.context(args.context), word, 'about')).kind.lower()}/{name.lower()}"


TOOLS: tuple[ToolSpec, ...] = (
    _list_tool(
        "namespaces",
        "List namespaces",
        "Namespaces with their phase and age. Use it to learn which exist.",
        namespaced=False,
        aliases=("list_namespaces",),
    ),
    _list_tool(
        "nodes",
        "List nodes",
        "Nodes with status, roles, version. For what runs on one use k8s_list_pods filter=node=NAME.",
        namespaced=False,
        aliases=("list_nodes",),
    ),
    _list_tool(
        "pods",
        "List pods",
        "Pods with status, readiness, restarts, age. Many are answered with counts and the unhealthy in full.",
        namespaced=True,
        aliases=("list_pods",),
    ),
    _list_tool(
        "services",
        "List services",
        "Services with type, addresses, ports.",
        namespaced=True,
        aliases=("list_services",),
    ),
    ToolSpec(
        name="k8s_list_resources",
        title="List resources of a kind",
        summary="Objects of any kind, CRDs included, as a table. For pods, nodes, services and namespaces their own tools do the same.",
        input=ListResourcesInput,
        output=ListResult,
        risk=Risk.READ,
        capabilities=Capabilities(("*",), ("list",), Scope.NAMESPACE, "list"),
        toolset="core",
        handler=list_resources,
        aliases=("list_resources",),
    ),
    ToolSpec(
        name="k8s_list_events",
        title="List events",
        summary="What Kubernetes reported lately: failures to schedule, pull, mount, probe. Start here when something does not come up.",
        input=ListEventsInput,
        output=ListResult,
        risk=Risk.READ,
        capabilities=Capabilities(("events",), ("list",), Scope.NAMESPACE, "list"),
        toolset="core",
        handler=list_events,
        aliases=("list_events",),
        kind="events",
    ),
)
