"""Checks arguments against a server's JSON Schema before they are sent. Errors have the form of those of built-in tools."""

from functools import lru_cache
from typing import Any

import msgspec

from k8sconsole.errors import InvalidParams
from k8sconsole.kit.text import nearest_or_first, strip_control

_BY_PATTERN = "patternProperties"
_UNCHECKED = frozenset({"pattern", _BY_PATTERN, "format"})
"""Not checked here: a server's regular expression could run for ever. The server checks them itself."""


def schema_problem(schema: dict[str, Any], largest: int) -> str:
    """Why a schema cannot be used; empty if it can. largest: bytes."""
    import jsonschema

    if len(msgspec.json.encode(schema)) > largest:
        return f"its schema is larger than {largest} bytes"
    if schema.get("type", "object") != "object":
        return "its schema does not describe an object"
    if any(strip_control(name) != name for name in schema.get("properties") or {}):
        return "its parameter names contain control characters"
    try:
        jsonschema.Draft202012Validator.check_schema(_without_patterns(schema))
    except (jsonschema.SchemaError, RecursionError):
        return "its schema is not valid"
    return ""


def check_arguments(tool: str, schema: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments to send. Raises InvalidParams with the parameter, the given value and the expected one."""
    import jsonschema

    known = tuple(schema.get("properties") or {})
    unknown = [key for key in arguments if key not in known]
    if unknown and known and not schema.get("additionalProperties"):
        raise _unknown_parameter(tool, unknown[0], arguments, known)
    try:
        found = jsonschema.exceptions.best_match(_validator(msgspec.json.encode(_without_patterns(schema))).iter_errors(arguments))
    except (jsonschema.exceptions._WrappedReferencingError, RecursionError):
        return arguments  # a schema with unresolvable references: leave the check to the server
    if found is not None:
        raise _invalid_argument(tool, found, arguments, known)
    return arguments


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(msgspec.json.decode(schema))


def _without_patterns(node: Any) -> Any:
    """The schema without the unchecked keywords. A property of such a name is a schema, not text, and stays."""
    if isinstance(node, list):
        return [_without_patterns(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_patterns(value)
        for key, value in node.items()
        if key not in _UNCHECKED or (key != _BY_PATTERN and isinstance(value, dict))
    }


def _unknown_parameter(tool: str, parameter: str, arguments: dict[str, Any], known: tuple[str, ...]) -> InvalidParams:
    close = nearest_or_first(parameter, known)
    details = {"parameter": parameter, "given": arguments[parameter], "nearest": close}
    return InvalidParams(f"{tool} has no parameter {parameter[:80]!r}", f"it has {', '.join(known)}", close[0], details)


def _invalid_argument(tool: str, found: Any, arguments: dict[str, Any], known: tuple[str, ...]) -> InvalidParams:
    missing = [key for key in found.schema.get("required") or () if key not in arguments] if found.validator == "required" else []
    if missing and not found.absolute_path:
        details = {"parameter": missing[0], "given": None, "expected": "a value", "nearest": list(known)}
        return InvalidParams(f"{tool} needs {missing[0]!r}", "it was not given", f"{missing[0]}=…", details)
    parameter = str(found.absolute_path[0]) if found.absolute_path else ""
    expected = f"{found.validator}: {msgspec.json.encode(found.validator_value, enc_hook=str).decode()[:200]}"
    choices = list(found.validator_value) if found.validator == "enum" else []
    details = {"parameter": parameter, "given": arguments.get(parameter), "expected": expected, "nearest": choices}
    return InvalidParams(f"{tool}: {parameter or 'the arguments'}", strip_control(found.message[:300]), f"{parameter}: {expected}", details)
