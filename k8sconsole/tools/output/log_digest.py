"""Digests of long logs: the error lines of the whole log first, then its beginning and its end. Repeated lines are folded."""

import re
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from k8sconsole.tools.output.token_budget import json_tokens

_ERROR_LINE = re.compile(
    r"(?i)\b(?:error|fatal|panic|exception|traceback|critical|oom|killed|refused|denied|timed? ?out|fail(?:ed|ure)?)\b"
)
_VARYING = re.compile(r"\d+|0x[0-9a-f]+|[0-9a-f]{8,}")
MOST_LINE = 2_000
_MOST_ERROR_LINE = 400
"""Characters of a line among the error lines."""
_FOLD_DISTANCE = 8
"""A line counts as a repeat of any of this many different lines before it."""
_SEPARATORS = 24
"""Tokens of the lines between the parts."""


class _ErrorLines(msgspec.Struct):
    """Error lines that differ only in their numbers. last: the newest of them. first_at, last_at: line numbers, from 1."""

    last: str
    first_at: int
    last_at: int
    count: int = 1

    def __str__(self) -> str:
        position = f"line {self.last_at}" if self.count == 1 else f"{self.count} times, lines {self.first_at} to {self.last_at}"
        return f"({position}) {self.last[:_MOST_ERROR_LINE]}"


def fold_repeats(lines: Sequence[str]) -> list[str]:
    """Replace lines that repeat a recent line, except for their numbers, by one line with their count. The last line is always kept."""
    kept: list[str] = []
    recent: deque[str] = deque(maxlen=_FOLD_DISTANCE)
    repeats: list[str] = []
    for line in lines:
        pattern = _pattern_of(line)
        if pattern in recent and line.strip():
            repeats.append(line)
            continue
        kept += _fold(repeats)
        kept.append(line[:MOST_LINE])
        repeats = []
        recent.append(pattern)
    return [*kept, *_fold(repeats[:-1]), *(line[:MOST_LINE] for line in repeats[-1:])]


def _pattern_of(line: str) -> str:
    """The line with its numbers replaced. A line without letters is its own pattern."""
    pattern = _VARYING.sub("#", line)
    return pattern if any(map(str.isalpha, pattern)) else line


def _fold(repeats: list[str]) -> list[str]:
    """A single repeat is shown as it is."""
    if len(repeats) < 2:
        return [line[:MOST_LINE] for line in repeats]
    several = len(set(map(_pattern_of, repeats))) > 1
    return [f"… {len(repeats)} more like the {'lines' if several else 'line'} above"]


def digest_log(lines: Sequence[str], budget: int) -> tuple[list[str], int]:
    """(the lines that fit into ``budget`` tokens of JSON, the number of folded lines that were left out).

    Error lines from the whole log get up to 40 % of the budget, the beginning 10 %, and the end the rest.
    """
    short = fold_repeats(lines)
    if _cost(short) <= budget:
        return short, 0
    errors = _find_error_lines(lines)
    shown_errors = _take_each((str(one) for one in errors), budget * 4 // 10)
    head = _take_first(short, budget // 10)
    tail = _take_first(short[len(head) :][::-1], budget - _cost(shown_errors) - _cost(head) - _SEPARATORS)[::-1]
    left_out = len(short) - len(head) - len(tail)
    title = [f"{sum(one.count for one in errors)} of {len(lines)} lines report errors, the latest first:"] if shown_errors else []
    return [*title, *shown_errors, *(["…"] if shown_errors else []), *head, f"… {left_out} lines left out", *tail], left_out


def _find_error_lines(lines: Sequence[str]) -> list[_ErrorLines]:
    """Grouped by pattern, the latest first."""
    found: dict[str, _ErrorLines] = {}
    for number, line in enumerate(lines, 1):
        if _ERROR_LINE.search(line):
            pattern = _pattern_of(line)
            known = found.setdefault(pattern, _ErrorLines(line, number, number, 0))
            known.last, known.last_at, known.count = line, number, known.count + 1
    return sorted(found.values(), key=lambda one: -one.last_at)


def _cost(lines: Sequence[str]) -> int:
    return sum(map(json_tokens, lines))


def _take_first(lines: Sequence[str], budget: int) -> list[str]:
    """The lines from the beginning that fit, without a gap."""
    kept: list[str] = []
    for line in lines:
        budget -= json_tokens(line)
        if budget < 0:
            break
        kept.append(line)
    return kept


def _take_each(lines: Iterator[str], budget: int) -> list[str]:
    """All lines that fit. A line that is too long is skipped."""
    kept: list[str] = []
    for line in lines:
        size = json_tokens(line)
        if size <= budget:
            kept.append(line)
            budget -= size
    return kept
