"""Compares a value in a filter with a value of an object, by kind: as an amount, an age, a time or text."""

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from typing import Any

from k8sconsole.kit import times
from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.kit.text import format_age
from k8sconsole.model import quantities
from k8sconsole.model.filters import regexes
from k8sconsole.model.filters.tree import Operator
from k8sconsole.model.tables.columns import CellKind

ValueTest = Callable[[Any], bool]

_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: lambda found, wanted: found == wanted,
    Operator.LESS: lambda found, wanted: found < wanted,
    Operator.AT_MOST: lambda found, wanted: found <= wanted,
    Operator.MORE: lambda found, wanted: found > wanted,
    Operator.AT_LEAST: lambda found, wanted: found >= wanted,
}
_DIGITS = re.compile(r"(\d+)")


class BadValue(ValueError):
    """A value that cannot be compared. The message says what is expected."""


def check_value(kind: CellKind, text: str) -> None:
    """Raises BadValue when no value of this kind can be compared with the text."""
    _ = parse_amount(kind, text) if kind is not CellKind.TIME else _parse_age_or_time(text, 0.0)


@lru_cache(maxsize=1024)
def parse_amount(kind: CellKind, text: str) -> float | tuple[int, int]:
    """The text as a number in the unit of the kind's cells; ``1/2`` of READY is a pair. Raises BadValue."""
    try:
        match kind:
            case CellKind.READY if "/" in text:
                ready, _, wanted = text.partition("/")
                return int(ready), int(wanted)
            case CellKind.CPU:
                return float(quantities.parse_quantity(text) * 1000)
            case CellKind.SPAN:
                return times.parse_duration(text)
        return float(quantities.parse_quantity(text))
    except ValueError:
        raise BadValue(_EXPECTED.get(kind, "a number")) from None


_EXPECTED = {
    CellKind.READY: "a share such as 1 or 0.5, or ready/wanted such as 1/2",
    CellKind.CPU: "cores such as 2, 0.5 or 500m",
    CellKind.BYTES: "a size such as 64Mi, 1Gi or 500M",
    CellKind.SPAN: "a duration such as 90s, 15m or 2h",
    CellKind.TIME: "an age such as 90s, 15m, 2h, 3d, or a time such as 2026-11-22T14:00:00Z",
}


def _parse_age_or_time(text: str, now: float) -> tuple[float, bool]:
    """An age in seconds and True, or a time in seconds since the epoch and False. Raises BadValue."""
    try:
        return times.parse_duration(text), True
    except ValueError:
        pass
    try:
        return times.parse_time(text, now), False
    except ValueError:
        raise BadValue(_EXPECTED[CellKind.TIME]) from None


def build_comparison(kind: CellKind, operator: Operator, text: str, now: float, *, exact: bool) -> ValueTest:
    """A function: whether a value of this kind satisfies the comparison. A missing value, or one of another kind, never does.

    exact: text is compared exactly, as Kubernetes compares labels; otherwise case-insensitively. now: seconds since the epoch.
    """
    if operator is Operator.MATCHES:
        pattern = regexes.compile_pattern(text)
        return lambda found: found is not None and regexes.search_in(pattern, _format_text(found))
    try:
        return _compare_amounts(kind, operator, text, now)
    except BadValue:
        return lambda found: False
    except KeyError:
        return _compare_text(operator, text, now, exact=exact)


def _compare_amounts(kind: CellKind, operator: Operator, text: str, now: float) -> ValueTest:
    """Raises KeyError for kinds of text."""
    read = _READERS[kind]
    if kind is CellKind.TIME:
        return _compare_ages(operator, text, now)
    wanted = parse_amount(kind, text)
    order = _ORDER[operator]
    if isinstance(wanted, tuple):
        share = wanted[0] / wanted[1] if wanted[1] else 1.0
        if operator is Operator.EQUAL:
            return lambda found: isinstance(found, list | tuple) and tuple(found) == wanted
        return lambda found: (seen := read(found, now)) is not None and order(seen, share)
    return lambda found: (seen := read(found, now)) is not None and order(seen, wanted)


def _compare_ages(operator: Operator, text: str, now: float) -> ValueTest:
    wanted, is_age = _parse_age_or_time(text, now)
    order = _ORDER[operator]
    if not is_age:
        return lambda found: isinstance(found, int | float) and order(found, wanted)
    if operator is Operator.EQUAL:
        shown = format_age(wanted)
        return lambda found: isinstance(found, int | float) and format_age(now - found) == shown
    return lambda found: isinstance(found, int | float) and order(now - found, wanted)


def _read_number(found: Any, now: float) -> float | None:
    return found if isinstance(found, int | float) else None


def _read_share(found: Any, now: float) -> float | None:
    match found:
        case [int() as ready, int() as wanted]:
            return ready / wanted if wanted else 1.0
    return None


def _read_count(found: Any, now: float) -> float | None:
    match found:
        case [int() as count, _]:
            return count
    return _read_number(found, now)


def _read_length(found: Any, now: float) -> float | None:
    match found:
        case [int() | float() as begin, end]:
            return float((end if isinstance(end, int | float) else now) - begin)
    return None


_READERS: dict[CellKind, Callable[[Any, float], float | None]] = {
    CellKind.NUMBER: _read_number,
    CellKind.CPU: _read_number,
    CellKind.BYTES: _read_number,
    CellKind.TIME: _read_number,
    CellKind.READY: _read_share,
    CellKind.RESTARTS: _read_count,
    CellKind.SPAN: _read_length,
}


def _format_text(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, list | tuple):
        return ",".join(_format_text(part) for part in found)
    return str(found)


def _compare_text(operator: Operator, text: str, now: float, *, exact: bool) -> ValueTest:
    if operator is Operator.EQUAL:
        equal = _build_equal(text, exact)
        return lambda found: found is not None and equal(_format_text(found))
    order = _ORDER[operator]
    return lambda found: found is not None and _compare_in_order(order, _format_text(found), text, now)


def _build_equal(text: str, exact: bool) -> Callable[[str], bool]:
    if "*" in text or "?" in text:
        glob = re.compile(translate(text.replace("[", "[[]")), 0 if exact else re.IGNORECASE)
        return lambda word: glob.match(word[: regexes.SEARCHED]) is not None
    if exact:
        return lambda word: word == text
    wanted = text.casefold()
    return lambda word: word == text or word.casefold() == wanted


def _compare_in_order(order: Callable[[Any, Any], bool], found: str, text: str, now: float) -> bool:
    """Compares as quantities where both are, as times where the object's value is one, else in natural order (``v1.9`` < ``v1.10``)."""
    try:
        return order(quantities.parse_quantity(found), quantities.parse_quantity(text))
    except ValueError:
        pass
    try:
        at = parse_rfc3339(found) if found[:1].isdigit() else None
        wanted, is_age = _parse_age_or_time(text, now)
    except ValueError:
        at = None
    if at is not None:
        return order(now - at, wanted) if is_age else order(at, wanted)
    return order(_natural_key(found), _natural_key(text))


def _natural_key(word: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in _DIGITS.split(word[: regexes.SEARCHED]) if part]
