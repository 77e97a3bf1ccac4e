"""What can be reached: the contexts of the kubeconfig, read without connecting. Enter goes there; marked ones are browsed together."""

from textual.app import ComposeResult

from k8sconsole.errors import ConsoleError
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.refs import ClusterName
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import ContextsChosen, FrameChanged, StatusMessage
from k8sconsole.tui.views.base import View
from k8sconsole.tui.visuals.cluster_status import connection_piece
from k8sconsole.tui.widgets.columns import ColumnSpec
from k8sconsole.tui.widgets.paint import Piece
from k8sconsole.tui.widgets.small_table import ListLines
from k8sconsole.tui.widgets.virtual_table import VirtualTable

COLUMNS = (
    ColumnSpec("NAME", 10, 40, pinned=True, elide=True),
    ColumnSpec("STATE", 8, 44, rank=5),
    ColumnSpec("CLUSTER", 8, 24, rank=40, elide=True),
    ColumnSpec("SERVER", 12, 44, rank=20, elide=True),
    ColumnSpec("USER", 6, 24, rank=50, elide=True),
    ColumnSpec("NAMESPACE", 6, 20, rank=30),
)


class ContextsView(View):
    BINDINGS = bindings_for("contexts")

    def __init__(self, context: TuiContext) -> None:
        super().__init__(context)
        self.table = VirtualTable(context.palette, (context.glyphs.cursor, context.glyphs.mark, context.glyphs.new))
        self._contexts: list[ContextInfo] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.load()

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        try:
            self._contexts = await self.context.console.clusters.contexts()
        except ConsoleError as error:
            self.post_message(StatusMessage.from_error(error))
        self.tick()
        self.post_message(FrameChanged())

    def tick(self) -> None:
        self.table.show(COLUMNS, ListLines([(one.name, self._pieces(one)) for one in self._contexts]))

    def _pieces(self, one: ContextInfo) -> list[Piece]:
        if one.problem:
            state = Piece(f"{self.context.glyphs.bad} {one.problem}", "bad")
        elif one.name in self.context.selected:
            state = connection_piece(self.context.states.get(one.name), self.context.now(), self.context.glyphs)
        else:
            state = Piece("current in the kubeconfig" if one.current else "", "muted")
        name = Piece(one.name, "text", one.name in self.context.selected)
        return [
            name,
            state,
            Piece(one.cluster, "muted"),
            Piece(one.server, "muted"),
            Piece(one.user, "muted"),
            Piece(one.namespace, "muted"),
        ]

    def frame(self) -> Frame:
        return Frame(("contexts",), ((Piece(f"{len(self._contexts)} contexts", "muted"),),), "contexts")

    def action_choose(self) -> None:
        chosen = [ClusterName(str(key)) for key in (self.table.marks or {self.table.cursor} - {None})]
        if chosen:
            self.post_message(ContextsChosen(sorted(chosen)))
        else:
            self.post_message(StatusMessage("no context is selected", severity="warning"))

    def action_mark_context(self) -> None:
        self.table.toggle_mark()

    def on_virtual_table_opened(self) -> None:
        self.action_choose()
