"""The catalogue of tools: left what there is, right what one does, its form, its last result, how it was used."""

from collections.abc import Mapping
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from k8sconsole.errors import ConsoleError
from k8sconsole.model.attached_servers import AttachedServerStatus
from k8sconsole.model.cache_records import ToolUsage
from k8sconsole.model.events import AttachedServerChanged, Fact, ToolsChanged
from k8sconsole.model.tools import Face, ToolOutcome
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.panes.base import Pane
from k8sconsole.tui.visuals.tools import CatalogueEntry, detail_lines, result_lines, server_pieces, tool_columns
from k8sconsole.tui.widgets.form import ToolForm, parse_schema_fields
from k8sconsole.tui.widgets.line_view import LineView
from k8sconsole.tui.widgets.paint import Line, Piece, safe
from k8sconsole.tui.widgets.small_table import ListLines
from k8sconsole.tui.widgets.virtual_table import VirtualTable


class ToolsPane(Pane):
    BINDINGS = bindings_for("tools")

    def __init__(self, context: TuiContext) -> None:
        super().__init__(context, "tools")
        self._tools: list[CatalogueEntry] = []
        self._usage: dict[str, ToolUsage] = {}
        self._search = ""
        self._typed: dict[str, dict[str, str]] = {}
        self._results: dict[str, tuple[ToolOutcome, float]] = {}
        self._current = ""
        self._servers: list[AttachedServerStatus] = []

    def compose(self) -> ComposeResult:
        glyphs = self.context.glyphs
        with Horizontal():
            yield VirtualTable(self.context.palette, (glyphs.cursor, glyphs.mark, glyphs.new), id="catalogue")
            with Vertical(id="tool"):
                with VerticalScroll(id="about", can_focus=False):
                    yield Static(id="detail", markup=False)
                    yield Vertical(id="form")
                yield LineView(self.context.palette, id="result")

    @property
    def catalogue(self) -> VirtualTable:
        return self.query_one("#catalogue", VirtualTable)

    @property
    def current(self) -> CatalogueEntry | None:
        return next((tool for tool in self._tools if tool.name == self.catalogue.cursor), None)

    def shown(self) -> None:
        self.catalogue.focus()
        self.load()

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        try:
            offered = await self.context.console.tools.offered()
            usage = await self.context.console.tools.usage()
            self._servers = await self.context.console.tools.servers()
        except ConsoleError as error:
            self.query_one("#result", LineView).replace([str(error)])
            raise
        self._tools = sorted((CatalogueEntry.of(tool) for tool in offered), key=lambda tool: (tool.toolset, tool.name))
        self._usage = {one.tool_name: one for one in usage}
        self._list()
        await self._show_tool()

    def _list(self) -> None:
        word = self._search.lower()
        found = [tool for tool in self._tools if word in f"{tool.name} {tool.title} {tool.toolset} {tool.description}".lower()]
        self.catalogue.show(tool_columns(), ListLines([(tool.name, tool.pieces(self.context.glyphs)) for tool in found]))
        self.post_message(FrameChanged())

    def frame(self) -> Frame:
        shown = self.catalogue.count
        groups: list[Line] = [(Piece(self._search, "changed", True),)] if self._search else []
        groups += [server_pieces(self._servers, self.context.glyphs)] if self._servers else []
        count = f"{shown} of {len(self._tools)} tools" if shown != len(self._tools) else f"{shown} tools"
        return Frame(("tools", *([self._current] if self._current else [])), (*groups, (Piece(count, "muted"),)), "tools")

    def handle_fact(self, fact: Fact) -> None:
        if isinstance(fact, ToolsChanged | AttachedServerChanged) and self.display:
            self.load()

    def apply_filter(self, text: str) -> str:
        self._search = text
        self._list()
        return f"{self.catalogue.count} of {len(self._tools)}"

    def back(self) -> bool:
        if not self.catalogue.has_focus:
            self.catalogue.focus()
            return True
        if self._search:
            self.apply_filter("")
            return True
        return False

    async def on_virtual_table_cursor_moved(self) -> None:
        await self._show_tool()

    async def _show_tool(self) -> None:
        tool = self.current
        if tool is None:
            return
        if tool.name != self._current:
            self._keep_typed()
            self._current = tool.name
            holder = self.query_one("#form", Vertical)
            await holder.remove_children()
            await holder.mount(
                ToolForm(parse_schema_fields(tool.input_schema), self._typed.get(tool.name, {}), partial(self._offered, tool.name))
            )
        now = self.context.now()
        lines = detail_lines(tool, self._usage.get(tool.name), now)
        self.query_one("#detail", Static).update(Content("\n").join([_content(line) for line in lines]))
        outcome = self._results.get(tool.name)
        self.query_one("#result", LineView).replace(result_lines(outcome[0], now) if outcome else ["not run yet"])
        self.post_message(FrameChanged())

    async def _offered(self, tool: str, parameter: str, given: Mapping[str, str]) -> list[str]:
        return await self.context.console.tools.suggest(tool, parameter, given)

    def _keep_typed(self) -> None:
        for form in self.query(ToolForm):
            self._typed[self._current] = form.typed()

    def action_tool_search(self) -> None:
        self.context.prompt("/", self._search)

    def on_virtual_table_opened(self) -> None:
        self.action_tool_form()

    def action_tool_form(self) -> None:
        for field in self.query("ToolForm Input"):
            field.focus()
            return
        self.action_tool_run()

    def on_tool_form_submitted(self) -> None:
        self.action_tool_run()

    @worker(group="run")
    async def action_tool_run(self) -> None:
        tool = self.current
        if tool is None:
            self.post_message(StatusMessage("no tool is selected", severity="warning"))
            return
        try:
            arguments = self.query_one(ToolForm).values()
        except ValueError as problem:
            self.post_message(StatusMessage(str(problem), severity="warning"))
            return
        self.query_one("#result", LineView).replace([f"running {tool.name} …"])
        try:
            outcome = await self.context.console.tools.call(tool.name, arguments, face=Face.TUI, caller="tools pane")
        except ConsoleError as error:
            self.query_one("#result", LineView).replace([str(error)])
            raise
        self._results[tool.name] = (outcome, self.context.now())
        self.load()


def _content(line: Line) -> Content:
    return Content.assemble(*((safe(piece.text), f"{'bold ' if piece.bold else ''}$role-{piece.role}") for piece in line))
