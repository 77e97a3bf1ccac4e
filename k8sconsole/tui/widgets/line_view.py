"""Scrolling lines of text: a description, YAML, a log. Bounded, filtered, wrapped or cut; only what is in sight is drawn.

Only the text of a line is stored; it is painted when it is drawn.
"""

import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k8sconsole.kit.text import strip_ansi
from k8sconsole.tui.widgets.paint import Line, Palette, Piece, build_strip, line_width

Painter = Callable[[str], Line]
MARGIN = 1
MOVE_KEYS: list[BindingType] = [
    Binding("up,k", "move(-1)", show=False),
    Binding("down,j", "move(1)", show=False),
    Binding("pageup,ctrl+b", "page(-1)", show=False),
    Binding("pagedown,ctrl+f", "page(1)", show=False),
    Binding("home,g", "ends(0)", show=False),
    Binding("end,G", "ends(-1)", show=False),
]
"""What moves by lines and pages, in text and tables alike."""
MOVING_KEYS = frozenset(["up", "k", "down", "j", "pageup", "ctrl+b", "pagedown", "ctrl+f", "home", "g", "end", "G", "left", "right"])
"""The keys that every view takes for moving, before its own actions get them."""


def unpainted(text: str) -> Line:
    return (Piece(text),)


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """append() adds lines at the end; ``most`` bounds how many are kept, the oldest go first. ``follow`` keeps the end in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVE_KEYS,
        Binding("left", "sideways(-8)", show=False),
        Binding("right", "sideways(8)", show=False),
    ]
    DEFAULT_CSS = """
    LineView { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """

    def __init__(self, palette: Palette, painter: Painter = unpainted, *, most: int | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.painter = painter
        self.wrap = False
        self.follow = False
        self._most = most
        self._all: list[str] = []
        self._shown: list[str] = []
        self._rows: list[tuple[str, int]] = []
        self._dropped = 0
        self._left = 0
        self._pattern: re.Pattern[str] | None = None
        self._inverse = False

    @property
    def lines(self) -> list[str]:
        return self._shown

    @property
    def total(self) -> int:
        return len(self._all)

    @property
    def dropped(self) -> int:
        """How many of the oldest lines went because of the bound."""
        return self._dropped

    def replace(self, lines: Iterable[str]) -> None:
        self._all, self._dropped = list(lines), 0
        self._bound()
        self._filter_all()

    def append(self, lines: Iterable[str]) -> None:
        fresh = list(lines)
        self._all.extend(fresh)
        if self._bound():
            self._filter_all()
            return
        kept = [line for line in fresh if self._passes(line)]
        self._shown.extend(kept)
        self._lay(kept, again=False)

    def set_filter(self, text: str) -> None:
        """Lines that hold the text, in any case; ``!`` in front turns it round; ``/…/`` is a regular expression. Raises re.error."""
        body = text.removeprefix("!")
        self._inverse = text.startswith("!")
        expression = body[1:-1] if len(body) > 2 and body[0] == body[-1] == "/" else re.escape(body)
        self._pattern = re.compile(expression, re.IGNORECASE) if body else None
        self._filter_all()

    def restyle(self, palette: Palette) -> None:
        self.palette = palette
        self.refresh()

    def repaint(self, painter: Painter) -> None:
        self.painter = painter
        self._lay(self._shown, again=True)

    def toggle_wrap(self) -> bool:
        self.wrap, self._left = not self.wrap, 0
        self._lay(self._shown, again=True)
        return self.wrap

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        if index >= len(self._rows):
            return Strip.blank(self.scrollable_content_region.width, self.palette.style("text"))
        text, part = self._rows[index]
        room = self._room
        start = self._left + part * room
        line = self._paint(text)
        body = build_strip(line, max(line_width(line), start + room), self.palette).crop(start, start + room)
        return Strip.join([Strip([Segment(" " * MARGIN, self.palette.style("text"))]), body]).adjust_cell_length(
            self.scrollable_content_region.width, self.palette.style("text")
        )

    def _paint(self, text: str) -> Line:
        try:
            return self.painter(text)
        except Exception as error:  # noqa: BLE001 - an exception while drawing would stop the drawing of the whole screen
            with self._context():
                self.app._handle_exception(error)
            return unpainted(text)

    @property
    def _room(self) -> int:
        return max(1, self.scrollable_content_region.width - 2 * MARGIN)

    def _passes(self, line: str) -> bool:
        return self._pattern is None or bool(self._pattern.search(strip_ansi(line))) != self._inverse

    def _bound(self) -> bool:
        if self._most is None or len(self._all) <= self._most:
            return False
        # a tenth more than needed goes, so that the next line does not pay again
        excess = len(self._all) - self._most + self._most // 10
        del self._all[:excess]
        self._dropped += excess
        return True

    def _filter_all(self) -> None:
        self._shown = [line for line in self._all if self._passes(line)]
        self._lay(self._shown, again=True)

    def _lay(self, lines: list[str], *, again: bool) -> None:
        if again:
            self._rows = []
        for line in lines:
            parts = -(-line_width(self._paint(line)) // self._room) if self.wrap else 1
            self._rows.extend((line, part) for part in range(max(1, parts)))
        self.virtual_size = Size(0, len(self._rows))
        if self.follow:
            self.scroll_to(y=len(self._rows), animate=False, force=True)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        if self.wrap:
            self._lay(self._shown, again=True)
        elif self.follow:
            self.scroll_to(y=len(self._rows), animate=False, force=True)

    def action_move(self, by: int) -> None:
        self.follow = self.follow and by > 0
        self.scroll_to(y=self.scroll_offset.y + by, animate=False, force=True)

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 1))

    def action_ends(self, end: int) -> None:
        self.follow = self.follow and end != 0
        self.scroll_to(y=0 if end == 0 else len(self._rows), animate=False, force=True)

    def action_sideways(self, by: int) -> None:
        if not self.wrap:
            self._left = max(0, self._left + by)
            self.refresh()
