"""One object, in full or by fields."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.kit.yaml_text import format_yaml
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.queries import find_object_as_of, parse_as_of
from k8sconsole.tools.object_lookup import find_object, object_namespace
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.parameters import AsOf, Kind, Live, ObjectName, OwnNamespace
from k8sconsole.tools.reading.list_reply import select_fields
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool


class GetResourceInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    namespace: OwnNamespace = ""
    fields: Annotated[list[str], Meta(description="Only these paths, e.g. spec.replicas, status.conditions")] = []
    max_tokens: MaxTokens = DEFAULT_TOKENS
    live: Live = False
    as_of: AsOf = ""


class GetResourceResult(msgspec.Struct):
    """object: as ``kubectl get -o json``, secrets masked, without managedFields; with ``fields``, the value of each path."""

    object: dict[str, Any]


async def get_resource(args: GetResourceInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, args.kind)
    namespace = object_namespace(context, cluster, resource, args.namespace)
    at, _ = parse_as_of(args.as_of, args.live, "", context.now)
    if at is None:
        found = await find_object(context, cluster, resource, namespace, args.name, live=args.live)
    else:
        found = await find_object_as_of(context, cluster, resource, (namespace, args.name), at)
    selected, notes = select_fields(args.fields, found.body, resource.plural)
    return Reply({"object": selected}, format_yaml(selected), found.freshness, warnings=(*found.warnings, *notes))


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "get_resource",
        "Get one object",
        "One object of any kind in full, or only the named fields. To see many objects use a list.",
        (GetResourceInput, GetResourceResult),
        get_resource,
        Capabilities(("*",), ("get",), Scope.NAMESPACE, "object"),
    ),
)
