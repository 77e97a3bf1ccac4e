"""One object described in detail, with its events."""

import msgspec

from k8sconsole.kit.text import strip_control
from k8sconsole.model.describe import RelatedQuery, Section, describe, list_related
from k8sconsole.model.freshness import merge_freshness
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import find_object, object_namespace
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.parameters import Kind, Live, ObjectName, OwnNamespace
from k8sconsole.tools.reading.related import RelatedReader
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

EVENTS = "events"


class DescribeResourceInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    namespace: OwnNamespace = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS
    live: Live = False


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
    about = RelatedQuery(EVENTS, namespace or "default", f'object="{resource.kind.lower()}/{args.name}"')
    reader = RelatedReader(context, cluster, TOOLS[0], live=args.live)
    related = {query.resource: await reader.read(query) for query in list_related(str(resource.name), found.body)}
    events = await reader.read(about)
    missing = [reason for age in reader.ages for reason in age.missing]
    sections = describe(resource, found.body, events, context.server_now(cluster), related, missing)
    parts = [_format_section(section) for section in sections]
    text = "\n".join(line for part in parts for line in (f"{part.title}:", *(f"  {line}" for line in part.lines)))
    freshness = merge_freshness([found.freshness, *reader.ages])
    return Reply(msgspec.to_builtins(ResourceDescription(parts)), text, freshness, warnings=(*found.warnings, *reader.warnings))


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
