"""Custom objects and their definition's schema: pruning, defaults, required fields, types, enumerations and bounds."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_KEEP = "x-kubernetes-preserve-unknown-fields"
_OWN = ("apiVersion", "kind", "metadata")


def check_custom(resource: ServedResource, obj: Json) -> None:
    """Prune unknown fields and set defaults, in place. Raises a 422 status that lists the violations of the schema."""
    schema = ((resource.definition or {}).get("schema") or {}).get("openAPIV3Schema") or {}
    metadata = {key: obj[key] for key in _OWN if key in obj}
    body = {key: value for key, value in obj.items() if key not in _OWN}
    _prune_and_default(body, schema)
    obj.clear()
    obj.update(metadata | body)
    required = [name for name in schema.get("required") or () if name not in _OWN]
    causes = list(_find_violations(body, {**schema, "required": required}, ""))
    if causes:
        raise status.invalid(resource, obj["metadata"].get("name", ""), causes)


def _prune_and_default(value: Any, schema: Json) -> None:
    if isinstance(value, list):
        for each in value:
            _prune_and_default(each, schema.get("items") or {})
    if not isinstance(value, dict):
        return
    known = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for name, child_schema in known.items():
        if "default" in child_schema and name not in value:
            value[name] = copy.deepcopy(child_schema["default"])
    for name in list(value):
        if name in known:
            _prune_and_default(value[name], known[name])
        elif isinstance(additional, dict):
            _prune_and_default(value[name], additional)
        elif known and not additional and not schema.get(_KEEP):
            del value[name]


def _find_violations(value: Any, schema: Json, path: str) -> Iterator[Json]:
    expected = schema.get("type")
    if value is None and schema.get("nullable"):
        return
    if expected in _TYPES and not _is_type(value, expected) and not schema.get("x-kubernetes-int-or-string"):
        actual = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(value), "null")
        message = f'Invalid value: "{actual}": {path} in body must be of type {expected}: "{actual}"'
        yield status.cause(path, message, "FieldValueTypeInvalid")
        return
    yield from _check_bounds(value, schema, path)
    if isinstance(value, dict):
        yield from _check_members(value, schema, path)
    if isinstance(value, list):
        for position, each in enumerate(value):
            yield from _find_violations(each, schema.get("items") or {}, f"{path}[{position}]")


def _is_type(value: Any, expected: str) -> bool:
    return isinstance(value, _TYPES[expected]) and (expected == "boolean" or not isinstance(value, bool))


def _check_members(value: Json, schema: Json, path: str) -> Iterator[Json]:
    for name in schema.get("required") or ():
        if name not in value:
            yield status.cause(f"{path}.{name}".lstrip("."), "Required value", "FieldValueRequired")
    additional = schema.get("additionalProperties")
    for name, each in value.items():
        child_schema = (schema.get("properties") or {}).get(name) or (additional if isinstance(additional, dict) else {})
        yield from _find_violations(each, child_schema, f"{path}.{name}".lstrip("."))


def _check_bounds(value: Any, schema: Json, path: str) -> Iterator[Json]:
    if "enum" in schema and value not in schema["enum"]:
        listed = ", ".join(f'"{each}"' for each in schema["enum"])
        yield status.cause(path, f'Unsupported value: "{value}": supported values: {listed}', "FieldValueNotSupported")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and "minimum" in schema and value < schema["minimum"]:
        why = f"{path} in body should be greater than or equal to {schema['minimum']}"
        yield status.cause(path, f"Invalid value: {value}: {why}")
    if number and "maximum" in schema and value > schema["maximum"]:
        why = f"{path} in body should be less than or equal to {schema['maximum']}"
        yield status.cause(path, f"Invalid value: {value}: {why}")
