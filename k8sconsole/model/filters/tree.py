"""The tree of a parsed filter. It is frozen and comparable, and its text parses to the same tree again."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Union

import msgspec

from k8sconsole.model.filters.slips import SPOKEN_OPERATORS
from k8sconsole.model.selectors import Requirement


class Operator(StrEnum):
    """The operators of comparisons. ``!=`` and ``!~`` are parsed as the negation of ``=`` and ``~``."""

    EQUAL = "="
    MATCHES = "~"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Everything(msgspec.Struct, frozen=True):
    """The empty filter."""

    def __str__(self) -> str:
        return ""


class Text(msgspec.Struct, frozen=True):
    """A word anywhere in name, namespace, node or status; case-insensitive."""

    word: str

    def __str__(self) -> str:
        return self.word if _BARE_WORD.fullmatch(self.word) and self.word.lower() not in RESERVED_WORDS else quote(self.word)


class Pattern(msgspec.Struct, frozen=True):
    """A regular expression on name, namespace, node and status; case-insensitive."""

    regex: str

    def __str__(self) -> str:
        return "/" + _SLASH.sub(lambda found: "\\/" if found[0] == "/" else found[0], self.regex) + "/"


class NamePattern(msgspec.Struct, frozen=True):
    """A regular expression on the name."""

    regex: str

    def __str__(self) -> str:
        return f"~{format_value(self.regex)}"


class Fuzzy(msgspec.Struct, frozen=True):
    """The letters of the word in this order, anywhere in the name."""

    word: str

    def __str__(self) -> str:
        return f"-f {format_value(self.word)}"


class Labels(msgspec.Struct, frozen=True):
    requirements: tuple[Requirement, ...]

    def __str__(self) -> str:
        return f"-l {','.join(str(requirement) for requirement in self.requirements)}"


class Compare(msgspec.Struct, frozen=True):
    """A comparison. field: as the person typed it; ``fields`` has its meaning."""

    field: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{format_value(self.value)}"


class Not(msgspec.Struct, frozen=True):
    term: "Node"

    def __str__(self) -> str:
        match self.term:
            case Compare(field, Operator.EQUAL | Operator.MATCHES as operator, value):
                return f"{field}!{operator}{format_value(value)}"
            case And() | Or():
                return f"!({self.term})"
        return f"!{self.term}"


class And(msgspec.Struct, frozen=True):
    terms: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


class Or(msgspec.Struct, frozen=True):
    terms: tuple["Node", ...]

    def __str__(self) -> str:
        return " or ".join(str(term) for term in self.terms)


Node = Union[Everything, Text, Pattern, NamePattern, Fuzzy, Labels, Compare, Not, And, Or]  # noqa: UP007 - a forward reference needs it

KEYWORDS = frozenset({"and", "or", "not", "in", "notin", "contains"})
"""Words of the grammar."""
RESERVED_WORDS = KEYWORDS | frozenset(SPOKEN_OPERATORS)
"""Words that are quoted when formatted: those of the grammar, and those that are errors because they look like an operator."""

_BARE_WORD = re.compile(r"[A-Za-z0-9_][\w.\-/@%+]*")
_BARE_VALUE = re.compile(r"""(?![=~<>!])[^\s()\[\]{}"'`,;&|]+""")
_SLASH = re.compile(r"\\.|/", re.DOTALL)


class Filter(msgspec.Struct, frozen=True):
    """A filter. text: as the person typed it. ``str`` returns the canonical form."""

    text: str = ""
    root: Node = Everything()

    def __str__(self) -> str:
        return str(self.root)


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def format_value(text: str) -> str:
    return text if _BARE_VALUE.fullmatch(text) else quote(text)


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it."""
    yield node
    match node:
        case Not(term):
            yield from walk(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from walk(term)
