"""How a RowFeed looks: the virtual table with its columns, or the reason why it is empty."""

from collections.abc import Hashable, Sequence

from textual.content import Content
from textual.widgets import Static

from k8sconsole.kit.text import strip_control
from k8sconsole.model.events import ConnectionState
from k8sconsole.model.objects import Row
from k8sconsole.tui.browse.row_model import RowModel
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.views.row_feed import RowFeed
from k8sconsole.tui.visuals.cells import RowPainter
from k8sconsole.tui.visuals.empty import explain_empty_table
from k8sconsole.tui.widgets.paint import Piece
from k8sconsole.tui.widgets.virtual_table import VirtualTable


class TableDisplay:
    """The two widgets of a table view. problem: why the rows could not be read; empty while they can."""

    def __init__(self, context: TuiContext, feed: RowFeed) -> None:
        self._context = context
        self._feed = feed
        glyphs = context.glyphs
        self.table = VirtualTable(context.palette, (glyphs.cursor, glyphs.mark, glyphs.new))
        self.empty = Static(classes="empty", markup=False)
        self.problem = ""
        self._painter: RowPainter | None = None

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        model, cursor = self._feed.model, self.table.cursor
        return model.rows.get(cursor) if model is not None and cursor is not None else None

    def show_model(self) -> None:
        """Lays out the columns for a new model."""
        feed = self._feed
        if feed.model is None:
            return
        one_namespace = len(feed.location.namespaces) == 1 or not feed.location.resource.namespaced
        self._painter = RowPainter(
            feed.model.table, self._context.glyphs, clusters=len(feed.clusters) > 1, namespaces=not one_namespace,
            stale_after=self._context.settings.console.stale_after,
        )  # fmt: skip
        self.show_columns()

    def show_columns(self) -> None:
        """Lays out the columns; those of stale rows have one more, for when they were seen."""
        if self._feed.model is not None and self._painter is not None:
            self.table.show(self._painter.tracks(stale=self._feed.freshness.stale), _RowLines(self._context, self._feed, self._painter))
            self.mark_sorted()

    def mark_sorted(self) -> None:
        model, painter, location = self._feed.model, self._painter, self._feed.location
        if model is None or painter is None:
            return
        glyphs = self._context.glyphs
        at = model.table.index(location.sort_column)
        track = painter.leading + at if at is not None else painter.leading - 1
        self.table.mark_sorted(track, glyphs.down if location.descending else glyphs.up)

    def column_at(self, track: int) -> str:
        """The name of the column of this track; empty before the first read."""
        model, painter = self._feed.model, self._painter
        if model is None or painter is None:
            return ""
        at = track - painter.leading
        return model.table.columns[at].name if 0 <= at < len(model.table.columns) else "NAMESPACE"

    def redraw(self) -> None:
        """The table, or the reason why it is empty."""
        self.table.changed()
        is_empty = self._feed.model is None or not self._feed.model.keys
        self.table.set_class(is_empty, "-empty")
        self.empty.display = is_empty
        if is_empty:
            self.empty.update(Content(strip_control(self._explain_empty())))

    def _explain_empty(self) -> str:
        feed, context = self._feed, self._context
        if self.problem:
            return self.problem
        if feed.loading:
            return "reading …"
        connections = [context.states[name].connection for name in feed.clusters if name in context.states]
        offline = bool(connections) and all(connection is ConnectionState.OFFLINE for connection in connections)
        return explain_empty_table(feed.location, feed.counts[1], feed.freshness.scans, feed.clusters, context.glyphs, offline=offline)


class _RowLines:
    """A RowModel and a RowPainter as the virtual table wants them."""

    def __init__(self, context: TuiContext, feed: RowFeed, painter: RowPainter) -> None:
        assert feed.model is not None
        self._model: RowModel = feed.model
        self._freshness = feed.freshness
        self._painter = painter
        self._now = context.now
        self._clock_skew = context.clock_skew

    @property
    def keys(self) -> Sequence[Hashable]:
        return self._model.keys

    def place(self, key: Hashable) -> int | None:
        return self._model.place(key)

    def sign(self, key: Hashable) -> str:
        return self._model.sign(key)

    def pieces(self, key: Hashable) -> Sequence[Piece]:
        row = self._model.rows[key]
        seen_at, skew = self._freshness.seen_at(row), self._clock_skew(row.cluster)
        return self._painter.pieces(row, self._now(), self._model.changed_cells(key), seen_at, skew)
