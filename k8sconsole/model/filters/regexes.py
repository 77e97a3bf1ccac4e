"""Regular expressions from people: in any case, and bounded, since one typed pattern must never stall a table of ten thousand rows."""

import re
from functools import lru_cache

LONGEST = 200
"""Characters of a pattern."""
SEARCHED = 2_000
"""Characters of a value that are searched."""


class BadPattern(ValueError):
    """position is 0-based within the pattern."""

    def __init__(self, problem: str, position: int = 0) -> None:
        super().__init__(problem)
        self.position = position


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Raises BadPattern."""
    if len(pattern) > LONGEST:
        raise BadPattern(f"a pattern of at most {LONGEST} characters")
    nested = _nested_repeat(pattern)
    if nested is not None:
        raise BadPattern("a pattern that does not repeat a group with a repeat inside, which may take forever", nested)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as problem:
        raise BadPattern(f"a regular expression ({problem})", getattr(problem, "pos", None) or 0) from problem


def found_in(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text[:SEARCHED]) is not None


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|[()*+]|\{\d*,\d*\}|.", re.DOTALL)


def _nested_repeat(pattern: str) -> int | None:
    """Where a group that holds a repeat is repeated itself, as in ``(a+)+``."""
    open_groups = [False]
    closed = False
    for found in _PIECE.finditer(pattern):
        piece = found[0]
        repeats = piece in ("*", "+") or (len(piece) > 2 and piece[0] == "{")
        if repeats and closed:
            return found.start()
        if repeats:
            open_groups[-1] = True
        closed = False
        if piece == "(":
            open_groups.append(False)
        elif piece == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1] = open_groups[-1] or closed
    return None
