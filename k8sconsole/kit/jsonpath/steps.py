"""The steps of a path, and what each selects from a list of JSON values, as client-go's ``util/jsonpath`` does with missing keys allowed.

A step takes all the values of the step before it, and raises StepError where client-go ends the whole evaluation with an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Values = list[Any]


class StepError(ValueError):
    """A step that cannot be applied. found: the values that a test of existence sees in spite of it."""

    def __init__(self, why: str, found: Values) -> None:
        super().__init__(why)
        self.found = found


class PathStep(Protocol):
    def select(self, values: Values) -> Values:
        """The selected values, in order. Raises StepError."""
        ...


class Byte(int):
    """One byte of a text. A wildcard on a text yields its bytes, which compare as unsigned numbers."""


class Literal(int):
    """A whole number in the path itself. It compares as any other, but a column of numbers does not show it."""


def apply_steps(steps: Sequence[PathStep], values: Values) -> Values:
    """The values after all steps. Raises StepError."""
    for step in steps:
        values = step.select(values)
    return values


def apply_leniently(steps: Sequence[PathStep], values: Values) -> Values:
    """The values after all steps, without those to which a step cannot be applied."""
    for step in steps:
        kept: Values = []
        for value in values:
            try:
                kept += step.select([value])
            except StepError:
                continue
        values = kept
    return values


@dataclass(frozen=True, slots=True)
class FieldStep:
    """A key of an object."""

    name: str

    def select(self, values: Values) -> Values:
        name = self.name
        return [value[name] for value in values if isinstance(value, dict) and name in value]


@dataclass(frozen=True, slots=True)
class SliceStep:
    """Elements of a list. start, end: None where not written. single: ``end`` follows from one index, ``[2]``, or from none, ``[]``."""

    start: int | None
    end: int | None
    step: int | None
    single: bool = False

    def select(self, values: Values) -> Values:
        found: Values = []
        for value in values:
            if value is None:
                continue
            if not isinstance(value, list):
                raise StepError("not a list", values)
            start, end = self._bounds(len(value))
            if start == end:
                return found
            if not 0 <= start < len(value) or not 0 <= end <= len(value) or start > end:
                raise StepError(f"elements {start} to {end} of {len(value)}", values)
            if self.step is not None and self.step <= 0:
                raise StepError("the step must be above 0", values)
            found += value[start : end : self.step or 1]
        return found

    def _bounds(self, length: int) -> tuple[int, int]:
        start = self.start or 0
        end = length if self.end is None else self.end
        from_end = end < 0 or (end == 0 and self.single)
        return start + length if start < 0 else start, end + length if from_end else end


@dataclass(frozen=True, slots=True)
class WildcardStep:
    """All values of an object, all elements of a list, all bytes of a text."""

    def select(self, values: Values) -> Values:
        return [part for value in values for part in _parts(value)]


@dataclass(frozen=True, slots=True)
class ElementsStep:
    """All values of an object or elements of a list: ``[*]`` in a typed path."""

    def select(self, values: Values) -> Values:
        return [part for value in values if isinstance(value, dict | list) for part in _parts(value)]


def _parts(value: Any) -> Values:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case str():
            return [Byte(each) for each in value.encode("utf-8", "surrogatepass")]
    return []


@dataclass(frozen=True, slots=True)
class RecursiveStep:
    """Each value that has parts, and all such values below it, outermost first."""

    def select(self, values: Values) -> Values:
        found: Values = []
        waiting = values[::-1]
        while waiting:
            value = waiting.pop()
            if value and isinstance(value, dict | list | str):
                found.append(value)
                waiting += [] if isinstance(value, str) else _parts(value)[::-1]
        return found


@dataclass(frozen=True, slots=True)
class UnionStep:
    """The values of several paths, one path after the other."""

    paths: tuple[tuple[PathStep, ...], ...]

    def select(self, values: Values) -> Values:
        try:
            return [found for path in self.paths for found in apply_steps(path, values)]
        except StepError as cause:
            raise StepError(str(cause), values) from cause


@dataclass(frozen=True, slots=True)
class ConstantStep:
    """A literal. A text replaces all values; a number or boolean replaces each."""

    value: Any

    def select(self, values: Values) -> Values:
        return [self.value] if isinstance(self.value, str) else [self.value] * len(values)


@dataclass(frozen=True, slots=True)
class WordStep:
    """A bare word. Only ``range`` and ``end`` have a meaning, and both need further blocks, so every word ends the evaluation."""

    word: str

    def select(self, values: Values) -> Values:
        raise StepError(f"unrecognized word {self.word}", [] if self.word == "end" else values)


@dataclass(frozen=True, slots=True)
class FilterStep:
    """The elements of a list that pass a test. operator: empty for a test of existence.

    lenient: an element that cannot be compared does not pass, several left values are allowed, and ``==`` and ``!=`` compare a number or
    boolean with its text.
    """

    left: tuple[PathStep, ...]
    operator: str = ""
    right: tuple[PathStep, ...] = field(default=())
    lenient: bool = False

    def select(self, values: Values) -> Values:
        found: Values = []
        for value in values:
            if self.lenient and isinstance(value, dict):
                value = list(value.values())
            if not isinstance(value, list):
                raise StepError("not a list, so it cannot be filtered", values)
            if self.lenient:
                found += [item for item in value if self._passes_leniently(item)]
            else:
                for item in value:
                    if self._passes(item, values, found):
                        found.append(item)
        return found

    def _passes(self, item: Any, values: Values, found: Values) -> bool:
        """found: the elements that have passed so far, which an error of the comparison leaves to a test of existence."""
        if not self.operator:
            return self._exists(item)
        try:
            left = _one_value(apply_steps(self.left, [item]))
            right = _one_value(apply_steps(self.right, [item])) if left else []
        except StepError as cause:
            raise StepError(str(cause), values) from cause
        if not right:
            return False
        try:
            return compare_values(left[0], self.operator, right[0])
        except ValueError as cause:
            raise StepError(str(cause), found) from cause

    def _exists(self, item: Any) -> bool:
        try:
            return bool(apply_steps(self.left, [item]))
        except StepError as cause:
            return bool(cause.found)

    def _passes_leniently(self, item: Any) -> bool:
        left = apply_leniently(self.left, [item])
        if not self.operator:
            return bool(left)
        right = apply_leniently(self.right, [item])
        return bool(right) and any(_compare_leniently(value, self.operator, right[0]) for value in left)


def _one_value(values: Values) -> Values:
    if len(values) > 1:
        raise StepError("only one value can be compared", values)
    return values


def compare_values(left: Any, operator: str, right: Any) -> bool:
    """``left operator right`` by the rules of Go's text/template: only values of one kind can be compared. Raises ValueError."""
    if operator not in COMPARISONS:
        raise ValueError(f"unrecognized filter operator {operator}")
    if type(left) is type(right) is str:
        return bool(COMPARISONS[operator](left, right))
    kinds = {_kind_of(left), _kind_of(right)}
    if len(kinds) > 1 and kinds != {"integer", "unsigned"}:
        raise ValueError("incompatible types for comparison")
    if kinds == {"boolean"} and operator not in ("==", "!="):
        raise ValueError("invalid type for comparison")
    return bool(COMPARISONS[operator](left, right))


COMPARISONS = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def _kind_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case str():
            return "text"
        case Byte():
            return "unsigned"
        case int():
            return "integer" if is_int64(value) else "number"
        case float():
            return "number"
    raise ValueError("invalid type for comparison")


def is_int64(value: int) -> bool:
    """Whether a whole number fits into 64 bits; a larger one is a floating-point number to the API server."""
    return -(2**63) <= value < 2**63


def _compare_leniently(left: Any, operator: str, right: Any) -> bool:
    try:
        return compare_values(left, operator, right)
    except ValueError:
        texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in (left, right)]
        return operator in ("==", "!=") and (texts[0] == texts[1]) is (operator == "==")
