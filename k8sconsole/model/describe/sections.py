"""What a description is made of, and how it is written down without tripping over missing or odd fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sconsole.kit.text import short_age
from k8sconsole.model.tables.custom import moment


class Line(msgspec.Struct, frozen=True):
    """indent counts levels, not characters. text may hold line ends; an empty label continues the line above."""

    label: str
    text: str = ""
    indent: int = 0


class Section(msgspec.Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]


class Node:
    """A JSON value that may be missing or of another kind than expected: asking it for what it has not gives emptiness."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __getitem__(self, key: str) -> "Node":
        return Node(self.value.get(key)) if isinstance(self.value, Mapping) else Node(None)

    def at(self, *keys: str) -> "Node":
        found = self
        for key in keys:
            found = found[key]
        return found

    def __iter__(self) -> Iterator["Node"]:
        return (Node(item) for item in self.value) if isinstance(self.value, list) else iter(())

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return scalar(self.value)

    def items(self) -> list[tuple[str, "Node"]]:
        return [(str(key), Node(item)) for key, item in self.value.items()] if isinstance(self.value, Mapping) else []

    def words(self) -> list[str]:
        """The elements of a list as text."""
        return [str(item) for item in self]


def scalar(value: Any) -> str:
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


def line(label: str, value: Any = "", indent: int = 0) -> Line:
    return Line(label, scalar(value.value if isinstance(value, Node) else value), indent)


def stated(pairs: Iterable[tuple[str, Any]], indent: int = 0) -> list[Line]:
    """A line for each pair that has something to say."""
    made = (line(label, value, indent) for label, value in pairs)
    return [each for each in made if each.text]


def mapping(label: str, node: Node, indent: int = 0) -> list[Line]:
    """Keys and values under one label, sorted; a line saying that there are none otherwise."""
    pairs = [f"{key}={value}" for key, value in sorted(node.items(), key=lambda pair: pair[0])]
    return listed(label, pairs, indent)


def listed(label: str, values: Iterable[str], indent: int = 0) -> list[Line]:
    first, *rest = list(values) or ["<none>"]
    return [Line(label, first, indent), *(Line("", each, indent) for each in rest)]


def section(title: str, lines: Iterable[Line]) -> list[Section]:
    """One section, or none when there is nothing to say in it."""
    kept = tuple(lines)
    return [Section(title, kept)] if kept else []


def ago(node: Node, now: float) -> str:
    """A time as the object tells it, and how long ago that was."""
    at = moment(node.value)
    return "" if at is None else f"{node} ({short_age(now - at)})"
