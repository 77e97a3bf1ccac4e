"""The kinds that a cluster serves, and the fields of a kind."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.kit.text import nearest_or_first, strip_control
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext, silent_group_reasons
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, left_out_warning, take_fitting
from k8sconsole.tools.parameters import Cursor, Kind, Limit, Live
from k8sconsole.tools.reading.item_pages import page_items
from k8sconsole.tools.reading.openapi_schema import Schema, element_schema, resolve_refs, schema_of_kind, type_of
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool


class ListApiResourcesInput(Common, kw_only=True):
    filter: Annotated[str, Meta(description="Part of a name, group or short name")] = ""
    limit: Limit = 1_000
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS
    live: Live = False


class ApiKind(msgspec.Struct, omit_defaults=True):
    """stale: whether its API group does not answer now; the kind is as last seen."""

    name: str
    kind: str
    api_version: str
    namespaced: bool = False
    short_names: list[str] = []
    verbs: list[str] = []
    stale: bool = False


class ApiKindList(msgspec.Struct):
    items: list[ApiKind]


async def list_api_resources(args: ListApiResourcesInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    known, silent, freshness = await _known_kinds(context, cluster, live=args.live)
    query = args.filter.casefold()
    found = [one for one in sorted(known, key=lambda one: (one.group, one.plural)) if query in _search_text(one)]
    items, page, rest = page_items([_api_kind(one, silent) for one in found], args.cursor, args.limit, args.max_tokens)
    lines = [
        f"{one.name}  {one.kind}  {one.api_version}  {'namespaced' if one.namespaced else 'cluster'}{'  stale' if one.stale else ''}"
        for one in items
    ]
    text = "\n".join((f"{len(found)} kinds", *map(strip_control, lines), *rest))
    notes = (f"none of {len(known)} kinds has {args.filter!r} in its name, group or short names",) if args.filter and not found else ()
    return Reply(msgspec.to_builtins(ApiKindList(items)), text, freshness, page, notes)


async def _known_kinds(context: ToolContext, cluster: ClusterName, *, live: bool) -> tuple[list[ApiResource], Mapping[str, str], Freshness]:
    """The kinds of the last discovery, the groups that did not answer it, and the age of the cluster's record.

    Runs a discovery if none is cached or live is set.
    """
    if context.store is not None and not live:
        seen = next((one.seen_at for one in await context.store.metadata.clusters() if one.name == cluster), None)
        cached = await context.store.metadata.resources(cluster)
        if cached and seen is not None:
            silent = context.environment.silent_groups(cluster)
            missing = (*silent_group_reasons(silent), *context.environment.troubles(cluster))
            return list(cached), silent, Freshness(Source.CACHE, seen, not missing, missing)
    found = await (await context.open_cluster(cluster)).discover()
    known = await context.store.metadata.resources(cluster) if context.store is not None else []
    return found.with_known(known).resources, found.missing, context.live_freshness(silent_group_reasons(found.missing))


def _search_text(one: ApiResource) -> str:
    return " ".join((str(one.name), one.kind, one.group, *one.short_names, *one.categories)).casefold()


def _api_kind(one: ApiResource, silent: Mapping[str, str]) -> ApiKind:
    stale = any(group.rpartition("/")[0] == one.group for group in silent)
    return ApiKind(str(one.name), one.kind, one.api_version, one.namespaced, list(one.short_names), list(one.verbs), stale)


class ExplainSchemaInput(Common, kw_only=True):
    kind: Kind
    path: Annotated[str, Meta(description="e.g. spec.template.spec.containers")] = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


class SchemaField(msgspec.Struct, omit_defaults=True):
    name: str
    type: str
    description: str = ""
    required: bool = False


class SchemaExplanation(msgspec.Struct):
    """type: of the field at path. fields: of the object or the element at path."""

    kind: str
    api_version: str
    path: str
    type: str
    description: str
    fields: list[SchemaField]


async def explain_schema(args: ExplainSchemaInput, context: ToolContext) -> Reply:
    name = context.resolve_context(args.context)
    resource = await context.find_resource(name, args.kind)
    root, schemas = await schema_of_kind(await context.open_cluster(name), resource)
    here = _schema_at_path(root, schemas, args)
    holder = element_schema(here, schemas)
    required = set(holder.get("required") or ())
    fields = [_schema_field(key, value, schemas, key in required) for key, value in sorted((holder.get("properties") or {}).items())]
    shown = _shorten_descriptions(fields, args.max_tokens)
    explained = SchemaExplanation(
        resource.kind, resource.api_version, args.path, type_of(here, schemas) if args.path else "object",
        str(here.get("description") or holder.get("description") or ""), shown,
    )  # fmt: skip
    lines = [
        f"{one.name} <{one.type}>{' required' if one.required else ''}  {_first_sentence(one.description)}" for one in explained.fields
    ]
    head = f"{'.'.join(filter(None, (resource.kind, args.path)))} <{explained.type}> ({resource.api_version})"
    text = "\n".join((head, strip_control(explained.description), *map(strip_control, lines)))
    return Reply(msgspec.to_builtins(explained), text, context.live_freshness(), warnings=_shortening_warnings(fields, shown))


def _schema_field(name: str, schema: Schema, schemas: Schema, required: bool) -> SchemaField:
    resolved = resolve_refs(schema, schemas)
    return SchemaField(name, type_of(schema, schemas), str(schema.get("description") or resolved.get("description") or ""), required)


def _shorten_descriptions(fields: list[SchemaField], max_tokens: int) -> list[SchemaField]:
    """All fields that fit, with whole descriptions if those fit too, else with first sentences, else without descriptions."""
    for shorten in (str, _first_sentence, lambda text: ""):
        shortened = [msgspec.structs.replace(one, description=shorten(one.description)) for one in fields]
        if len(take_fitting(shortened, max_tokens * 3 // 4)) == len(shortened):
            return shortened
    return take_fitting([msgspec.structs.replace(one, description="") for one in fields], max_tokens)


def _shortening_warnings(fields: list[SchemaField], shown: list[SchemaField]) -> tuple[str, ...]:
    if len(shown) < len(fields):
        return left_out_warning(len(shown), len(fields), "use a longer path, or raise max_tokens")
    shorter = shown != fields
    return ("descriptions are shortened; raise max_tokens, or use a longer path",) if shorter else ()


def _first_sentence(text: str) -> str:
    first = " ".join(text.split()).partition(". ")[0]
    return first[:160]


def _schema_at_path(schema: Schema, schemas: Schema, args: ExplainSchemaInput) -> dict[str, Any]:
    """Raises InvalidParams with the nearest fields if the path is not in the schema."""
    here: Schema = schema
    for part in filter(None, args.path.replace("[*]", "").replace("[]", "").strip(".").split(".")):
        fields = element_schema(here, schemas).get("properties") or {}
        if part not in fields:
            close = nearest_or_first(part, sorted(fields), 5)
            details = argument_details("path", args.path, close, "a path of fields")
            why = f"it has {', '.join(sorted(fields)[:12])}" if fields else "it has no fields"
            raise InvalidParams(f"no field {part!r} in {args.path!r}", why, f"path={close[0]}" if close else "a shorter path", details)
        here = fields[part]
    return {**resolve_refs(here, schemas), **here}


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "list_api_resources",
        "List kinds",
        "The kinds this cluster serves, CRDs included, with their verbs.",
        (ListApiResourcesInput, ApiKindList),
        list_api_resources,
        Capabilities(("*",), ("list",), Scope.CLUSTER, "list"),
    ),
    reading_tool(
        "explain_schema",
        "Explain a kind's fields",
        "Fields of a kind, or below a path, with types and meaning, from this cluster's OpenAPI schema. Use it before writing a manifest.",
        (ExplainSchemaInput, SchemaExplanation),
        explain_schema,
        Capabilities(("*",), ("get",), Scope.CLUSTER, "object", cache_friendly=False),
    ),
)
