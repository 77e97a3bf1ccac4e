"""A row of the model as pieces of a table: one per track, with glyph and role where a word has a health."""

from collections.abc import Sequence

from k8sconsole.kit.text import format_age
from k8sconsole.model.objects import Row
from k8sconsole.model.tables import CellKind, Column, Health, KindTable, format_cell, grade_row, grade_status
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.columns import ColumnSpec
from k8sconsole.tui.widgets.paint import Piece

ROLE = {
    Health.GOOD: "good", Health.MOVING: "moving", Health.WARN: "warn", Health.BAD: "bad", Health.DONE: "done", Health.GOING: "muted",
    Health.PLAIN: "text",
}  # fmt: skip
_ELIDED = frozenset({CellKind.NAME, CellKind.OWNER})


def glyph_of(grade: Health, glyphs: Glyphs) -> str:
    return "" if grade is Health.PLAIN else str(getattr(glyphs, grade.value))


class RowPainter:
    """Tracks and pieces of one kind's rows. clusters, namespaces: whether these have a column of their own."""

    def __init__(self, table: KindTable, glyphs: Glyphs, *, clusters: bool, namespaces: bool, stale_after: float) -> None:
        self._table = table
        self._glyphs = glyphs
        self._clusters = clusters
        self._namespaces = namespaces
        self._stale_after = stale_after
        self._status = next((at for at, column in enumerate(table.columns) if column.kind is CellKind.STATUS), None)

    @property
    def leading(self) -> int:
        """How many tracks stand before the table's own columns."""
        return self._clusters + self._namespaces

    def tracks(self, *, stale: bool) -> list[ColumnSpec]:
        """stale: whether any row must say when it was last seen."""
        tracks = [ColumnSpec("CLUSTER", 6, 20, rank=5, elide=True)] if self._clusters else []
        tracks += [ColumnSpec("NAMESPACE", 8, 24, rank=8, elide=True)] if self._namespaces else []
        tracks += [self._track(column) for column in self._table.columns]
        return [*tracks, *([ColumnSpec("", 14, 14)] if stale else [])]

    def _track(self, column: Column) -> ColumnSpec:
        room = 2 if column.kind is CellKind.STATUS else 0
        wish = column.wish + (6 if column.kind is CellKind.RESTARTS else 0)
        minimum = len(column.name) if column.kind is CellKind.RESTARTS else column.minimum
        return ColumnSpec(
            column.name, minimum, wish + room, column.rank, column.right or column.kind is CellKind.TIME, column.wide,
            pinned=column is self._table.columns[0], elide=column.kind in _ELIDED,
        )  # fmt: skip

    def pieces(
        self, row: Row, now: float, changed: frozenset[int] = frozenset(), seen_at: float | None = None, clock_skew: float = 0.0
    ) -> list[Piece]:
        """seen_at: when the row was last known to be true; None when that is now. clock_skew: seconds by which the clock of the row's
        cluster is ahead of ``now``."""
        grade = grade_row(self._table, row.cells)
        pieces = [Piece(row.cluster, "muted")] if self._clusters else []
        pieces += [Piece(row.namespace, "muted")] if self._namespaces else []
        for at, (column, cell) in enumerate(zip(self._table.columns, row.cells, strict=False)):
            text = format_cell(column, cell, now + clock_skew)
            if at == self._status:
                pieces.append(self._status_piece(text, grade, at in changed))
            else:
                short = text.partition(" (")[0] if column.kind is CellKind.RESTARTS else ""
                pieces.append(Piece(text, "changed" if at in changed else self._role(column, grade), at in changed, short))
        return [*pieces, *self._seen(now, seen_at)]

    def _status_piece(self, word: str, row_grade: Health, changed: bool) -> Piece:
        grade = row_grade if row_grade is Health.WARN else grade_status(word)
        glyph = glyph_of(grade, self._glyphs)
        role = "changed" if changed else ROLE[grade]
        return Piece(f"{glyph} {word}" if glyph and word else word, role, changed)

    def _role(self, column: Column, grade: Health) -> str:
        if column.kind is CellKind.NAME and column.name == "NAME":
            return "muted" if grade in (Health.DONE, Health.GOING) else "text"
        return "muted" if column.kind in (CellKind.TIME, CellKind.OWNER) or column.wide else "text"

    def _seen(self, now: float, seen_at: float | None) -> Sequence[Piece]:
        age = 0.0 if seen_at is None else now - seen_at
        if age <= self._stale_after:
            return (Piece(""),)
        return (Piece(f"seen {format_age(age)} ago", "bad" if age > 10 * self._stale_after else "warn"),)
