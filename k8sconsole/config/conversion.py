"""Converts a value to the type of its setting. An error names the part that is wrong, its own line, and the nearest valid key or word."""

import enum
import re
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from k8sconsole.config.settings_file import RawValue
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.redact import mask_field
from k8sconsole.kit.text import find_nearest

SECRET_KEYS = frozenset({"llm.api_key"})
SCHEMA = "k8sconsole config schema"

_MESSAGE = re.compile(r"(?P<problem>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(?P<name>.*)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def convert_value(key: str, given: RawValue, kind: Any) -> Any:
    """The value as its type. key: dotted. kind: the type of the setting. Raises ConfigurationError, which shows no secret."""
    try:
        value = msgspec.convert(given.value, kind, strict=False)
    except msgspec.ValidationError as cause:
        raise _conversion_error(key, given, kind, str(cause)) from cause
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value <= 0:
        raise ConfigurationError(f"{given.origin}: {key}", f"{given.value!r} is not allowed: expected a number above zero", SCHEMA)
    return value


def _conversion_error(key: str, given: RawValue, kind: Any, message: str) -> ConfigurationError:
    """message: of msgspec, with the path of the wrong part at its end."""
    found = typing.cast("re.Match[str]", _MESSAGE.fullmatch(message))
    problem, path = found["problem"], found["path"] or ""
    field = _FIELD.fullmatch(problem)
    if field and problem.startswith("Object contains"):
        return _unknown_field(key, given, f"{path}.{field['name']}", _struct_fields(_type_at(kind, path)))
    where = f"{given.origin_of(path)}: {key}{path}"
    if field:
        return ConfigurationError(where, f"the key {field['name']} is missing", f"{field['name']}: … there, see {SCHEMA}")
    return _wrong_value(where, f"{key}{path}", _value_at(given.value, path), _type_at(kind, path), problem)


def _unknown_field(key: str, given: RawValue, path: str, valid: list[str]) -> ConfigurationError:
    close = find_nearest(path.rpartition(".")[2], valid, 1)
    remedy = f"did you mean {close[0]}?" if close else f"one of {', '.join(valid)}"
    return ConfigurationError(f"{given.origin_of(path)}: {key}{path}", "no such key", remedy)


def _wrong_value(where: str, key: str, value: Any, kind: Any, problem: str) -> ConfigurationError:
    words = _allowed_words(kind)
    expected = f"expected {', '.join(words)}" if words else f"{problem[:1].lower()}{problem[1:]}".replace("`", "")
    close = find_nearest(str(value), words, 1)
    return ConfigurationError(
        where, f"{_format_value(key, value)} is not allowed: {expected}", f"did you mean {close[0]}?" if close else SCHEMA
    )


def _format_value(key: str, value: Any) -> str:
    """The value if it is short and holds no secret. Lists and mappings may hold tokens, and a person sees them on the named line."""
    secret = key in SECRET_KEYS or ".env" in key or ".headers" in key
    if secret or not isinstance(value, (str, int, float, bool)) or str(value).lstrip()[:1] in ("[", "{"):
        return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "a value"
    return repr(mask_field(key.rpartition(".")[2], value))[:80]


def _allowed_words(kind: Any) -> list[str]:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [str(one.value) for one in kind]
    return [str(one) for one in typing.get_args(kind)] if typing.get_origin(kind) is typing.Literal else []


def _struct_fields(kind: Any) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def _steps(path: str) -> Iterator[str | int]:
    """``[0].env[...]`` as 0, "env" and "..."."""
    for found in _STEP.finditer(path):
        yield found[1] or (int(found[2]) if found[2].isdigit() else found[2])


def _type_at(kind: Any, path: str) -> Any:
    for step in _steps(path):
        if isinstance(step, str) and step != "...":
            kind = next(field.type for field in msgspec.structs.fields(kind) if field.encode_name == step)
        else:
            kind = typing.get_args(kind)[0 if isinstance(step, int) else -1]
    return kind


def _value_at(value: Any, path: str) -> Any:
    """The part at this path; None where the path does not say which entry of a mapping it is."""
    for step in _steps(path):
        if step == "...":
            return None
        value = value[step]
    return value
