"""The reference of all settings, read from the text under each field; for ``config schema`` and docs/configuration.md."""

import ast
import inspect
import itertools
import re
from typing import Any

import msgspec

from k8sconsole.config.loader import ENVIRONMENT_ALIASES, iterate_settings
from k8sconsole.config.settings import Settings


class SettingEntry(msgspec.Struct, frozen=True):
    """One setting. key: dotted. kind: its type as text. environment: the names of its variables."""

    key: str
    kind: str
    default: Any
    meaning: str
    environment: tuple[str, ...]


def list_settings() -> list[SettingEntry]:
    meanings = dict(_read_meanings(Settings, ""))
    return [
        SettingEntry(key, _format_type(kind), msgspec.to_builtins(default), meanings.get(key, ""), _environment_names(key))
        for key, kind, default in iterate_settings()
    ]


def _environment_names(key: str) -> tuple[str, ...]:
    short = tuple(name for name, target in ENVIRONMENT_ALIASES.items() if target == key)
    long = f"K8SCONSOLE_{key.upper().replace('.', '__')}" if "." in key else ""
    return (*short, *((long,) if long else ()))


def _format_type(kind: Any) -> str:
    """The type without the modules of its names: ``tuple[str, ...]``."""
    return kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(kind))


def _read_meanings(kind: type[msgspec.Struct], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    body = ast.parse(inspect.getsource(kind)).body[0].body  # type: ignore[attr-defined]
    for field, following in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            found.append((f"{prefix}{ast.unparse(field.target)}", " ".join(str(following.value.value).split())))
    for one in msgspec.structs.fields(kind):
        if isinstance(one.type, type) and issubclass(one.type, msgspec.Struct):
            found.extend(_read_meanings(one.type, f"{prefix}{one.name}."))
    return found
