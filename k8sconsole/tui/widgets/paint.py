"""Text with a role, and the role's style: how every widget here gets its colours."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from k8sconsole.kit.text import strip_control


class Piece(NamedTuple):
    """role names a colour of the theme. short: what to say instead where the text does not fit."""

    text: str
    role: str = "text"
    bold: bool = False
    short: str = ""


Line = tuple[Piece, ...]


class Palette:
    """Styles by role on one theme's surface."""

    def __init__(self, roles: dict[str, str]) -> None:
        self._roles = roles
        self._styles: dict[tuple[str, bool, str], Style] = {}

    def style(self, role: str, bold: bool = False, on: str = "surface") -> Style:
        key = (role, bold, on)
        if key not in self._styles:
            roles = self._roles
            self._styles[key] = Style(color=roles.get(role, roles["text"]), bgcolor=roles.get(on, roles["surface"]), bold=bold)
        return self._styles[key]

    def segment(self, piece: Piece, on: str = "surface") -> Segment:
        return Segment(piece.text, self.style(piece.role, piece.bold, on))


@runtime_checkable
class PaletteWidget(Protocol):
    """A widget that draws itself with a palette, and again when the theme changes."""

    def restyle(self, palette: Palette) -> None: ...


def text_width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def line_width(line: Line) -> int:
    return sum(text_width(piece.text) for piece in line)


def safe(text: str) -> str:
    """One line of text that a terminal cannot be moved by: line ends and tabs become spaces, controls become a replacement."""
    return text if text.isascii() and text.isprintable() else strip_control(text.replace("\n", " ").replace("\t", " "))


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """Exactly ``width`` terminal cells: padded, or cut at its end."""
    have = text_width(text)
    if have == width:
        return text
    if have < width:
        pad = " " * (width - have)
        return pad + text if right else text + pad
    if width <= 0:
        return ""
    return set_cell_size(text, width - 1) + ellipsis if width > 1 else set_cell_size(text, 1)


def fit_middle(text: str, width: int, ellipsis: str = "…") -> str:
    """Exactly ``width`` cells, both ends kept."""
    if text_width(text) <= width:
        return fit(text, width)
    if width <= 2:
        return fit(text, width)
    tail = (width - 1) // 2
    head = set_cell_size(text, width - 1 - tail)
    end = text
    while text_width(end) > tail:
        end = end[1:]
    return fit(head + ellipsis + end, width)


def joined(line: Iterable[Piece]) -> Iterator[Piece]:
    """The same line in as few pieces as can be: a blank has no colour of its own, so it goes with the word before it. Each piece costs the
    terminal its own colour sequences, which are most of what a frame sends over SSH."""
    before = Piece("")
    for piece in line:
        if piece.text.isspace() or (piece.role, piece.bold) == (before.role, before.bold):
            before = Piece(before.text + piece.text, before.role, before.bold)
        else:
            if before.text:
                yield before
            before = piece
    if before.text:
        yield before


def build_strip(line: Line, width: int, palette: Palette, on: str = "surface") -> Strip:
    """The line on ``width`` cells of one background."""
    background = palette.style("text", on=on)
    segments = [palette.segment(Piece(safe(piece.text), piece.role, piece.bold), on) for piece in line]
    return Strip(segments).adjust_cell_length(width, background)
