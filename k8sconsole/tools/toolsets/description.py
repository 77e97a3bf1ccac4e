"""One object described in detail, with its events."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.text import strip_control
from k8sconsole.model.describe import RelatedQuery, Section, describe, list_related
from k8sconsole.model.freshness import Freshness, merge_freshness
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import find_object, object_namespace
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.policy import filter_readable
from k8sconsole.tools.reading.rows import RowsRequest, open_rows
from k8sconsole.tools.results import Reply, Target
from k8sconsole.tools.spec import ToolSpec, reading_tool

EVENTS = "events"


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
    about = RelatedQuery(EVENTS, namespace or "default", f'object="{resource.kind.lower()}/{args.name}"')
    reader = _RelatedReader(context, cluster, live=args.live)
    related = {query.resource: await reader.read(query) for query in list_related(str(resource.name), found.body)}
    sections = describe(resource, found.body, await reader.read(about), context.server_now(cluster), related)
    parts = [_format_section(section) for section in sections]
    text = "\n".join(line for part in parts for line in (f"{part.title}:", *(f"  {line}" for line in part.lines)))
    freshness = merge_freshness([found.freshness, *reader.ages])
    return Reply(msgspec.to_builtins(ResourceDescription(parts)), text, freshness, warnings=(*found.warnings, *reader.warnings))


class _RelatedReader:
    """Reads the other objects of one description. ages: how old they are. warnings: why some could not be read."""

    def __init__(self, context: ToolContext, cluster: ClusterName, *, live: bool) -> None:
        self._context = context
        self._cluster = cluster
        self._live = live
        self.ages: list[Freshness] = []
        self.warnings: tuple[str, ...] = ()

    async def read(self, query: RelatedQuery) -> list[dict[str, Any]] | None:
        """The objects, masked; None, with a warning, where they cannot be read or policy does not allow it."""
        context, namespaces = self._context, (query.namespace,) if query.namespace else ()
        try:
            kind = await context.find_resource(self._cluster, query.resource)
            target = Target(self._cluster, resource=kind, namespaces=namespaces)
            if not filter_readable(context.environment.policy(), _RELATED, context.call, target, (kind,)):
                self.warnings += (f"without {kind.plural}: policy does not allow reading them",)
                return None
            opened = await open_rows(context, RowsRequest(self._cluster, kind, namespaces, filter=query.expression, live=self._live))
            self.ages.append(opened.freshness)
            self.warnings += opened.warnings
            return [msgspec.json.decode(body) for _, body in await opened.bodies()]
        except ConsoleError as problem:
            self.warnings += (f"without {query.resource}: {problem}",)
            return None


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
_RELATED = msgspec.structs.replace(TOOLS[0], capabilities=Capabilities(("*",), ("get", "list"), Scope.NAMESPACE, "list"))
"""The spec that policy judges the other objects of a description by: a list of a kind."""
