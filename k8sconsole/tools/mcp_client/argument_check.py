"""Arguments against the JSON Schema that a server gives for them, before they are sent; a wrong one is told as one of our own tools' is."""

from functools import lru_cache
from typing import Any

import msgspec

from k8sconsole.errors import InvalidParams
from k8sconsole.kit.text import nearest_or_first, strip_control

_BY_PATTERN = "patternProperties"
_NOT_OURS = frozenset({"pattern", _BY_PATTERN, "format"})
"""Regular expressions of strangers may take for ever; the server checks them itself."""


def schema_problem(schema: dict[str, Any], largest: int) -> str:
    """Why a schema cannot be used; empty where it can."""
    import jsonschema

    if len(msgspec.json.encode(schema)) > largest:
        return f"its schema is larger than {largest} bytes"
    if schema.get("type", "object") != "object":
        return "its schema describes no object"
    if any(strip_control(name) != name for name in schema.get("properties") or {}):
        return "its parameters have names that could move a terminal"
    try:
        jsonschema.Draft202012Validator.check_schema(_tamed(schema))
    except (jsonschema.SchemaError, RecursionError):
        return "its schema is not valid"
    return ""


def check_arguments(tool: str, schema: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as they may be sent. Raises InvalidParams naming the parameter, what was given and what is expected."""
    import jsonschema

    known = tuple(schema.get("properties") or {})
    unknown = [key for key in arguments if key not in known]
    if unknown and known and not schema.get("additionalProperties"):
        raise _unknown(tool, unknown[0], arguments, known)
    try:
        found = jsonschema.exceptions.best_match(_validator(msgspec.json.encode(_tamed(schema))).iter_errors(arguments))
    except (jsonschema.exceptions._WrappedReferencingError, RecursionError):
        return arguments  # a schema that leads nowhere: the server knows better
    if found is not None:
        raise _wrong(tool, found, arguments, known)
    return arguments


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(msgspec.json.decode(schema))


def _tamed(node: Any) -> Any:
    """Without what is not ours to check; a property may still be called so, whose schema is no text."""
    if isinstance(node, list):
        return [_tamed(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _tamed(value) for key, value in node.items() if key not in _NOT_OURS or (key != _BY_PATTERN and isinstance(value, dict))}


def _unknown(tool: str, parameter: str, arguments: dict[str, Any], known: tuple[str, ...]) -> InvalidParams:
    close = nearest_or_first(parameter, known)
    details = {"parameter": parameter, "given": arguments[parameter], "nearest": close}
    return InvalidParams(f"{tool} has no parameter {parameter[:80]!r}", f"it takes {', '.join(known)}", close[0], details)


def _wrong(tool: str, found: Any, arguments: dict[str, Any], known: tuple[str, ...]) -> InvalidParams:
    missing = [key for key in found.schema.get("required") or () if key not in arguments] if found.validator == "required" else []
    if missing and not found.absolute_path:
        details = {"parameter": missing[0], "given": None, "expected": "a value", "nearest": list(known)}
        return InvalidParams(f"{tool} needs {missing[0]!r}", "it was not given", f"{missing[0]}=…", details)
    parameter = str(found.absolute_path[0]) if found.absolute_path else ""
    expected = f"{found.validator}: {msgspec.json.encode(found.validator_value, enc_hook=str).decode()[:200]}"
    choices = list(found.validator_value) if found.validator == "enum" else []
    details = {"parameter": parameter, "given": arguments.get(parameter), "expected": expected, "nearest": choices}
    return InvalidParams(f"{tool}: {parameter or 'the arguments'}", strip_control(found.message[:300]), f"{parameter}: {expected}", details)
