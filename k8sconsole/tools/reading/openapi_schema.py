"""Schemas of kinds from the server's OpenAPI v3 documents, one document per group version.

The index gives each document an address with a hash of its content, so a cached document never becomes stale.
See https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3.
"""

import asyncio
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import NotFound
from k8sconsole.model.refs import ApiResource

ROOT = "/openapi/v3"
MOST = 8
"""Documents cached; one has up to several megabytes."""
_REF = "#/components/schemas/"

Schema = dict[str, Any]
_documents: "OrderedDict[tuple[str, str], Schema]" = OrderedDict()


async def schema_of_kind(cluster: Cluster, resource: ApiResource) -> tuple[Schema, Schema]:
    """The schema of the kind, and all schemas of its document by name. Raises NotFound if the server publishes none."""
    index = msgspec.json.decode(await cluster.get_path(ROOT))
    group = f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"
    address = ((index.get("paths") or {}).get(group) or {}).get("serverRelativeURL")
    schemas = await _load_schemas(cluster, address) if address else {}
    for schema in schemas.values():
        if any(_has_kind(resource, kind) for kind in schema.get("x-kubernetes-group-version-kind") or []):
            return schema, schemas
    raise NotFound(
        f"no schema of {resource.kind}",
        f"the server publishes none for {resource.api_version}",
        "k8s_get_resource for an existing object",
        {},
    )


async def _load_schemas(cluster: Cluster, address: str) -> Schema:
    key = (cluster.server, address)
    if key not in _documents:
        parts = urlsplit(address)
        raw = await cluster.get_path(parts.path, dict(parse_qsl(parts.query)))
        document = await asyncio.to_thread(msgspec.json.decode, raw)
        _documents[key] = (document.get("components") or {}).get("schemas") or {}
        while len(_documents) > MOST:
            _documents.popitem(last=False)
    _documents.move_to_end(key)
    return _documents[key]


def _has_kind(resource: ApiResource, kind: Schema) -> bool:
    return (kind.get("group", ""), kind.get("version"), kind.get("kind")) == (resource.group, resource.version, resource.kind)


def resolve_refs(schema: Schema, schemas: Schema) -> Schema:
    """The schema with its references followed. Keys next to a reference override it."""
    for _ in range(20):
        target = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf") or [] if "$ref" in one), "")
        if not target:
            break
        overrides = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        schema = {**schemas.get(target.removeprefix(_REF), {}), **overrides}
    return schema


def type_of(schema: Schema, schemas: Schema) -> str:
    """The type as text: string, []Container, map[string]string."""
    resolved = resolve_refs(schema, schemas)
    if resolved.get("type") == "array":
        return f"[]{type_of(resolved.get('items') or {}, schemas)}"
    extra = resolved.get("additionalProperties")
    if isinstance(extra, dict) and not resolved.get("properties"):
        return f"map[string]{type_of(extra, schemas)}"
    if resolved.get("x-kubernetes-int-or-string"):
        return "integer or string"
    named = _type_name(schema)
    return named or str(resolved.get("format") if resolved.get("format") in ("date-time", "int-or-string") else resolved.get("type", "any"))


def _type_name(schema: Schema) -> str:
    target = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf") or [] if "$ref" in one), "")
    name = str(target.rpartition(".")[2])
    return "" if name in ("Time", "MicroTime", "Quantity", "IntOrString", "") else name


def element_schema(schema: Schema, schemas: Schema) -> Schema:
    """The schema whose properties are the fields: the schema itself, or the element of a list or a map."""
    resolved = resolve_refs(schema, schemas)
    for _ in range(10):
        extra = resolved.get("additionalProperties")
        below = resolved.get("items") or (extra if isinstance(extra, dict) and not resolved.get("properties") else None)
        if not below:
            break
        resolved = {
            **resolve_refs(below, schemas),
            "description": resolved.get("description") or resolve_refs(below, schemas).get("description", ""),
        }
    return resolved
