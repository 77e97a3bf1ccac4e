"""The rows of a location. The feed reads them, the display shows them; a key acts on the row that was selected when it was pressed."""

import msgspec
from textual.app import ComposeResult

from k8sconsole.errors import ConsoleError, FilterError
from k8sconsole.model.events import ClusterState, Fact, RowsChanged, ScanCompleted
from k8sconsole.model.filters import parse_filter
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.views.base import DeletionRequested, HistoryStepRequested, LocationRequested, ObjectOpened, View
from k8sconsole.tui.views.row_feed import RowFeed
from k8sconsole.tui.views.table_display import TableDisplay
from k8sconsole.tui.visuals.location import location_groups
from k8sconsole.tui.widgets.virtual_table import VirtualTable

FRESHNESS_TICKS = 2
"""Ticks between two looks at how fresh the rows are."""
DESCENDING_FIRST = ("RESTARTS", "CPU", "MEM", "MEMORY")
"""Columns of which the largest value matters most."""
NO_LOGS = {"logs": "only pods have logs", "previous_logs": "only pods have logs"}


class TableView(View):
    BINDINGS = bindings_for("table")

    def __init__(self, context: TuiContext, location: Location) -> None:
        super().__init__(context)
        self.feed = RowFeed(context, location)
        self.display_parts = TableDisplay(context, self.feed)
        self.table = self.display_parts.table
        self._ticks = 0
        self._accepted_filter = ""

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.display_parts.empty

    def on_mount(self) -> None:
        if self.context.opened:
            self.load()

    # reading

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        """Shows the first screen of rows, then all of them."""
        self.redraw()
        try:
            more = await self.feed.load_first()
            self.display_parts.show_model()
            self.redraw()
            if more:
                await self.feed.load_all()
                self.redraw()
            await self.feed.prioritise()
            self.feed.loading = False
            await self._filter_rows()
            self.refresh_freshness()
        except ConsoleError as error:
            self.fail(str(error))

    def fail(self, problem: str) -> None:
        """Shows in place of rows why there are none."""
        self.feed.loading, self.display_parts.problem = False, problem
        self.redraw()

    def redraw(self) -> None:
        if self.is_attached:
            self.display_parts.redraw()
            self.post_message(FrameChanged())

    @worker(group="follow", exclusive=True)
    async def follow(self) -> None:
        if await self.feed.follow():
            if self.feed.filters_objects:
                await self._filter_rows()
            self.redraw()

    @worker(group="trust", exclusive=True)
    async def refresh_freshness(self) -> None:
        if await self.feed.update_freshness():
            self.display_parts.show_columns()
        if not (self.feed.model and self.feed.model.keys):
            self.redraw()

    # what the frame calls

    def handle_fact(self, fact: Fact) -> None:
        resource, model = self.feed.location.resource.name, self.feed.model
        match fact:
            case RowsChanged() if fact.resource == resource and fact.cluster in self.feed.clusters:
                self.follow()
            case ScanCompleted() if fact.resource == resource or not (model and model.total):
                self.refresh_freshness()
            case ClusterState() if fact.cluster in self.feed.clusters:
                self.refresh_freshness()

    def tick(self) -> None:
        """Renews ages, ends highlights, removes deleted rows."""
        self._ticks += 1
        if self._ticks % FRESHNESS_TICKS == 0:
            self.refresh_freshness()
        if self.feed.model is not None and self.feed.model.settle():
            self.redraw()
        else:
            self.table.tick()

    def frame(self) -> Frame:
        groups = location_groups(self.feed.location, *self.feed.counts, len(self.table.marks), self.context.glyphs)
        return Frame(self.feed.location.crumbs, groups, "table", {} if self.feed.location.resource.plural == "pods" else NO_LOGS)

    def back(self) -> bool:
        if self.feed.location.filter:
            self.apply_filter("")
        elif self.feed.location.faults:
            self.action_faults()
        elif self.table.marks:
            self.table.marks.clear()
            self.redraw()
        else:
            return False
        return True

    # filter

    def apply_filter(self, text: str) -> str:
        before = self.feed.location
        self._accepted_filter = before.filter
        self.feed.change(filter=text)
        try:
            parse_filter(self.feed.location.whole_filter)
        except FilterError as problem:
            self.feed.location = before
            return str(problem)
        if self.feed.filters_objects:
            self.filter_objects()
            return "reading the objects …"
        self.feed.narrow()
        self.redraw()
        shown, total = self.feed.counts
        return f"{shown} of {total}" if self.feed.model else ""

    @worker(group="filter", exclusive=True)
    async def filter_objects(self) -> None:
        await self._filter_rows()

    async def _filter_rows(self) -> None:
        """Applies the filter. One that cannot match because it is wrong is taken back, with the reason."""
        try:
            warnings = await self.feed.apply_filter()
        except FilterError as problem:
            warnings = [str(problem)]
            refused = self.feed.location.filter
            self.feed.change(filter=self._accepted_filter if refused != self._accepted_filter else "")
            self.feed.narrow()
        for warning in warnings:
            self.post_message(StatusMessage(warning, severity="warning"))
        self.redraw()

    # keys

    def action_open(self, how: str) -> None:
        if self.display_parts.current is not None:
            self.post_message(ObjectOpened(self.display_parts.current.ref, how, self.display_parts.current))
        else:
            self._explain_no_selection()

    def _explain_no_selection(self) -> None:
        if not self.table.count:
            self.post_message(StatusMessage(f"there are no {self.feed.location.resource.plural} to act on", severity="warning"))
        else:
            self.post_message(
                StatusMessage("nothing is selected", "the selected row is deleted or hidden; j or k selects another", "warning")
            )

    def on_virtual_table_opened(self) -> None:
        self.action_open("enter")

    def on_virtual_table_cursor_moved(self) -> None:
        self.post_message(FrameChanged())

    def on_virtual_table_header_clicked(self, event: VirtualTable.HeaderClicked) -> None:
        if column := self.display_parts.column_at(event.track):
            self.action_sort(column)

    def action_filter(self) -> None:
        self.context.prompt("/", self.feed.location.filter)

    def action_mark(self) -> None:
        self.table.toggle_mark()
        self.post_message(FrameChanged())

    def action_mark_range(self) -> None:
        self.table.mark_range()
        self.post_message(FrameChanged())

    def action_delete(self) -> None:
        model, marks = self.feed.model, self.table.marks
        if model is None or (self.display_parts.current is None and not marks):
            self._explain_no_selection()
            return
        marked: list[ObjectRef] = [model.rows[key].ref for key in marks if key in model.rows]
        refs = sorted(marked) if marked else [self.display_parts.current.ref] if self.display_parts.current else []
        self.post_message(DeletionRequested(refs, sum(model.place(key) is None for key in marks)))

    def action_copy(self) -> None:
        if self.display_parts.current is not None:
            self.app.copy_to_clipboard(self.display_parts.current.name)
            self.post_message(StatusMessage(f"copied {self.display_parts.current.name}"))
        else:
            self._explain_no_selection()

    def action_favourite(self, number: int) -> None:
        """0 means all namespaces."""
        favourites = self.context.settings.console.favourites or tuple(self.context.namespaces)
        if number == 0:
            self._show_namespaces(())
        elif number <= len(favourites):
            self._show_namespaces((Namespace(favourites[number - 1]),))
        else:
            self.post_message(
                StatusMessage(f"there is no favourite namespace {number}", "console.favourites in the settings names them", "warning")
            )

    def _show_namespaces(self, namespaces: tuple[Namespace, ...]) -> None:
        if self.feed.location.resource.namespaced:
            self.post_message(LocationRequested(msgspec.structs.replace(self.feed.location, namespaces=namespaces)))
        else:
            self.post_message(StatusMessage(f"{self.feed.location.resource.plural} have no namespace", severity="warning"))

    def action_faults(self) -> None:
        self.feed.change(faults=not self.feed.location.faults)
        self.filter_objects()

    def action_wide(self) -> None:
        self.table.toggle_everything()
        self.post_message(StatusMessage("all columns are shown" if self.table.grid.everything else "columns are fitted to the terminal"))

    @worker(group="refresh", exclusive=True)
    async def action_refresh(self) -> None:
        await self.feed.rescan()
        self.post_message(StatusMessage(f"reading {self.feed.location.resource.plural} again"))

    def action_trail(self, by: int) -> None:
        self.post_message(HistoryStepRequested(by))

    def action_sort(self, column: str) -> None:
        """Sorts by the column; the same column again reverses the order."""
        model, location = self.feed.model, self.feed.location
        if model is None or (column not in ("NAME", "NAMESPACE") and model.table.index(column) is None):
            self.post_message(StatusMessage(f"{location.resource.plural} have no column {column.lower()}", severity="warning"))
            return
        descending = not location.descending if location.sort_column == column else column in DESCENDING_FIRST
        self.feed.change(sort=column, descending=descending)
        model.sort_by(column, descending)
        self.display_parts.mark_sorted()
        self.redraw()
