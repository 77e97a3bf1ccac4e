"""Logs that fit: the trouble of the whole log first, then its beginning and its end; repeats folded."""

import re
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from k8sconsole.tools.output.token_budget import json_tokens

_MATTERS = re.compile(r"(?i)\b(?:error|fatal|panic|exception|traceback|critical|oom|killed|refused|denied|timed? ?out|fail(?:ed|ure)?)\b")
_VARYING = re.compile(r"\d+|0x[0-9a-f]+|[0-9a-f]{8,}")
MOST_LINE = 2_000
_TELLING = 400
"""Characters of a line among those that tell of trouble."""
_NEAR = 8
"""Of how many lines back a line may be the repeat."""
_BETWEEN = 24
"""Tokens of the lines that stand between the parts."""


class _Trouble(msgspec.Struct):
    """Lines that are alike but for their numbers. last: how the newest of them reads; first_at, last_at: their places, from 1."""

    last: str
    first_at: int
    last_at: int
    times: int = 1

    def __str__(self) -> str:
        place = f"line {self.last_at}" if self.times == 1 else f"{self.times} times, lines {self.first_at} to {self.last_at}"
        return f"({place}) {self.last[:_TELLING]}"


def fold_repeats(lines: Sequence[str]) -> list[str]:
    """Lines that repeat one of the few before them, but for their numbers, stand once with how often; the very last one stands itself."""
    kept: list[str] = []
    near: deque[str] = deque(maxlen=_NEAR)
    repeats: list[str] = []
    for line in lines:
        shape = _shape(line)
        if shape in near and line.strip():
            repeats.append(line)
            continue
        kept += _told(repeats)
        kept.append(line[:MOST_LINE])
        repeats = []
        near.append(shape)
    return [*kept, *_told(repeats[:-1]), *(line[:MOST_LINE] for line in repeats[-1:])]


def _shape(line: str) -> str:
    """The line without what varies; a line of nothing but numbers is like no other."""
    shape = _VARYING.sub("#", line)
    return shape if any(map(str.isalpha, shape)) else line


def _told(repeats: list[str]) -> list[str]:
    """A single one may as well stand itself."""
    if len(repeats) < 2:
        return [line[:MOST_LINE] for line in repeats]
    several = len(set(map(_shape, repeats))) > 1
    return [f"… {len(repeats)} more like the {'lines' if several else 'line'} above"]


def digest_log(lines: Sequence[str], budget: int) -> tuple[list[str], int]:
    """What is shown within ``budget`` tokens of JSON, and how many lines, repeats folded, were left out. Up to four tenths go to what tells
    of trouble, wherever in the log it stands, a tenth to the beginning, the rest to the end."""
    short = fold_repeats(lines)
    if _cost(short) <= budget:
        return short, 0
    trouble = _trouble(lines)
    telling = _some((str(one) for one in trouble), budget * 4 // 10)
    head = _first(short, budget // 10)
    tail = _first(short[len(head) :][::-1], budget - _cost(telling) - _cost(head) - _BETWEEN)[::-1]
    left_out = len(short) - len(head) - len(tail)
    title = [f"{sum(one.times for one in trouble)} of {len(lines)} lines tell of trouble, the latest first:"] if telling else []
    return [*title, *telling, *(["…"] if telling else []), *head, f"… {left_out} lines left out", *tail], left_out


def _trouble(lines: Sequence[str]) -> list[_Trouble]:
    """Of the whole log, latest first."""
    found: dict[str, _Trouble] = {}
    for place, line in enumerate(lines, 1):
        if _MATTERS.search(line):
            shape = _shape(line)
            known = found.setdefault(shape, _Trouble(line, place, place, 0))
            known.last, known.last_at, known.times = line, place, known.times + 1
    return sorted(found.values(), key=lambda one: -one.last_at)


def _cost(lines: Sequence[str]) -> int:
    return sum(map(json_tokens, lines))


def _first(lines: Sequence[str], budget: int) -> list[str]:
    """From the beginning, without a gap."""
    kept: list[str] = []
    for line in lines:
        budget -= json_tokens(line)
        if budget < 0:
            break
        kept.append(line)
    return kept


def _some(lines: Iterator[str], budget: int) -> list[str]:
    """Those that fit; a long one does not keep out the shorter ones after it."""
    kept: list[str] = []
    for line in lines:
        size = json_tokens(line)
        if size <= budget:
            kept.append(line)
            budget -= size
    return kept
