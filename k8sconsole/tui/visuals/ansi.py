"""A line with ANSI colours as pieces: each colour becomes the theme's role that means the same, so that it is readable on every theme."""

import re
from collections.abc import Sequence

from k8sconsole.tui.widgets.paint import Line, Piece

_COLOUR = re.compile(r"\x1b\[([0-9;:]*)m")
_ROLES = ("muted", "bad", "good", "warn", "accent", "changed", "accent", "text")
"""Black, red, green, yellow, blue, magenta, cyan, white."""
_BRIGHT = ("muted", *_ROLES[1:])
_WAYS = {"5": 1, "2": 3}
"""How many numbers follow 38;5 (a colour of 256) and 38;2 (red, green, blue)."""


def ansi_line(text: str) -> Line:
    """The pieces of the line. Its other escape sequences must have been removed."""
    pieces: list[Piece] = []
    role, bold, begin = "text", False, 0
    for found in _COLOUR.finditer(text):
        pieces.append(Piece(text[begin : found.start()], role, bold))
        role, bold = _apply(found[1].replace("::", ":").replace(":", ";").split(";"), role, bold)
        begin = found.end()
    return tuple(piece for piece in (*pieces, Piece(text[begin:], role, bold)) if piece.text)


def _apply(numbers: Sequence[str], role: str, bold: bool) -> tuple[str, bool]:
    """The role and the weight after one sequence. What sets a background, italics and the like changes neither."""
    rest = list(numbers)
    while rest:
        number = rest.pop(0) or "0"
        if number in ("38", "48"):
            way = rest.pop(0) if rest else ""
            given, rest = rest[: _WAYS.get(way, 0)], rest[_WAYS.get(way, 0) :]
            role = _extended_role(given) if number == "38" and all(given) and given else role
        elif number == "0":
            role, bold = "text", False
        elif number in ("1", "22"):
            bold = number == "1"
        elif number in ("2", "39"):
            role = "muted" if number == "2" else "text"
        elif len(number) == 2 and number[0] in "39" and number[1] in "01234567":
            role = (_ROLES if number[0] == "3" else _BRIGHT)[int(number[1])]
    return role, bold


def _extended_role(given: Sequence[str]) -> str:
    """The role of a colour of 256, or of one given by red, green and blue: that of the nearest of the eight."""
    values = [min(int(value), 255) for value in given]
    if len(values) == 1 and values[0] < 16:
        return (_ROLES + _BRIGHT)[values[0]]
    if len(values) == 1:
        values = [10 * (values[0] - 232)] * 3 if values[0] >= 232 else _cube(values[0] - 16)
    if max(values) - min(values) < 48:
        return "text" if max(values) > 127 else "muted"
    high = max(values) * 2 // 3
    return _ROLES[sum(1 << place for place, value in enumerate(values) if value >= high)]


def _cube(number: int) -> list[int]:
    return [51 * (number // 36), 51 * (number // 6 % 6), 51 * (number % 6)]
