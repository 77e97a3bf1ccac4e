"""Label selectors: parsed from Kubernetes' own syntax, built from a LabelSelector object, matched against labels, and formatted.

The syntax is that of ``kubectl -l``: ``app=web,tier in (front, back),!canary``. The operators and their meaning are those of
k8s.io/apimachinery/pkg/labels.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.model.text_reader import TextReader

_KEY = re.compile(r"\s*(!?)\s*([A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?(?:/[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)?)")
_SET = re.compile(r"\s+(in|notin)\s*\(([^()]*)\)")
_COMPARISON = re.compile(r"\s*(==|=|!=|>|<)\s*((?:[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)?)")
_COMMA = re.compile(r"\s*,")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)?")


class LabelOperator(StrEnum):
    """A label that is absent satisfies NOT_EQUAL, NOT_IN and ABSENT."""

    EQUAL = "="
    NOT_EQUAL = "!="
    IN = "in"
    NOT_IN = "notin"
    PRESENT = "exists"
    ABSENT = "!"
    MORE = ">"
    LESS = "<"


_TYPED_OPERATORS = {"==": LabelOperator.EQUAL}
_OBJECT_OPERATORS = {"In": LabelOperator.IN, "NotIn": LabelOperator.NOT_IN, "DoesNotExist": LabelOperator.ABSENT}
"""The operators of matchExpressions; any other is Exists."""


class Requirement(msgspec.Struct, frozen=True):
    """One requirement of a label selector; all of them must hold. MORE and LESS compare whole numbers."""

    key: str
    operator: LabelOperator
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        match self.operator:
            case LabelOperator.PRESENT:
                return self.key
            case LabelOperator.ABSENT:
                return f"!{self.key}"
            case LabelOperator.IN | LabelOperator.NOT_IN:
                return f"{self.key} {self.operator} ({','.join(self.values)})"
        return f"{self.key}{self.operator}{self.values[0]}"


def read_selector(reader: TextReader) -> tuple[Requirement, ...]:
    """The selector at the reader's position: between quotes, or up to the first character that cannot belong to it. Raises FilterError."""
    reader.skip_space()
    if reader.peek() and reader.peek() in "\"'":
        begin = reader.position + 1
        inner = TextReader(reader.quoted(), reader.offset + begin)
        found = _read_requirements(inner)
        inner.skip_space()
        if not inner.at_end():
            raise inner.error("unreadable label selector", "a comma or the closing quote")
        return found
    return _read_requirements(reader)


def build_requirements(match_labels: Mapping[str, str], expressions: Iterable[tuple[str, str, Iterable[str]]]) -> tuple[Requirement, ...]:
    """The requirements of a LabelSelector. expressions: (key, operator, values) as in ``matchExpressions``."""
    exact = [_compare(key, LabelOperator.EQUAL, value) for key, value in match_labels.items()]
    sets = []
    for key, word, values in expressions:
        operator = _OBJECT_OPERATORS.get(word, LabelOperator.PRESENT)
        sets.append(Requirement(key, operator, tuple(sorted(values)) if operator is not LabelOperator.ABSENT else ()))
    return (*exact, *sets)


def selector_of(selector: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """The requirements of a selector as it is in an object: a LabelSelector, or a plain map of labels as Services have it."""
    if not {"matchLabels", "matchExpressions"} & set(selector):
        return build_requirements(selector, ())
    expressions = selector.get("matchExpressions") or ()
    found = [(str(one.get("key", "")), str(one.get("operator", "")), one.get("values") or ()) for one in expressions]
    return build_requirements(selector.get("matchLabels") or {}, found)


def matches_labels(requirements: Iterable[Requirement], labels: Mapping[str, str]) -> bool:
    return all(_is_satisfied(requirement, labels) for requirement in requirements)


def format_requirements(requirements: Iterable[Requirement]) -> str:
    """The selector as ``kubectl -l`` takes it, its terms sorted; empty for a selector without requirements."""
    return ",".join(sorted(map(str, requirements)))


def _read_requirements(reader: TextReader) -> tuple[Requirement, ...]:
    found = [_read_requirement(reader)]
    while reader.take(_COMMA):
        found.append(_read_requirement(reader))
    return tuple(found)


def _read_requirement(reader: TextReader) -> Requirement:
    key = reader.take(_KEY)
    if key is None:
        reader.skip_space()
        raise reader.error("unreadable label selector", "a label key, such as app=web or tier in (front,back)")
    if key[1]:
        return Requirement(key[2], LabelOperator.ABSENT)
    chosen = reader.take(_SET)
    if chosen is not None:
        return _build_set(reader, key[2], chosen)
    compared = reader.take(_COMPARISON)
    if compared is None:
        return Requirement(key[2], LabelOperator.PRESENT)
    operator = _TYPED_OPERATORS.get(compared[1]) or LabelOperator(compared[1])
    if operator in (LabelOperator.MORE, LabelOperator.LESS) and not compared[2].isdecimal():
        raise reader.error("unreadable label selector", "a whole number", compared.start(2))
    return _compare(key[2], operator, compared[2])


def _build_set(reader: TextReader, key: str, chosen: re.Match[str]) -> Requirement:
    values = tuple(sorted({value.strip() for value in chosen[2].split(",")}))
    if not all(_VALUE.fullmatch(value) for value in values):
        raise reader.error("unreadable label selector", "label values between the brackets, separated by commas", chosen.start(2))
    return Requirement(key, LabelOperator(chosen[1]), values)


def _compare(key: str, operator: LabelOperator, value: str) -> Requirement:
    """An empty value becomes a set: ``key=`` followed by another term would be read with that term as its value."""
    if value or operator not in (LabelOperator.EQUAL, LabelOperator.NOT_EQUAL):
        return Requirement(key, operator, (value,))
    return Requirement(key, LabelOperator.IN if operator is LabelOperator.EQUAL else LabelOperator.NOT_IN, ("",))


def _is_satisfied(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    found = labels.get(requirement.key)
    match requirement.operator:
        case LabelOperator.EQUAL | LabelOperator.IN:
            return found in requirement.values
        case LabelOperator.NOT_EQUAL | LabelOperator.NOT_IN:
            return found not in requirement.values
        case LabelOperator.PRESENT:
            return found is not None
        case LabelOperator.ABSENT:
            return found is None
    if found is None or not found.isdecimal():
        return False
    wanted = int(requirement.values[0])
    return int(found) > wanted if requirement.operator is LabelOperator.MORE else int(found) < wanted
