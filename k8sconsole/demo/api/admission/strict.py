"""fieldValidation=Strict, which `kubectl apply` and `create -f` send: unknown fields are rejected."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api.openapi import models
from k8sconsole.demo.api.wire import protobuf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_KEEP = "x-kubernetes-preserve-unknown-fields"
_HEAD = ("apiVersion", "kind", "metadata")


async def check_unknown_fields(call: Call, obj: Json) -> None:
    """Raise a 400 status that names every unknown field when the request has fieldValidation=Strict."""
    if call.query.get("fieldValidation") != "Strict" or call.body.startswith(protobuf.MAGIC):
        return
    schema, known = await asyncio.to_thread(_find_schema, call.resource)
    unknown = [f'unknown field "{path}"' for path in _find_unknown_fields(obj, schema, known, "")] if schema else []
    if unknown:
        kind, version = call.resource.kind, call.resource.version
        why = f"strict decoding error: {', '.join(unknown)}"
        raise status.bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')


def _find_schema(resource: ServedResource) -> tuple[Json, Mapping[str, Json]]:
    if not resource.custom:
        return _built_in_schema(resource)
    schema = ((resource.definition or {}).get("schema") or {}).get("openAPIV3Schema") or {}
    properties = {**(schema.get("properties") or {}), **{name: {} for name in _HEAD}}
    return {**schema, "properties": properties}, {}


@lru_cache(maxsize=128)
def _built_in_schema(resource: ServedResource) -> tuple[Json, Mapping[str, Json]]:
    model = models.find_model(resource)
    if model is None:
        return {}, {}
    known = models.build_schemas([model])
    return known[models.component_id(model)], known


def _find_unknown_fields(value: Any, schema: Json, known: Mapping[str, Json], path: str) -> Iterator[str]:
    schema = _resolve_reference(schema, known)
    if isinstance(value, list) and "items" in schema:
        for position, each in enumerate(value):
            yield from _find_unknown_fields(each, schema["items"], known, f"{path}[{position}]")
    if not isinstance(value, dict):
        return
    properties, additional = schema.get("properties"), schema.get("additionalProperties")
    for name, each in value.items():
        here = f"{path}.{name}".lstrip(".")
        if properties and name in properties:
            yield from _find_unknown_fields(each, properties[name], known, here)
        elif isinstance(additional, dict):
            yield from _find_unknown_fields(each, additional, known, here)
        elif properties and not additional and not schema.get(_KEEP):
            yield here


def _resolve_reference(schema: Json, known: Mapping[str, Json]) -> Json:
    """The schema that a reference names, given directly or as the only entry of an allOf."""
    reference = schema.get("$ref") or next((each.get("$ref") for each in schema.get("allOf") or ()), None)
    return known.get(reference.rsplit("/", 1)[-1], {}) if reference else schema
