"""The parts of a description, and helpers that build them from objects with absent or malformed fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sconsole.kit.text import format_age
from k8sconsole.model.tables.custom import parse_object_time


class Line(msgspec.Struct, frozen=True):
    """One line. indent: in levels, not characters. text: may hold line breaks. label: empty to continue the line above."""

    label: str
    text: str = ""
    indent: int = 0


class Section(msgspec.Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]


class JsonNode:
    """A JSON value that may be absent or of an unexpected type. Keys and elements that do not exist give empty nodes, never errors."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __getitem__(self, key: str) -> "JsonNode":
        return JsonNode(self.value.get(key)) if isinstance(self.value, Mapping) else JsonNode(None)

    def at(self, *keys: str) -> "JsonNode":
        found = self
        for key in keys:
            found = found[key]
        return found

    def __iter__(self) -> Iterator["JsonNode"]:
        return (JsonNode(item) for item in self.value) if isinstance(self.value, list) else iter(())

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return format_scalar(self.value)

    def items(self) -> list[tuple[str, "JsonNode"]]:
        return [(str(key), JsonNode(item)) for key, item in self.value.items()] if isinstance(self.value, Mapping) else []

    def words(self) -> list[str]:
        """The elements of a list as text."""
        return [str(item) for item in self]


def format_scalar(value: Any) -> str:
    """A JSON value on one line; empty for null."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
    return msgspec.json.encode(value).decode()


def make_line(label: str, value: Any = "", indent: int = 0) -> Line:
    return Line(label, format_scalar(value.value if isinstance(value, JsonNode) else value), indent)


def make_lines(pairs: Iterable[tuple[str, Any]], indent: int = 0) -> list[Line]:
    """A line for each pair whose value is not empty."""
    made = (make_line(label, value, indent) for label, value in pairs)
    return [each for each in made if each.text]


def make_mapping_lines(label: str, node: JsonNode, indent: int = 0) -> list[Line]:
    """Lines of ``key=value`` under one label, sorted; ``<none>`` for an empty mapping."""
    pairs = [f"{key}={value}" for key, value in sorted(node.items(), key=lambda pair: pair[0])]
    return make_list_lines(label, pairs, indent)


def make_list_lines(label: str, values: Iterable[str], indent: int = 0) -> list[Line]:
    first, *rest = list(values) or ["<none>"]
    return [Line(label, first, indent), *(Line("", each, indent) for each in rest)]


def make_section(title: str, lines: Iterable[Line]) -> list[Section]:
    """A list with one section; empty when the section has no lines."""
    found = tuple(lines)
    return [Section(title, found)] if found else []


def make_unknown_section(title: str, resource: str) -> list[Section]:
    """The section of objects that could not be read, which is not the same as none."""
    return [Section(title, (Line("", f"not known: {resource} could not be read"),))]


def format_time_with_age(node: JsonNode, now: float) -> str:
    """A time as the object states it, and how long ago it is."""
    at = parse_object_time(node.value)
    return "" if at is None else f"{node} ({format_age(now - at)})"
