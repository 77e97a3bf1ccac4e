"""Text for the terminal: safe and short; and suggestions for a misspelt word."""

import re
from collections.abc import Iterable

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a terminal may obey: C0 except tab and line feed, DEL, the 8-bit controls, and what changes the direction of writing."""


def strip_control(text: str) -> str:
    """The text with control characters, escapes and bidirectional overrides replaced: safe to print on a terminal."""
    return _CONTROL.sub("\ufffd", text)


_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b[ -/]*[0-~]")
"""An escape sequence of ECMA-48: CSI, OSC, the other strings, and the short ones."""
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


def strip_ansi(text: str) -> str:
    """The text without colours and other escape sequences, as a program writes them that takes its log for a terminal."""
    return _ANSI.sub("", text) if "\x1b" in text or "\x9b" in text else text


def keep_colours(text: str) -> str:
    """As ``strip_ansi`` and ``strip_control``, but sequences that set a colour or bold stay."""
    if "\x1b" not in text:
        return strip_control(text)
    pieces = _COLOUR.split(text)
    colours = [*_COLOUR.findall(text), ""]
    return "".join(strip_control(strip_ansi(piece)) + colour for piece, colour in zip(pieces, colours, strict=True))


def format_yaml_problem(error: Exception) -> str:
    """What is wrong in a YAML text, and where. The parser's own message quotes the text, which may hold credentials; this never does."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    return f"{where}{problem or 'not YAML'}"


def escape_control(text: str) -> str:
    """As ``strip_control``, but each character is shown as ``\\u202e``.

    JSON, and a double-quoted scalar of YAML, keep their meaning."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def has_control(text: str) -> bool:
    """Whether the text has a character that ``strip_control`` replaces."""
    return _CONTROL.search(text) is not None


def format_age(seconds: float) -> str:
    """An age in one unit, rounded down: ``38s 12m 5h 3d 2y``. A negative age, from clocks that disagree, is ``0s``."""
    whole = max(0, int(seconds))
    for size, unit in ((31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def find_nearest(word: str, choices: list[str] | tuple[str, ...], most: int = 3, likeness: float = 0.5) -> list[str]:
    """At most ``most`` choices that are spelt like the word, the nearest first. likeness: from 0 to 1, for equal words."""
    from difflib import get_close_matches

    return get_close_matches(word, choices, n=most, cutoff=likeness)


def nearest_or_first(word: str, choices: Iterable[str], first: int | None = None) -> list[str]:
    """The choices most like the word, best first; if none is like it, the first so many choices (None: all)."""
    known = list(choices)
    return find_nearest(word, known) or known[:first]
