"""The columns of a table as they stand right now: how wide each is, how far they are shifted sideways, which one carries the arrow."""

from collections.abc import Sequence

from k8sconsole.tui.widgets.columns import GAP, ColumnSpec, PlacedColumn, place_columns
from k8sconsole.tui.widgets.paint import Piece, fit, fit_middle, safe, text_width


class Grid:
    """everything: all columns at full width, shifted by ``left`` columns; otherwise what fits."""

    def __init__(self) -> None:
        self.tracks: Sequence[ColumnSpec] = ()
        self.everything = False
        self._seen: list[int] = []
        self._placed: list[PlacedColumn] = []
        self._left = 0
        self._sorted: tuple[int, str] = (-1, "")

    @property
    def measured(self) -> bool:
        return any(self._seen)

    def take(self, tracks: Sequence[ColumnSpec]) -> None:
        """Sets the columns; widths are measured again when they differ."""
        if list(tracks) != list(self.tracks):
            self.tracks, self._seen, self._left = tracks, [0] * len(tracks), 0

    def grow(self, pieces: Sequence[Piece]) -> bool:
        """Looks at one row; whether any of its texts is wider than all before."""
        grown = False
        for at, piece in enumerate(pieces[: len(self._seen)]):
            if len(piece.text) > self._seen[at] or (not piece.text.isascii() and text_width(piece.text) > self._seen[at]):
                self._seen[at] = text_width(piece.text)
                grown = True
        return grown

    def place(self, room: int) -> bool:
        """Lays the columns out; whether they stand differently now."""
        before = self._placed
        self._placed = place_columns(self._titled(), self._seen, room, everything=self.everything)
        return before != self._placed

    def mark_sorted(self, track: int, arrow: str) -> None:
        self._sorted = (track, arrow)

    def toggle_everything(self) -> None:
        self.everything, self._left = not self.everything, 0

    def sideways(self, by: int) -> None:
        loose = sum(not self.tracks[placed.at].pinned for placed in self._placed)
        self._left = max(0, min(self._left + by, loose - 1)) if self.everything else 0

    def header(self, room: int) -> list[tuple[PlacedColumn | None, str]]:
        return self._across([Piece(track.title) for track in self._titled()], room, header=True)

    def row(self, pieces: Sequence[Piece], room: int) -> list[tuple[PlacedColumn | None, str]]:
        """The texts cut to their columns, gaps between; which column each belongs to, None for a gap."""
        return self._across(pieces, room, header=False)

    def _titled(self) -> list[ColumnSpec]:
        at_sorted, arrow = self._sorted
        return [track._replace(title=f"{track.title}{arrow}") if at == at_sorted else track for at, track in enumerate(self.tracks)]

    def _across(self, pieces: Sequence[Piece], room: int, *, header: bool) -> list[tuple[PlacedColumn | None, str]]:
        parts: list[tuple[PlacedColumn | None, str]] = []
        skipped = 0
        for placed in self._placed:
            track = self.tracks[placed.at]
            if not track.pinned and skipped < self._left:
                skipped += 1
                continue
            piece = pieces[placed.at] if placed.at < len(pieces) else Piece("")
            parts.extend(((placed, _cut(piece, track, placed.width, header=header)), (None, " " * GAP)))
            room -= placed.width + GAP
            if room <= 0:
                break
        return parts


def _cut(piece: Piece, track: ColumnSpec, width: int, *, header: bool) -> str:
    text = safe(piece.text)
    if piece.short and text_width(text) > width:
        text = safe(piece.short)
    return fit_middle(text, width) if track.elide and not header else fit(text, width, right=track.right)
