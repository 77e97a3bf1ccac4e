"""One OpenAPI v3 document per group version, and the index of them."""

from __future__ import annotations

import asyncio
import copy
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo.api.backend import Response, json_response
from k8sconsole.demo.api.discovery import GIT_VERSION
from k8sconsole.demo.api.openapi import models

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ResourceRegistry, ServedResource

Json = dict[str, Any]
ROOT = "/openapi/v3"
OLD_ROOT = "/openapi/v2"
_OLD_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_PATCHES = ("application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml")
_STRATEGIC = "application/strategic-merge-patch+json"
_QUERY = ("dryRun", "fieldManager", "fieldValidation", "force")


async def openapi_response(path: str, registry: ResourceRegistry) -> Response | None:
    """The index, or the document of a group version such as /openapi/v3/apis/apps/v1; None for an unknown path."""
    if path.rstrip("/") == ROOT:
        return json_response({"paths": _build_index(registry)})
    parts = path.removeprefix(ROOT).strip("/").split("/")
    group, version = ("", parts[-1]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[-1])
    served = tuple(each for each in registry if (each.group, each.version) == (group, version))
    if not served:
        return None
    return Response(await asyncio.to_thread(_build_document, served))


def old_openapi_response(accept: str) -> Response:
    """An OpenAPI v2 document without schemas, in protobuf or in JSON.

    kubectl reads it before it sends the objects of a `kind: List`, and checks nothing that the document does not describe.
    """
    if "protobuf" in accept:
        return Response(b"\n\x032.0", content_type=_OLD_PROTOBUF)
    return json_response({"swagger": "2.0", "info": {"title": "Kubernetes", "version": GIT_VERSION}, "paths": {}})


def _build_index(registry: ResourceRegistry) -> Json:
    found = {}
    for each in registry:
        name = f"apis/{each.group}/{each.version}" if each.group else f"api/{each.version}"
        known = f"{GIT_VERSION}{sorted(other.kind + repr(other.definition) for other in registry if other.api_version == each.api_version)}"
        found[name] = {"serverRelativeURL": f"{ROOT}/{name}?hash={zlib.crc32(known.encode()):08X}"}
    return found


def _build_document(served: tuple[ServedResource, ...]) -> bytes:
    if any(each.custom for each in served):
        return _assemble_document(served)
    return _build_cached(served)


@lru_cache(maxsize=64)
def _build_cached(served: tuple[ServedResource, ...]) -> bytes:
    return _assemble_document(served)


def _assemble_document(served: tuple[ServedResource, ...]) -> bytes:
    known = {each: models.find_model(each) for each in served if not each.custom}
    roots = [model for model in known.values() if model is not None]
    schemas = models.build_schemas([*roots, models.object_meta_model()])
    for resource in served:
        model = known.get(resource)
        name = models.component_id(model) if model is not None else _custom_schema_id(resource)
        if resource.custom:
            schemas[name] = _build_custom_schema(resource)
        if name in schemas:
            schemas[name]["x-kubernetes-group-version-kind"] = [_group_version_kind(resource)]
    paths = {path: item for resource in served for path, item in _path_items(resource)}
    head = {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": GIT_VERSION}}
    return msgspec.json.encode({**head, "paths": paths, "components": {"schemas": schemas}})


def _group_version_kind(resource: ServedResource) -> Json:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _custom_schema_id(resource: ServedResource) -> str:
    return f"{'.'.join(reversed(resource.group.split('.')))}.{resource.version}.{resource.kind}"


def _build_custom_schema(resource: ServedResource) -> Json:
    given = ((resource.definition or {}).get("schema") or {}).get("openAPIV3Schema") or {"type": "object"}
    schema: Json = copy.deepcopy(given)
    meta = {"allOf": [{"$ref": f"#/components/schemas/{models.component_id(models.object_meta_model())}"}]}
    standard = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    schema["properties"] = {**standard, **schema.get("properties", {}), "metadata": meta}
    return schema


def _path_items(resource: ServedResource) -> list[tuple[str, Json]]:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    place = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"{root}{place}/{resource.plural}"
    return [
        (collection, _build_operations(resource, {"get": "list", "post": "create"})),
        (f"{collection}/{{name}}", _build_operations(resource, {"get": "get", "put": "update", "patch": "patch", "delete": "delete"})),
    ]


def _build_operations(resource: ServedResource, methods: dict[str, str]) -> Json:
    return {method: _build_operation(resource, method, verb) for method, verb in methods.items() if verb in resource.verbs}


def _build_operation(resource: ServedResource, method: str, verb: str) -> Json:
    found: Json = {
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": _group_version_kind(resource),
        "responses": {"200": {"description": "OK"}},
    }
    if method in ("post", "put", "patch"):
        found["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _QUERY]
    if method == "patch":
        kinds = _PATCHES if resource.custom else (*_PATCHES, _STRATEGIC)
        found["requestBody"] = {"content": {kind: {"schema": {"type": "object"}} for kind in kinds}}
    return found
