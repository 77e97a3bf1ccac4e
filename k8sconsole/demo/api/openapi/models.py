"""Schemas from the Kubernetes client's pydantic models.

Importing the models takes half a second, so it happens on the first request, in a thread.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from k8sconsole.demo.api.patching.keys import is_set, merge_keys

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
Model = Any
_CLASS = re.compile(r"^(?P<owner>[A-Z][a-z]+?)?(?P<version>V\d+(?:(?:alpha|beta)\d+)?)(?P<kind>[A-Z]\w*)$")
_OWNERS = {"": "Core", "events.k8s.io": "Events", "discovery.k8s.io": "Discovery", "flowcontrol.apiserver.k8s.io": "Flowcontrol"}
# Maps whose values are quantities, which the models declare as strings.
_QUANTITIES = {"limits", "requests", "capacity", "allocatable", "hard", "used", "overhead", "default", "defaultRequest", "max", "min"}
_QUANTITY_ID, _INT_OR_STRING_ID = "io.k8s.apimachinery.pkg.api.resource.Quantity", "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_TIME_ID = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
_BASICS: dict[str, Json] = {
    _QUANTITY_ID: {
        "description": "Quantity is a fixed-point representation of a number.",
        "oneOf": [{"type": "string"}, {"type": "number"}],
    },
    _INT_OR_STRING_ID: {
        "description": "IntOrString is a type that can hold an int32 or a string.",
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
    _TIME_ID: {
        "description": "Time is a wrapper around time.Time which supports correct marshaling to YAML and JSON.",
        "format": "date-time",
        "type": "string",
    },
}
_PLAIN: dict[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"$ref": f"#/components/schemas/{_TIME_ID}"},
    bytes: {"type": "string", "format": "byte"},
}


def component_id(model: Model) -> str:
    """The schema's name, `io.k8s.v1.PodSpec`. `kubectl explain` shows the part after the last dot as the type."""
    found = _CLASS.match(model.__name__)
    if not found:
        return f"io.k8s.{model.__name__}"
    owner = f"{found['owner'].lower()}." if found["owner"] else ""
    return f"io.k8s.{owner}{found['version'].lower()}.{found['kind']}"


def find_model(resource: ServedResource) -> Model | None:
    """The client's class of a built-in kind, or None."""
    import kubernetes.client.models as known

    version = resource.version[0].upper() + resource.version[1:]
    names = (f"{_OWNERS.get(resource.group, '')}{version}{resource.kind}", f"{version}{resource.kind}")
    return next((getattr(known, name) for name in names if hasattr(known, name)), None)


def object_meta_model() -> Model:
    import kubernetes.client.models as known

    return known.V1ObjectMeta


def build_schemas(roots: list[Model]) -> dict[str, Json]:
    """Build the schemas of these models and of every model they refer to."""
    found: dict[str, Json] = {name: dict(schema) for name, schema in _BASICS.items()}
    todo = list(roots)
    while todo:
        model = todo.pop()
        name = component_id(model)
        if name not in found:
            found[name] = _build_schema(model)
            todo.extend(_referenced_models(model))
    _move_descriptions(found)
    return found


def _move_descriptions(schemas: dict[str, Json]) -> None:
    """Move a type's description to the fields of that type, which have none. Types used in lists keep it too."""
    direct: dict[str, list[Json]] = {}
    listed: set[str] = set()
    for schema in schemas.values():
        for field in (schema.get("properties") or {}).values():
            if "allOf" in field:
                direct.setdefault(field["allOf"][0]["$ref"].rsplit("/", 1)[-1], []).append(field)
            inner = field.get("items") or field.get("additionalProperties") or {}
            listed.add(inner.get("$ref", "").rsplit("/", 1)[-1])
    for name, fields in direct.items():
        text = schemas[name].get("description") if name not in _BASICS else None
        if text:
            for field in fields:
                field.setdefault("description", text)
            if name not in listed:
                del schemas[name]["description"]


def _referenced_models(model: Model) -> Iterator[Model]:
    for field in model.model_fields.values():
        yield from _models_in(field.annotation)


def _models_in(annotation: Any) -> Iterator[Model]:
    if inspect.isclass(annotation) and hasattr(annotation, "model_fields"):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _build_schema(model: Model) -> Json:
    properties, required = {}, []
    for name, field in model.model_fields.items():
        wire = field.serialization_alias or field.alias or name
        properties[wire] = _build_property(model, wire, field)
        if field.is_required():
            required.append(wire)
    schema: Json = {"type": "object", "properties": properties}
    if text := _model_description(model):
        schema["description"] = text
    return schema | ({"required": required} if required else {})


def _model_description(model: Model) -> str:
    text = inspect.cleandoc(model.__doc__ or "")
    return re.split(r"\n\s*Attributes:\n", text)[0].strip()


def _build_property(model: Model, wire: str, field: Any) -> Json:
    schema = _type_schema(field.annotation, wire)
    if "$ref" in schema:
        schema = {"allOf": [schema]}
    if field.description:
        schema = {"description": field.description, **schema}
    return schema | _patch_extensions(model.__name__, wire, schema)


def _type_schema(annotation: Any, wire: str = "") -> Json:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_schema(arguments[0], wire)
    if origin in (Union, types.UnionType):
        return _union_schema([each for each in arguments if each is not type(None)], wire)
    if origin is list:
        return {"type": "array", "items": _type_schema(arguments[0])}
    if origin is dict:
        value = {"$ref": f"#/components/schemas/{_QUANTITY_ID}"} if wire in _QUANTITIES else _type_schema(arguments[1])
        return {"type": "object", "additionalProperties": value}
    if inspect.isclass(annotation) and hasattr(annotation, "model_fields"):
        return {"$ref": f"#/components/schemas/{component_id(annotation)}"}
    return dict(_PLAIN.get(annotation, {"type": "object"}))


def _union_schema(options: list[Any], wire: str) -> Json:
    if len(options) == 1:
        return _type_schema(options[0], wire)
    bare = {get_args(each)[0] if get_origin(each) is Annotated else each for each in options}
    if bare == {int, str}:
        return {"$ref": f"#/components/schemas/{_INT_OR_STRING_ID}"}
    if bytes in bare:
        return dict(_PLAIN[bytes])
    return {"type": "number"} if float in bare else {"type": "object"}


def _patch_extensions(model: str, wire: str, schema: Json) -> Json:
    """The x-kubernetes-patch extensions of a field, from which kubectl builds strategic merge patches."""
    if model == "V1DeploymentSpec" and wire == "strategy":
        return {"x-kubernetes-patch-strategy": "retainKeys"}
    if schema.get("type") != "array":
        return {}
    parent = {"V1Container": "containers", "V1ServiceSpec": "spec"}.get(model)
    path = (parent, wire) if parent else (wire,)
    if is_set(path):
        return {"x-kubernetes-patch-strategy": "merge"}
    keys = merge_keys(path) if "$ref" in schema["items"] else ()
    if not keys:
        return {}
    lists = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}
    strategy = "merge,retainKeys" if wire == "volumes" else "merge"
    return {"x-kubernetes-patch-merge-key": keys[0], "x-kubernetes-patch-strategy": strategy, **lists}
