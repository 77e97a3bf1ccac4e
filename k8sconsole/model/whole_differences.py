"""A difference at full length, for the whole change behind a question: no value is cut."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice
from typing import Any

import msgspec

from k8sconsole.kit.yaml_text import format_yaml
from k8sconsole.model.differences import Difference, format_difference, shorten_path

_LONG = 160
"""Characters of a line that is still easy to read."""
_MOST_COMPARED = 2_000
"""Lines that are compared one by one; beyond that the comparison takes too long, and the changed middle is shown as a block."""


def format_whole(one: Difference) -> list[str]:
    """One line for a short value. A text of several lines is compared line by line, another long value is written as YAML."""
    line = format_difference(one, most=_LONG)
    several = any(isinstance(value, str) and "\n" in value for value in (one.old, one.new))
    if not several and line == format_difference(one, most=10_000_000):
        return [line]
    return [f"{shorten_path(one.path)}:", *(f"  {text}" for text in _compare_lines(_lines(one.old), _lines(one.new)))]


def _lines(value: Any) -> list[str]:
    if value is msgspec.UNSET:
        return []
    return value.splitlines() if isinstance(value, str) else format_yaml(value).splitlines()


def _compare_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    end = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if start:
        yield f"  {start:,} lines as before"
    if len(left) + len(right) <= _MOST_COMPARED:
        yield from (text for text in islice(unified_diff(left, right, n=2, lineterm=""), 2, None) if not text.startswith("@@"))
    else:
        yield from (f"-{text}" for text in left)
        yield from (f"+{text}" for text in right)
    if end:
        yield f"  {end:,} lines as before"
