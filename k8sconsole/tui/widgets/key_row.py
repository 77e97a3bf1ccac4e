"""One row of words left and right; and the row of keys, which can be clicked."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from k8sconsole.tui.widgets.paint import Line, Palette, Piece, build_strip, fit_middle, line_width, safe, text_width

SHORTEST = 16
"""Cells below which a word is not shortened."""


def shorten_line(line: Line, room: int) -> Line:
    """The longest words lose their middles until the line fits, but none gets shorter than SHORTEST."""
    pieces = list(line)
    while line_width(tuple(pieces)) > room:
        at = max(range(len(pieces)), key=lambda one: text_width(pieces[one].text))
        width = text_width(pieces[at].text)
        if width <= SHORTEST:
            break
        excess = line_width(tuple(pieces)) - room
        pieces[at] = pieces[at]._replace(text=fit_middle(pieces[at].text, max(SHORTEST, width - excess)))
    return tuple(pieces)


class TextRow(Widget):
    """When there is not enough room, words on the left lose their middles, then the last of the groups on the right give way."""

    DEFAULT_CSS = "TextRow { height: 1; width: 1fr; }"

    def __init__(self, palette: Palette, *, on: str = "surface", id: str | None = None) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.on = on
        self._left: Line = ()
        self._right: Sequence[Line] = ()

    def say(self, left: Line, right: Sequence[Line] = (), on: str | None = None) -> None:
        content = (left, tuple(right), on or self.on)
        if content != (self._left, self._right, self.on):
            self._left, self._right, self.on = content
            self.refresh()

    @property
    def words(self) -> str:
        return "".join(piece.text for line in (self._left, *self._right) for piece in line)

    def restyle(self, palette: Palette) -> None:
        self.palette = palette
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        left = (Piece(" "), *(Piece(safe(piece.text), piece.role, piece.bold) for piece in self._left))
        groups = list(self._right)
        left = shorten_line(left, width - 1 - sum(line_width(group) + 3 for group in groups))
        while groups and line_width(left) + sum(line_width(group) + 3 for group in groups) > width:
            groups.pop()
        right = tuple(piece for group in groups for piece in (Piece("   "), *group))
        room = width - line_width(right) - (1 if right else 0)
        head = build_strip(left, room, self.palette, self.on)
        return Strip.join([head, build_strip((*right, Piece(" ")), width - room, self.palette, self.on)]).adjust_cell_length(width)


class KeyRow(Widget):
    """(id, key, word) in the order of their use; what does not fit is left out from the end, but the last one stays."""

    DEFAULT_CSS = "KeyRow { height: 1; width: 1fr; }"

    class Chosen(Message):
        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.palette = palette
        self._keys: Sequence[tuple[str, str, str]] = ()

    def offer(self, keys: Sequence[tuple[str, str, str]]) -> None:
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self.refresh()

    def restyle(self, palette: Palette) -> None:
        self.palette = palette
        self.refresh()

    def _fitting(self) -> list[tuple[str, str, str]]:
        kept = list(self._keys)
        while len(kept) > 1 and sum(text_width(key) + text_width(word) + 3 for _, key, word in kept) > self.size.width - 1:
            kept.pop(-2)
        return kept

    def render_line(self, y: int) -> Strip:
        line = [Piece(" ")]
        for _, key, word in self._fitting():
            line += [Piece(key, "accent", True), Piece(f" {word}  ", "muted")]
        return build_strip(tuple(line), self.size.width, self.palette, "frame")

    def on_click(self, event: events.Click) -> None:
        at = 1
        for action, key, word in self._fitting():
            end = at + text_width(key) + text_width(word) + 3
            if at <= event.x < end:
                self.post_message(self.Chosen(action))
            at = end
