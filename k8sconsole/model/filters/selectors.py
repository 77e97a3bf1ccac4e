"""Label selectors, in Kubernetes' own grammar: ``app=web,tier in (front, back),!canary``."""

import re
from collections.abc import Mapping

from k8sconsole.model.filters.reader import FilterReader
from k8sconsole.model.filters.tree import LabelOperator, Requirement

_KEY = re.compile(r"\s*(!?)\s*([A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?(?:/[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)?)")
_SET = re.compile(r"\s+(in|notin)\s*\(([^()]*)\)")
_COMPARISON = re.compile(r"\s*(==|=|!=|>|<)\s*((?:[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)?)")
_COMMA = re.compile(r"\s*,")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)?")
_OPERATORS = {
    "=": LabelOperator.IN,
    "==": LabelOperator.IN,
    "!=": LabelOperator.NOT_IN,
    ">": LabelOperator.MORE,
    "<": LabelOperator.LESS,
}


def read_selector(reader: FilterReader) -> tuple[Requirement, ...]:
    """The selector that begins here: between quotes, or up to the first thing that cannot belong to it."""
    reader.skip_space()
    if reader.peek() and reader.peek() in "\"'":
        begin = reader.position + 1
        inner = FilterReader(reader.quoted(), reader.offset + begin)
        found = _requirements(inner)
        inner.skip_space()
        if not inner.at_end():
            raise inner.error("unreadable label selector", "a comma or the closing quote")
        return found
    return _requirements(reader)


def _requirements(reader: FilterReader) -> tuple[Requirement, ...]:
    found = [_requirement(reader)]
    while reader.take(_COMMA):
        found.append(_requirement(reader))
    return tuple(found)


def _requirement(reader: FilterReader) -> Requirement:
    key = reader.take(_KEY)
    if key is None:
        reader.skip_space()
        raise reader.error("unreadable label selector", "a label key, such as app=web or tier in (front,back)")
    if key[1]:
        return Requirement(key[2], LabelOperator.ABSENT)
    chosen = reader.take(_SET)
    if chosen is not None:
        return _set(reader, key[2], chosen)
    compared = reader.take(_COMPARISON)
    if compared is None:
        return Requirement(key[2], LabelOperator.PRESENT)
    operator = _OPERATORS[compared[1]]
    if operator in (LabelOperator.MORE, LabelOperator.LESS) and not compared[2].isdecimal():
        raise reader.error("unreadable label selector", "a whole number", compared.start(2))
    return Requirement(key[2], operator, (compared[2],))


def _set(reader: FilterReader, key: str, chosen: re.Match[str]) -> Requirement:
    values = tuple(sorted({value.strip() for value in chosen[2].split(",")}))
    if not all(_VALUE.fullmatch(value) for value in values):
        raise reader.error("unreadable label selector", "label values between the brackets, separated by commas", chosen.start(2))
    return Requirement(key, LabelOperator(chosen[1]), values)


def satisfied(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    found = labels.get(requirement.key)
    match requirement.operator:
        case LabelOperator.IN:
            return found in requirement.values
        case LabelOperator.NOT_IN:
            return found not in requirement.values
        case LabelOperator.PRESENT:
            return found is not None
        case LabelOperator.ABSENT:
            return found is None
    if found is None or not found.isdecimal():
        return False
    wanted = int(requirement.values[0])
    return int(found) > wanted if requirement.operator is LabelOperator.MORE else int(found) < wanted
