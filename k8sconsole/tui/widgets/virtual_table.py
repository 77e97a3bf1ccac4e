"""A table that draws only the lines in sight: fifty thousand rows cost what twenty do.

The cursor belongs to a key, not to a line: whatever order the rows are in, the same one stays selected; when it goes, the cursor stays near
and selects nothing until it is moved.
"""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Protocol

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k8sconsole.tui.widgets.columns import ColumnSpec
from k8sconsole.tui.widgets.grid import Grid
from k8sconsole.tui.widgets.line_view import MOVE_KEYS
from k8sconsole.tui.widgets.paint import Palette, Piece, joined, text_width

GUTTER = 3
MEASURED = 100
"""Rows looked at for the first widths; later ones widen a column when they are drawn."""


class Lines(Protocol):
    """What the table shows. keys in display order; pieces(key) one per track; sign(key) is drawn beside the row: new, gone, or nothing."""

    @property
    def keys(self) -> Sequence[Hashable]: ...
    def place(self, key: Hashable) -> int | None: ...
    def pieces(self, key: Hashable) -> Sequence[Piece]: ...
    def sign(self, key: Hashable) -> str: ...


class _NoLines:
    keys: Sequence[Hashable] = ()

    def place(self, key: Hashable) -> int | None:
        return None

    def pieces(self, key: Hashable) -> Sequence[Piece]:
        return ()

    def sign(self, key: Hashable) -> str:
        return ""


class VirtualTable(ScrollView, can_focus=True, inherit_bindings=False):
    """show() gives it tracks and lines; changed() says that the lines moved; tick() that only their text may have."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVE_KEYS,
        Binding("left,h", "sideways(-1)", show=False),
        Binding("right", "sideways(1)", show=False),
    ]
    DEFAULT_CSS = """
    VirtualTable { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """

    class Opened(Message):
        """A row was clicked twice."""

    class CursorMoved(Message):
        """The cursor is on another row, or on none."""

    class HeaderClicked(Message):
        def __init__(self, track: int) -> None:
            super().__init__()
            self.track = track

    def __init__(self, palette: Palette, glyphs: tuple[str, str, str] = ("▌", "✓", "+"), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.palette = palette
        self._glyphs = glyphs
        self._lines: Lines = _NoLines()
        self.grid = Grid()
        self._strips: dict[tuple[Hashable, bool, bool], Strip] = {}
        self.cursor: Hashable | None = None
        self.line = 0
        self._strayed = False
        self.marks: set[Hashable] = set()

    @property
    def count(self) -> int:
        return len(self._lines.keys)

    def show(self, tracks: Sequence[ColumnSpec], lines: Lines) -> None:
        """Other columns or another kind of rows: widths are measured again, the cursor goes to the first row."""
        self._lines = lines
        self.grid.take(tracks)
        self.marks &= set(lines.keys) if self.marks else set()
        self.changed()

    def changed(self) -> None:
        """Rows came, went or moved: the cursor follows its key."""
        keys = self._lines.keys
        self._strips.clear()
        if not self.grid.measured:
            for key in keys[:MEASURED]:
                self.grid.grow(self._lines.pieces(key))
        self._place()
        if self.cursor is not None:
            at = self._lines.place(self.cursor)
            if at is None:
                self._select(None)
            else:
                self.line = at
        elif self.line == 0 and keys and not self._strayed:
            self._select(keys[0])
        self.line = max(0, min(self.line, len(keys) - 1))
        self.virtual_size = Size(0, len(keys) + 1)
        self._keep_in_sight()
        self.refresh()

    def mark_sorted(self, track: int, arrow: str) -> None:
        """Puts the arrow after this column's title."""
        self.grid.mark_sorted(track, arrow)
        self._place()
        self._redraw()

    def tick(self) -> None:
        """Draws again the lines whose text is no longer what is on the screen."""
        before, self._strips = self._strips, {}
        for y in range(1, self.size.height):
            key = self._key_at(y)
            if key is None:
                break
            drawn = self._row(key)
            if before.get(self._stamp(key)) != drawn:
                self.refresh(Region(0, y, self.scrollable_content_region.width, 1))

    def restyle(self, palette: Palette) -> None:
        self.palette = palette
        self._strips.clear()
        self.refresh()

    # drawing

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._header()
        key = self._key_at(y)
        return Strip.blank(self.scrollable_content_region.width, self.palette.style("text")) if key is None else self._row(key)

    def _key_at(self, y: int) -> Hashable | None:
        index = self.scroll_offset.y + y - 1
        keys = self._lines.keys
        return keys[index] if 0 <= index < len(keys) else None

    def _stamp(self, key: Hashable) -> tuple[Hashable, bool, bool]:
        return (key, key == self.cursor, key in self.marks)

    def _row(self, key: Hashable) -> Strip:
        stamp = self._stamp(key)
        if stamp not in self._strips:
            self._strips[stamp] = self._draw(key, *stamp[1:])
        return self._strips[stamp]

    def _draw(self, key: Hashable, selected: bool, marked: bool) -> Strip:
        try:
            pieces = self._lines.pieces(key)
        except Exception as error:  # noqa: BLE001 - an exception while drawing would stop the drawing of the whole screen
            with self._context():
                self.app._handle_exception(error)
            self.call_later(lambda: self._strips.clear())  # the next redraw tries again
            pieces = [Piece("cannot be drawn" if column.pinned else "", "bad") for column in self.grid.tracks]
        if self.grid.grow(pieces):
            self._place()
            self.call_later(self._redraw)
        sign = self._lines.sign(key)
        on = "selected" if selected else "surface"
        cursor, mark, new = self._glyphs
        side = mark if marked else new if sign == "new" else " "
        line = [Piece(cursor if selected else " ", "accent"), Piece(f"{side} ", "accent", True)]
        for placed, text in self.grid.row(pieces, self._room):
            piece = pieces[placed.at] if placed else Piece("")
            line.append(Piece(text, "muted" if sign == "gone" else piece.role, piece.bold))
        segments = [self.palette.segment(piece, on) for piece in joined(line)]
        return Strip(segments).adjust_cell_length(self.scrollable_content_region.width, self.palette.style("text", on=on))

    def _header(self) -> Strip:
        style = self.palette.style("muted", bold=True)
        titles = "".join(text for _, text in self.grid.header(self._room))
        return Strip([Segment(" " * GUTTER + titles, style)]).adjust_cell_length(self.scrollable_content_region.width, style)

    @property
    def _room(self) -> int:
        return max(0, self.scrollable_content_region.width - GUTTER)

    def _place(self) -> None:
        if self.grid.place(self._room):
            self._strips.clear()

    def _redraw(self) -> None:
        self._strips.clear()
        self.refresh()

    # moving

    def action_move(self, by: int) -> None:
        self.go(self.line + by if self.cursor is not None or self.line else self.line + max(by, 0))

    def action_page(self, by: int) -> None:
        self.go(self.line + by * max(1, self.size.height - 2))

    def action_ends(self, end: int) -> None:
        self.go(0 if end == 0 else len(self._lines.keys) - 1)

    def action_sideways(self, by: int) -> None:
        self.grid.sideways(by)
        self._redraw()

    def go(self, line: int) -> None:
        """The cursor on this line, or the nearest there is."""
        keys = self._lines.keys
        if keys:
            self.line = max(0, min(line, len(keys) - 1))
            self._strayed = False
            self._select(keys[self.line])
            self._keep_in_sight()
            self.refresh()

    def on_focus(self) -> None:
        """Selects a row when none is, for example after a filter hid the selected one."""
        if self.cursor is None:
            self.go(self.line)

    def toggle_everything(self) -> None:
        self.grid.toggle_everything()
        self._place()
        self._redraw()

    def _select(self, key: Hashable | None) -> None:
        if key != self.cursor:
            self._strayed = key is None
            self.cursor = key
            self.post_message(self.CursorMoved())

    def _keep_in_sight(self) -> None:
        height = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self.line < top:
            top = self.line
        elif self.line >= top + height:
            top = self.line - height + 1
        self.scroll_to(y=top, animate=False, force=True)

    # marks

    def toggle_mark(self) -> None:
        if self.cursor is not None:
            self.marks ^= {self.cursor}
            self.go(self.line + 1)

    def mark_range(self) -> None:
        """From the nearest marked row above, or below, to the cursor."""
        keys = self._lines.keys
        marked = [at for at, key in enumerate(keys) if key in self.marks]
        if self.cursor is None or not marked:
            self.toggle_mark()
            return
        anchor = min(marked, key=lambda at: abs(at - self.line))
        low, high = sorted((anchor, self.line))
        self.marks |= set(keys[low : high + 1])
        self._redraw()

    # the outside

    def on_resize(self, event: events.Resize) -> None:
        self._place()
        self._keep_in_sight()
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            self._header_click(event.x)
            return
        key = self._key_at(event.y)
        if key is not None:
            again = event.chain > 1 and key == self.cursor
            self.go(self.scroll_offset.y + event.y - 1)
            if again:
                self.post_message(self.Opened())

    def _header_click(self, x: int) -> None:
        at = GUTTER
        for placed, text in self.grid.header(self._room):
            if placed and at <= x < at + len(text):
                self.post_message(self.HeaderClicked(placed.at))
            at += text_width(text)
