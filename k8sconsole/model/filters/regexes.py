"""Regular expressions from people: in any case, and bounded: what would stall a table of ten thousand rows is refused, as far as that
can be told cheaply."""

import re
from functools import lru_cache

LONGEST = 200
"""Characters of a pattern."""
MOST_REPEATS = 3
"""Of ``*``, ``+`` and ``{n,}`` in one pattern: each may multiply the time by the length of what is searched."""
SEARCHED = 300
"""Characters of a value that are searched."""


class BadPattern(ValueError):
    """position is 0-based within the pattern."""

    def __init__(self, problem: str, position: int = 0) -> None:
        super().__init__(problem)
        self.position = position


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Raises BadPattern."""
    if len(pattern) > LONGEST:
        raise BadPattern(f"a pattern of at most {LONGEST} characters")
    _refuse_slow(pattern)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as problem:
        raise BadPattern(f"a regular expression ({problem})", getattr(problem, "pos", None) or 0) from problem


def search_in(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text[:SEARCHED]) is not None


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|[()*+]|\{\d+(?:,\d*)?\}|\{,\d+\}|.", re.DOTALL)


def _refuse_slow(pattern: str) -> None:
    """Patterns that may take forever: a repeated group with a repeat or a choice inside, as in ``(a+)+``; the same thing twice in a row, as
    in ``a*a*``; too many repeats."""
    pieces = list(_PIECE.finditer(pattern))
    open_groups = [False]
    closed, repeats = False, 0
    for at, found in enumerate(pieces):
        piece, repeat = found[0], _repeats(found[0])
        if repeat and (closed or _again(pieces, at)):
            raise BadPattern(
                "a pattern that does not repeat a group with a repeat or a choice inside, which may take forever", found.start()
            )
        repeats += repeat
        if repeats > MOST_REPEATS:
            raise BadPattern(f"a pattern with at most {MOST_REPEATS} repeats", found.start())
        open_groups[-1] = open_groups[-1] or repeat or piece == "|"
        closed = False
        if piece == "(":
            open_groups.append(False)
        elif piece == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1] = open_groups[-1] or closed


def _repeats(piece: str) -> bool:
    return piece in ("*", "+") or (len(piece) > 2 and piece[0] == "{")


def _again(pieces: list[re.Match[str]], at: int) -> bool:
    """Whether what is repeated here was repeated just before."""
    return at >= 3 and _repeats(pieces[at - 2][0]) and pieces[at - 3][0] == pieces[at - 1][0]
