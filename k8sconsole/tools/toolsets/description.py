"""One object described in detail, with its events."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.text import strip_control
from k8sconsole.model.describe import Section, describe
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import find_object, object_namespace
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.policy import filter_readable
from k8sconsole.tools.reading.rows import RowsRequest, open_rows
from k8sconsole.tools.results import Reply, Target
from k8sconsole.tools.spec import ToolSpec, reading_tool


class DescribeResourceInput(Common, kw_only=True):
    kind: Annotated[str, Meta(min_length=1)]
    name: Annotated[str, Meta(min_length=1)]
    namespace: str = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS
    live: bool = False


class DescriptionSection(msgspec.Struct):
    """lines: text lines, indented by level."""

    title: str
    lines: list[str]


class ResourceDescription(msgspec.Struct):
    sections: list[DescriptionSection]


async def describe_resource(args: DescribeResourceInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, args.kind)
    namespace = object_namespace(context, cluster, resource, args.namespace)
    found = await find_object(context, cluster, resource, namespace, args.name, live=args.live)
    events, warnings = await _events_about(context, cluster, resource, (namespace, args.name), live=args.live)
    parts = [_format_section(section) for section in describe(resource, found.body, events, context.server_now(cluster))]
    text = "\n".join(line for part in parts for line in (f"{part.title}:", *(f"  {line}" for line in part.lines)))
    return Reply(msgspec.to_builtins(ResourceDescription(parts)), text, found.freshness, warnings=(*found.warnings, *warnings))


async def _events_about(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, where: tuple[str, str], *, live: bool
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The events about the object. If they cannot be read, the list is empty and a warning says why."""
    namespace, name = where
    about = f'object="{resource.kind.lower()}/{name}"'
    try:
        kind = await context.find_resource(cluster, "events")
        target = Target(cluster, resource=kind, namespaces=(namespace or "default",))
        if not filter_readable(context.environment.policy(), _EVENTS, context.call, target, (kind,)):
            return [], ("without events: policy does not allow reading them",)
        opened = await open_rows(context, RowsRequest(cluster, kind, (namespace or "default",), filter=about, live=live))
        return [msgspec.json.decode(body) for _, body in await opened.bodies()], opened.warnings
    except ConsoleError as problem:
        return [], (f"without events: {problem}",)


def _format_section(section: Section) -> DescriptionSection:
    lines = []
    for line in section.lines:
        label = f"{line.label}: " if line.label and line.text else line.label
        first, *more = strip_control(line.text).split("\n")
        lines += [f"{'  ' * line.indent}{strip_control(label)}{first}", *(f"{'  ' * (line.indent + 1)}{each}" for each in more)]
    return DescriptionSection(section.title, lines)


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "describe_resource",
        "Describe an object",
        "One object with its conditions and events, like kubectl describe. Use it to find out why something does not work.",
        (DescribeResourceInput, ResourceDescription),
        describe_resource,
        Capabilities(("*",), ("get",), Scope.NAMESPACE, "object"),
    ),
)
_EVENTS = msgspec.structs.replace(TOOLS[0], capabilities=Capabilities(("events",), ("get", "list"), Scope.NAMESPACE, "list"))
"""The spec that policy judges the events of a description by: a list of events."""
