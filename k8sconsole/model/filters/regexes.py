"""Regular expressions in filters: case-insensitive and bounded. Patterns that could take very long are refused where a cheap check finds
them."""

import re
from functools import lru_cache

from k8sconsole.model.text_reader import TextReader

LONGEST = 200
"""Maximum length of a pattern in characters."""
MOST_REPEATS = 3
"""Maximum number of ``*``, ``+`` and ``{n,}`` in a pattern: each may multiply the time by the length of the text."""
SEARCHED = 300
"""Only this many characters of a value are searched."""


class BadPattern(ValueError):
    """A pattern that is refused. position: 0-based, within the pattern."""

    def __init__(self, problem: str, position: int = 0) -> None:
        super().__init__(problem)
        self.position = position


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The compiled pattern, case-insensitive. Raises BadPattern."""
    if len(pattern) > LONGEST:
        raise BadPattern(f"a pattern of at most {LONGEST} characters")
    _refuse_slow(pattern)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as problem:
        raise BadPattern(f"a regular expression ({problem})", getattr(problem, "pos", None) or 0) from problem


def check_pattern(reader: TextReader, pattern: str, begin: int) -> None:
    """begin: where the pattern begins in the reader's text. Raises FilterError."""
    try:
        compile_pattern(pattern)
    except BadPattern as problem:
        raise reader.error("unusable regular expression", str(problem), begin + problem.position) from problem


def search_in(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text[:SEARCHED]) is not None


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|[()*+]|\{\d+(?:,\d*)?\}|\{,\d+\}|.", re.DOTALL)


def _refuse_slow(pattern: str) -> None:
    """Raises BadPattern for a pattern that may take exponential time.

    These are a repeated group with a repeat or a choice inside, as in ``(a+)+``; a repeat of the same item twice in a row, as in
    ``a*a*``; and too many repeats.
    """
    pieces = list(_PIECE.finditer(pattern))
    open_groups = [False]
    closed, repeats = False, 0
    for at, found in enumerate(pieces):
        piece, repeat = found[0], _is_repeat(found[0])
        if repeat and (closed or _repeats_same(pieces, at)):
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


def _is_repeat(piece: str) -> bool:
    return piece in ("*", "+") or (len(piece) > 2 and piece[0] == "{")


def _repeats_same(pieces: list[re.Match[str]], at: int) -> bool:
    """Whether the item repeated here was also repeated directly before."""
    return at >= 3 and _is_repeat(pieces[at - 2][0]) and pieces[at - 3][0] == pieces[at - 1][0]
