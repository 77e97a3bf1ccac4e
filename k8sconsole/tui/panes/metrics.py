"""How the scanner and the cache are doing: four figures with their goals, every kind's scan, what was called."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from k8sconsole.errors import ConsoleError
from k8sconsole.model.cache_records import ScanState
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.panes.base import Pane
from k8sconsole.tui.visuals.metrics import SCAN_COLUMNS, Tile, connection_words, scan_pieces, summary_line, tiles
from k8sconsole.tui.widgets.key_row import TextRow
from k8sconsole.tui.widgets.paint import Piece
from k8sconsole.tui.widgets.small_table import ListLines
from k8sconsole.tui.widgets.virtual_table import VirtualTable

EVERY = 2
"""Ticks between two readings while the pane is in front."""


class MetricsPane(Pane):
    BINDINGS = bindings_for("metrics")

    def __init__(self, context: TuiContext) -> None:
        super().__init__(context, "metrics")
        self._scans: list[ScanState] = []
        self._ticks = 0

    def compose(self) -> ComposeResult:
        with Horizontal(id="tiles"):
            for at in range(4):
                yield Static(id=f"tile-{at}", classes="tile", markup=False)
        yield TextRow(self.context.palette, id="summary")
        glyphs = self.context.glyphs
        yield VirtualTable(self.context.palette, (glyphs.cursor, glyphs.mark, glyphs.new))

    @property
    def table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    def shown(self) -> None:
        self.table.focus()
        self.load()

    def tick(self) -> None:
        self._ticks += 1
        if self._ticks % EVERY == 0:
            self.load()

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        console = self.context.console
        try:
            self._scans = await console.cache.scan_states()
            status = await console.cache.status()
            usage = await console.tools.usage()
            figures = await console.metrics.live()
            found = await console.metrics.indicators()
        except ConsoleError as error:
            # shown in the pane, not as a message: the figures are read every two seconds
            self.query_one("#summary", TextRow).say((Piece(str(error), "bad"),))
            return
        self._show(tiles(found, self.context.glyphs))
        summary = summary_line(status, self._scans, usage, figures.changes, self.context.glyphs)
        self.query_one("#summary", TextRow).say(summary, connection_words(figures.connections))
        now, glyphs = self.context.now(), self.context.glyphs
        scans = sorted(self._scans, key=lambda one: (one.cluster, not one.error, -one.record_count, one.resource))
        self.table.show(SCAN_COLUMNS, ListLines([((one.cluster, one.resource), scan_pieces(one, now, glyphs)) for one in scans]))
        self.post_message(FrameChanged())

    def _show(self, shown: list[Tile]) -> None:
        for at, tile in enumerate(shown):
            parts = [(piece.text, f"{'bold ' if piece.bold else ''}$role-{piece.role}") for piece in tile.pieces]
            self.query_one(f"#tile-{at}", Static).update(Content.assemble(*parts))

    def frame(self) -> Frame:
        return Frame(("metrics",), scope="metrics")

    def action_metrics_refresh(self) -> None:
        self.load()
        self.post_message(StatusMessage("reading the figures again"))
