"""The containers of one pod; enter shows a container's log, or that of its run before where the pod was opened for it."""

from textual.app import ComposeResult

from k8sconsole.model.events import Fact, RowsChanged
from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.views.base import ObjectOpened, View
from k8sconsole.tui.visuals.containers import COLUMNS, ContainerRow, list_containers
from k8sconsole.tui.widgets.paint import Piece
from k8sconsole.tui.widgets.small_table import ListLines
from k8sconsole.tui.widgets.virtual_table import VirtualTable


class ContainersView(View):
    BINDINGS = bindings_for("containers")

    def __init__(self, context: TuiContext, ref: ObjectRef, choosing: str = "") -> None:
        """choosing: what enter opens, where a person is asked for a container: ``logs`` or ``previous_logs``."""
        super().__init__(context)
        self._choosing = choosing
        self.table = VirtualTable(context.palette, (context.glyphs.cursor, context.glyphs.mark, context.glyphs.new))
        self.ref = ref
        self._containers: list[ContainerRow] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.load()

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        pod = await self.context.console.cache.body(self.ref)
        if pod is None:
            self.post_message(StatusMessage(f"{self.ref.label} is not in the cache any more", severity="warning"))
            return
        self._containers = list_containers(pod)
        self.tick()
        self.post_message(FrameChanged())

    def tick(self) -> None:
        now, glyphs = self.context.now() + self.context.clock_skew(self.ref.cluster), self.context.glyphs
        self.table.show(COLUMNS, ListLines([(one.name, one.pieces(now, glyphs)) for one in self._containers]))

    def handle_fact(self, fact: Fact) -> None:
        match fact:
            case RowsChanged(cluster=self.ref.cluster, resource=self.ref.resource):
                self.load()

    def frame(self) -> Frame:
        count = (Piece(f"{len(self._containers)} containers", "muted"),)
        last = "choose a container" if self._choosing else "containers"
        return Frame(("pods", self.ref.namespace, self.ref.name, last), (count,), "containers")

    def _open(self, how: str) -> None:
        if isinstance(self.table.cursor, str):
            self.post_message(ObjectOpened(self.ref, how, container=self.table.cursor))
        else:
            self.post_message(StatusMessage("no container is selected", severity="warning"))

    def action_open(self, how: str) -> None:
        self._open(self._choosing if self._choosing and how == "logs" else how)

    def on_virtual_table_opened(self) -> None:
        self._open(self._choosing or "logs")
