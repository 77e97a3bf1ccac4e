"""Lists: one tool each for the most used kinds, one for events, and one for any kind."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.reading.list_reply import ListInput, ListResult, NamespacedListInput, list_reply
from k8sconsole.tools.reading.rows import parse_filter_argument
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

_NAME = re.compile(r"[^/\\\"\s]+")


class ListResourcesInput(NamespacedListInput, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD: deploy, statefulsets, certificates.cert-manager.io", min_length=1)]


async def list_resources(args: ListResourcesInput, context: ToolContext) -> Reply:
    return await list_reply(args, args.kind, context)


def _list_tool(kind: str, summary: str, *, namespaced: bool) -> ToolSpec:
    async def handler(args: ListInput, context: ToolContext) -> Reply:
        return await list_reply(args, kind, context)

    return reading_tool(
        f"list_{kind}",
        f"List {kind}",
        summary,
        (NamespacedListInput if namespaced else ListInput, ListResult),
        handler,
        Capabilities((kind,), ("list",), Scope.NAMESPACE if namespaced else Scope.CLUSTER, "list"),
        kind=kind,
    )


class ListEventsInput(NamespacedListInput, kw_only=True):
    about: Annotated[str, Meta(description="Only events of this object, as kind/name")] = ""


async def list_events(args: ListEventsInput, context: ToolContext) -> Reply:
    if args.about:
        parse_filter_argument(args.filter)  # an error names the column in the filter as given
        narrowed = f'object="{await _event_object(args, context)}"'
        args = msgspec.structs.replace(args, filter=f"{narrowed} and ({args.filter})" if args.filter else narrowed)
    return await list_reply(args, "events", context)


async def _event_object(args: ListEventsInput, context: ToolContext) -> str:
    """The object as events name it: ``kind/name`` in lower case. Raises InvalidParams for another form, UsageError for an unknown kind."""
    word, _, name = args.about.partition("/")
    if not word or not _NAME.fullmatch(name):
        details = argument_details("about", args.about[:100], expected="kind/name")
        raise InvalidParams(f"no object {args.about[:100]!r}", "the form is kind/name", "about=pod/web-0", details)
    return f"{(await context.find_resource(context.resolve_context(args.context), word, 'about')).kind.lower()}/{name.lower()}"


TOOLS: tuple[ToolSpec, ...] = (
    _list_tool("namespaces", "Namespaces with phase and age. Use it to find out which exist.", namespaced=False),
    _list_tool("nodes", "Nodes with status, roles, version. For the pods on one use k8s_list_pods filter=node=NAME.", namespaced=False),
    _list_tool(
        "pods",
        "Pods with status, readiness, restarts, age. A long list returns counts and the unhealthy pods in full.",
        namespaced=True,
    ),
    _list_tool("services", "Services with type, addresses, ports.", namespaced=True),
    reading_tool(
        "list_resources",
        "List resources of a kind",
        "Objects of any kind, CRDs included, as a table. Pods, nodes, services and namespaces have list tools of their own.",
        (ListResourcesInput, ListResult),
        list_resources,
        Capabilities(("*",), ("list",), Scope.NAMESPACE, "list"),
    ),
    reading_tool(
        "list_events",
        "List events",
        "Recent events: failures to schedule, pull, mount, probe. Start here when something does not start.",
        (ListEventsInput, ListResult),
        list_events,
        Capabilities(("events",), ("list",), Scope.NAMESPACE, "list"),
        kind="events",
    ),
)
