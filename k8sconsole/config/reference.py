"""The reference of all settings, read from the text under each field: ``config schema``, its JSON Schema, docs/configuration.md."""

import ast
import enum
import inspect
import itertools
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from k8sconsole.config.loader import ENVIRONMENT_ALIASES, iterate_settings
from k8sconsole.config.settings import Settings

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true | false"}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class SettingEntry(msgspec.Struct, frozen=True):
    """One setting, or one key of the elements of a list, such as ``policy.rules[].action``.

    key: dotted. kind: its type in words. default: unset for a required key. environment: the names of its variables.
    """

    key: str
    kind: str
    default: Any
    meaning: str
    environment: tuple[str, ...] = ()


def list_settings() -> list[SettingEntry]:
    """Every setting, and after a list of mappings every key that its elements may have."""
    meanings = dict(_setting_meanings(Settings, ""))
    found: list[SettingEntry] = []
    for key, kind, default in iterate_settings():
        found.append(SettingEntry(key, _describe_type(kind), msgspec.to_builtins(default), meanings.get(key, ""), _environment_names(key)))
        element = _element_struct(kind)
        found += _element_entries(element, f"{key}[].") if element else []
    return found


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the settings file, for editors: each key with its text, its default and the words it may have."""
    schema = msgspec.json.schema(Settings)
    for name, struct in _structs(Settings):
        definition = schema["$defs"][name]
        definition["additionalProperties"] = False
        for key, meaning in _field_meanings(struct).items():
            definition["properties"][key]["description"] = meaning
        for part in definition["properties"].values():
            if part.get("type") in ("integer", "number"):
                part["exclusiveMinimum"] = 0
    return {"$schema": _DIALECT, "title": "k8sconsole.yaml", **schema}


def _environment_names(key: str) -> tuple[str, ...]:
    short = tuple(name for name, target in ENVIRONMENT_ALIASES.items() if target == key)
    long = f"K8SCONSOLE_{key.upper().replace('.', '__')}" if "." in key else ""
    return (*short, *((long,) if long else ()))


def _element_entries(struct: type[msgspec.Struct], prefix: str) -> list[SettingEntry]:
    meanings = _field_meanings(struct)
    return [
        SettingEntry(f"{prefix}{field.name}", _describe_type(field.type), _default(field), meanings.get(field.name, ""))
        for field in msgspec.structs.fields(struct)
    ]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default_factory())
    return msgspec.UNSET if field.default is msgspec.NODEFAULT else msgspec.to_builtins(field.default)


def _describe_type(kind: Any) -> str:
    """The type as a person writes its values: ``list of text``, ``allow | ask``, ``mapping of text to number``."""
    if kind in _WORDS:
        return _WORDS[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return " | ".join(str(one.value) for one in kind)
    if _is_struct(kind):
        return "mapping"
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return " | ".join(map(str, arguments))
    if typing.get_origin(kind) is dict:
        return f"mapping of {_describe_type(arguments[0])} to {_describe_type(arguments[1])}"
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return " or ".join(_describe_type(one) for one in arguments if one is not type(None))
    return f"list of {_describe_type(arguments[0])}"


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _element_struct(kind: Any) -> type[msgspec.Struct] | None:
    return next((one for one in typing.get_args(kind) if _is_struct(one)), None)


def _structs(kind: type[msgspec.Struct]) -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """The struct and all structs within it, by name."""
    yield kind.__name__, kind
    for field in msgspec.structs.fields(kind):
        inner = field.type if _is_struct(field.type) else _element_struct(field.type)
        if inner:
            yield from _structs(inner)


def _setting_meanings(kind: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, str]]:
    for name, meaning in _field_meanings(kind).items():
        yield f"{prefix}{name}", meaning
    for one in msgspec.structs.fields(kind):
        if _is_struct(one.type):
            yield from _setting_meanings(one.type, f"{prefix}{one.name}.")


@cache
def _field_meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Field to the text under it in the source."""
    body = ast.parse(inspect.getsource(kind)).body[0].body  # type: ignore[attr-defined]
    return {
        ast.unparse(field.target): " ".join(str(following.value.value).split())
        for field, following in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    }
