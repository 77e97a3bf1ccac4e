"""What a description is made of, and how it is written down without tripping over missing or odd fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sconsole.kit.text import format_age
from k8sconsole.model.tables.custom import parse_object_time


class Line(msgspec.Struct, frozen=True):
    """indent counts levels, not characters. text may hold line ends; an empty label continues the line above."""

    label: str
    text: str = ""
    indent: int = 0


class Section(msgspec.Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]


class JsonNode:
    """A JSON value that may be missing or of another kind than expected: asking it for what it has not gives emptiness."""

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
    """A JSON value on one line; nothing for nothing."""
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
    """A line for each pair that has something to say."""
    made = (make_line(label, value, indent) for label, value in pairs)
    return [each for each in made if each.text]


def make_mapping_lines(label: str, node: JsonNode, indent: int = 0) -> list[Line]:
    """Keys and values under one label, sorted; a line saying that there are none otherwise."""
    pairs = [f"{key}={value}" for key, value in sorted(node.items(), key=lambda pair: pair[0])]
    return make_list_lines(label, pairs, indent)


def make_list_lines(label: str, values: Iterable[str], indent: int = 0) -> list[Line]:
    first, *rest = list(values) or ["<none>"]
    return [Line(label, first, indent), *(Line("", each, indent) for each in rest)]


def make_section(title: str, lines: Iterable[Line]) -> list[Section]:
    """One section, or none when there is nothing to say in it."""
    kept = tuple(lines)
    return [Section(title, kept)] if kept else []


def format_time_with_age(node: JsonNode, now: float) -> str:
    """A time as the object tells it, and how long ago that was."""
    at = parse_object_time(node.value)
    return "" if at is None else f"{node} ({format_age(now - at)})"
