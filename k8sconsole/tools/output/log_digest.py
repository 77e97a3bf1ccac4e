"""Digests of long logs: the error lines of the whole log first, then its beginning and its end, and counts of what is between.

A log that fits is never changed. In one that does not fit, lines are folded that differ in times, ids and addresses only.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence

import msgspec

from k8sconsole.tools.output.log_patterns import kind_key, same_line_key
from k8sconsole.tools.output.token_budget import json_tokens

_ERROR_LINE = re.compile(
    r"(?i)\b(?:error|fatal|panic|exception|traceback|critical|oom|killed|refused|denied|timed? ?out|fail(?:ed|ure)?)\b"
)
MOST_LINE = 2_000
"""Characters of a line in a log that does not fit."""
_MOST_ERROR_LINE = 400
"""Characters of a line among the error lines."""
_MOST_SAMPLE = 120
"""Characters of the line that stands for its kind in the counts."""
_FOLD_DISTANCE = 8
"""A line counts as a repeat of any of this many different lines before it."""
_SEPARATORS = 24
"""Tokens of the lines between the parts."""


class _ErrorLines(msgspec.Struct):
    """Error lines of one kind. last: the newest of them. first_at, last_at: line numbers, from 1."""

    last: str
    first_at: int
    last_at: int
    count: int = 1

    def __str__(self) -> str:
        position = f"line {self.last_at}" if self.count == 1 else f"{self.count} times, lines {self.first_at} to {self.last_at}"
        return f"({position}) {_cut(self.last, _MOST_ERROR_LINE)}"


def digest_log(lines: Sequence[str], budget: int) -> tuple[list[str], int]:
    """(the lines that fit into ``budget`` tokens of JSON, the number of folded lines that were left out).

    Error lines from the whole log get up to 40 % of the budget, the beginning 10 %, counts of the lines left out 15 %, and the end the
    rest.
    """
    if json_tokens("\n".join(lines)) <= budget:
        return list(lines), 0
    short = fold_repeats(lines)
    if json_tokens("\n".join(short)) <= budget:
        return short, 0
    errors = _find_error_lines(lines)
    shown_errors = _take_each((str(one) for one in errors), budget * 4 // 10)
    head = _take_first(short, budget // 10)
    counted = budget * 15 // 100
    rest = short[len(head) :]
    tail = _take_first(rest[::-1], budget - _cost(shown_errors) - _cost(head) - counted - _SEPARATORS)[::-1]
    left_out = len(rest) - len(tail)
    title = [f"{sum(one.count for one in errors)} of {len(lines)} lines report errors, the latest first:"] if shown_errors else []
    errors_first = [*title, *shown_errors, *(["…"] if shown_errors else [])]
    counts = _take_first(_count_kinds(rest[:left_out]), counted)
    return [*errors_first, *head, f"… {left_out} lines left out", *counts, *tail], left_out


def fold_repeats(lines: Sequence[str]) -> list[str]:
    """Replaces lines that repeat a recent line, except for times, ids and addresses, by one line with their count. The last line is always
    kept."""
    kept: list[str] = []
    recent: deque[str] = deque(maxlen=_FOLD_DISTANCE)
    repeats: list[str] = []
    for line in lines:
        key = same_line_key(line)
        if key in recent and line.strip():
            repeats.append(line)
            continue
        kept += _fold(repeats)
        kept.append(_cut(line))
        repeats = []
        recent.append(key)
    return [*kept, *_fold(repeats[:-1]), *map(_cut, repeats[-1:])]


def _fold(repeats: list[str]) -> list[str]:
    """A single repeat is shown as it is. Repeats of several lines are counted each."""
    if len(repeats) < 2:
        return [_cut(line) for line in repeats]
    keys = list(map(same_line_key, repeats))
    counts, samples = Counter(keys), dict(zip(keys, repeats, strict=True))
    if len(counts) == 1:
        return [f"… {len(repeats)} more like the line above"]
    return [f"… {len(repeats)} more like the lines above:", *(_format_count(count, samples[key]) for key, count in counts.most_common())]


def _count_kinds(lines: Sequence[str]) -> list[str]:
    """One line for each kind of which there are several, the most frequent first."""
    keys = [kind_key(same_line_key(line)) for line in lines]
    counts, samples = Counter(keys), dict(zip(keys, lines, strict=True))
    return [_format_count(count, samples[key]) for key, count in counts.most_common() if count > 1]


def _format_count(count: int, sample: str) -> str:
    return f"  {count} × like: {_cut(sample, _MOST_SAMPLE)}"


def _cut(line: str, most: int = MOST_LINE) -> str:
    """A line that is too long says how long it is."""
    return line if len(line) <= most else f"{line[:most]}… [{len(line)} characters in all]"


def _find_error_lines(lines: Sequence[str]) -> list[_ErrorLines]:
    """Grouped by kind, the latest first."""
    found: dict[str, _ErrorLines] = {}
    for number, line in enumerate(lines, 1):
        if _ERROR_LINE.search(line):
            known = found.setdefault(kind_key(same_line_key(line)), _ErrorLines(line, number, number, 0))
            known.last, known.last_at, known.count = line, number, known.count + 1
    return sorted(found.values(), key=lambda one: -one.last_at)


def _cost(lines: Iterable[str]) -> int:
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


def _take_each(lines: Iterable[str], budget: int) -> list[str]:
    """All lines that fit. A line that is too long is skipped."""
    kept: list[str] = []
    for line in lines:
        size = json_tokens(line)
        if size <= budget:
            kept.append(line)
            budget -= size
    return kept
