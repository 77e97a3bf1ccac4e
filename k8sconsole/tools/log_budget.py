"""Logs that fit: the beginning, the end, and between them the lines that matter; repeats folded."""

import re
from collections.abc import Sequence

from k8sconsole.tools.budget import text_tokens

_MATTERS = re.compile(r"(?i)\b(?:error|fatal|panic|exception|traceback|critical|oom|killed|refused|denied|timed? ?out|fail(?:ed|ure)?)\b")
_VARYING = re.compile(r"\d+|0x[0-9a-f]+|[0-9a-f]{8,}")
MOST_LINE = 2_000


def folded(lines: Sequence[str]) -> list[str]:
    """Lines that repeat, but for their numbers, stand once with how often."""
    kept: list[str] = []
    last, times = "", 0
    for line in lines:
        shape = _VARYING.sub("#", line)
        if shape == last and line.strip():
            times += 1
            continue
        if times:
            kept.append(f"… {times} more like the line above")
        kept.append(line[:MOST_LINE])
        last, times = shape, 0
    return [*kept, f"… {times} more like the line above"] if times else kept


def fitted(lines: Sequence[str], budget: int) -> tuple[list[str], int]:
    """The lines shown within ``budget`` tokens, and how many were left out. A tenth goes to the beginning, six tenths to the end."""
    if sum(map(text_tokens, lines)) <= budget:
        return list(lines), 0
    head = _take(lines, budget // 10)
    tail = _take(lines[len(head) :][::-1], budget * 6 // 10)[::-1]
    middle = lines[len(head) : len(lines) - len(tail)]
    telling = _take([line for line in middle if _MATTERS.search(line)], budget * 2 // 10)
    left_out = len(middle) - len(telling)
    between = [f"… {left_out} lines left out" + (f"; of them, {len(telling)} that tell of trouble:" if telling else "")]
    return [*head, *between, *telling, *(["…"] if telling else []), *tail], left_out


def _take(lines: Sequence[str], budget: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        budget -= text_tokens(line)
        if budget < 0:
            break
        kept.append(line)
    return kept
