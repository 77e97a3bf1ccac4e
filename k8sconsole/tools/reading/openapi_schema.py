"""What the server publishes of a kind's fields: OpenAPI v3, one document for each group version.

The index names each document with a hash of its content, so a document that was read under one address never changes.
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
"""Documents kept; one is up to some megabytes."""
_REF = "#/components/schemas/"

Schema = dict[str, Any]
_documents: "OrderedDict[tuple[str, str], Schema]" = OrderedDict()


async def schema_of_kind(cluster: Cluster, resource: ApiResource) -> tuple[Schema, Schema]:
    """The kind's own schema, and all that its references lead to, by name. Raises NotFound where the server publishes none."""
    index = msgspec.json.decode(await cluster.get_path(ROOT))
    group = f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"
    address = ((index.get("paths") or {}).get(group) or {}).get("serverRelativeURL")
    schemas = await _load_schemas(cluster, address) if address else {}
    for schema in schemas.values():
        if any(_has_kind(resource, kind) for kind in schema.get("x-kubernetes-group-version-kind") or []):
            return schema, schemas
    raise NotFound(f"no schema of {resource.kind}", f"the server publishes none for {resource.api_version}", "k8s_get_resource of one", {})


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
    """Its references followed, what stands beside them kept."""
    for _ in range(20):
        target = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf") or [] if "$ref" in one), "")
        if not target:
            break
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        schema = {**schemas.get(target.removeprefix(_REF), {}), **beside}
    return schema


def type_of(schema: Schema, schemas: Schema) -> str:
    """In words: string, []Container, map[string]string."""
    whole = resolve_refs(schema, schemas)
    if whole.get("type") == "array":
        return f"[]{type_of(whole.get('items') or {}, schemas)}"
    extra = whole.get("additionalProperties")
    if isinstance(extra, dict) and not whole.get("properties"):
        return f"map[string]{type_of(extra, schemas)}"
    if whole.get("x-kubernetes-int-or-string"):
        return "integer or string"
    named = _type_name(schema)
    return named or str(whole.get("format") if whole.get("format") in ("date-time", "int-or-string") else whole.get("type", "any"))


def _type_name(schema: Schema) -> str:
    target = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf") or [] if "$ref" in one), "")
    name = str(target.rpartition(".")[2])
    return "" if name in ("Time", "MicroTime", "Quantity", "IntOrString", "") else name


def element_schema(schema: Schema, schemas: Schema) -> Schema:
    """The object that fields belong to: lists and maps are looked through."""
    whole = resolve_refs(schema, schemas)
    for _ in range(10):
        extra = whole.get("additionalProperties")
        below = whole.get("items") or (extra if isinstance(extra, dict) and not whole.get("properties") else None)
        if not below:
            break
        whole = {
            **resolve_refs(below, schemas),
            "description": whole.get("description") or resolve_refs(below, schemas).get("description", ""),
        }
    return whole
