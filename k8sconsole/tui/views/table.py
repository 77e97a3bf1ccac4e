"""The rows of a place, painted from the cache at once and following what changes."""

from collections.abc import Callable, Hashable, Sequence
from typing import cast

import msgspec
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from k8sconsole.errors import ConsoleError, FilterError
from k8sconsole.kit.text import strip_control
from k8sconsole.model.cache_records import RowQuery, Rows
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, RowsChanged, ScanCompleted
from k8sconsole.model.filters import Filter, needs_body, parse_filter
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef
from k8sconsole.model.tables import KindTable
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.browse.freshness import RowFreshness
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.browse.row_model import RowModel, row_key
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.views.base import DeletionRequested, HistoryStepRequested, LocationRequested, ObjectOpened, View
from k8sconsole.tui.visuals.cells import RowPainter
from k8sconsole.tui.visuals.empty import explain_empty_table
from k8sconsole.tui.visuals.location import location_groups
from k8sconsole.tui.widgets.paint import Palette, Piece
from k8sconsole.tui.widgets.virtual_table import VirtualTable

FIRST = 200
"""Rows of the first paint; the rest follows while they are being looked at."""
TRUST_EVERY = 2
"""Ticks between two looks at how fresh the rows are."""


class RowLines:
    """RowModel and RowPainter as the virtual table wants them."""

    def __init__(self, rows: RowModel, painter: RowPainter, confirmed: RowFreshness, now: Callable[[], float]) -> None:
        self.rows = rows
        self.painter = painter
        self._confirmed = confirmed
        self._now = now

    @property
    def keys(self) -> Sequence[Hashable]:
        return self.rows.keys

    def place(self, key: Hashable) -> int | None:
        return self.rows.place(key)

    def sign(self, key: Hashable) -> str:
        return self.rows.sign(key)

    def pieces(self, key: Hashable) -> Sequence[Piece]:
        row = self.rows.rows[key]
        return self.painter.pieces(row, self._now(), self.rows.changed_cells(key), self._confirmed.seen_at(row))


class TableKeys(View):
    """The action methods of TableView."""

    @property
    def _view(self) -> "TableView":
        return cast("TableView", self)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        rows = self._view.rows
        return rows.rows.get(self._view.table.cursor) if rows is not None and self._view.table.cursor is not None else None

    def _open(self, how: str) -> None:
        if self.current is not None:
            self.post_message(ObjectOpened(self.current.ref, how, self.current))
        else:
            self._nothing_selected()

    def _nothing_selected(self) -> None:
        if not self._view.table.count:
            self.post_message(StatusMessage(f"there are no {self._view.place.resource.plural} to act on", severity="warning"))
        else:
            self.post_message(
                StatusMessage("nothing is selected", "the row the cursor was on is gone or hidden; j or k selects another", "warning")
            )

    def action_open(self, how: str) -> None:
        self._open(how)

    def on_virtual_table_opened(self) -> None:
        self._open("enter")

    def on_virtual_table_cursor_moved(self) -> None:
        self.post_message(FrameChanged())

    def on_virtual_table_header_clicked(self, event: VirtualTable.HeaderClicked) -> None:
        view = self._view
        if view.rows is None or view._painter is None:
            return
        at = event.track - view._painter.leading
        self.action_sort(view.rows.table.columns[at].name if 0 <= at < len(view.rows.table.columns) else "NAMESPACE")

    def action_filter(self) -> None:
        self._view.desk.prompt("/", self._view.place.filter)

    def action_mark(self) -> None:
        self._view.table.toggle_mark()
        self.post_message(FrameChanged())

    def action_mark_range(self) -> None:
        self._view.table.mark_range()
        self.post_message(FrameChanged())

    def action_delete(self) -> None:
        rows, table = self._view.rows, self._view.table
        if rows is None or (self.current is None and not table.marks):
            self._nothing_selected()
            return
        marked: list[ObjectRef] = [rows.rows[key].ref for key in table.marks if key in rows.rows]
        refs = sorted(marked) if marked else [self.current.ref] if self.current else []
        hidden = sum(rows.place(key) is None for key in table.marks)
        self.post_message(DeletionRequested(refs, hidden))

    def action_copy(self) -> None:
        if self.current is not None:
            self.app.copy_to_clipboard(self.current.name)
            self.post_message(StatusMessage(f"copied {self.current.name}"))
        else:
            self._nothing_selected()

    def action_all_namespaces(self) -> None:
        self._namespaces(())

    def action_favourite(self, number: int) -> None:
        favourites = self._view.desk.settings.console.favourites or tuple(self._view.desk.namespaces)
        if number <= len(favourites):
            self._namespaces((Namespace(favourites[number - 1]),))
        else:
            self.post_message(
                StatusMessage(f"there is no favourite namespace {number}", "console.favourites in the settings names them", "warning")
            )

    def _namespaces(self, namespaces: tuple[Namespace, ...]) -> None:
        if self._view.place.resource.namespaced:
            self.post_message(LocationRequested(msgspec.structs.replace(self._view.place, namespaces=namespaces)))

    def action_faults(self) -> None:
        self._view.set_faults(not self._view.place.faults)

    def action_wide(self) -> None:
        self._view.table.toggle_everything()

    @worker(group="refresh", exclusive=True)
    async def action_refresh(self) -> None:
        view = self._view
        for cluster in view.clusters:
            await view.desk.console.scanning.refresh(cluster, view.place.resource.name)
        self.post_message(StatusMessage(f"reading {view.place.resource.plural} again"))

    def action_trail(self, by: int) -> None:
        self.post_message(HistoryStepRequested(by))

    def action_sort(self, column: str) -> None:
        """The same column again turns the order round."""
        view = self._view
        name = "" if column == "NAME" else column
        if view.rows is None or (name and name != "NAMESPACE" and view.rows.table.index(name) is None):
            self.post_message(StatusMessage(f"{view.place.resource.plural} have no column {column.lower()}", severity="warning"))
            return
        turned = not view.place.descending if view.place.sort == name else name in ("RESTARTS", "CPU", "MEM", "MEMORY")
        view.place = msgspec.structs.replace(view.place, sort=name, descending=turned)
        view.rows.sort_by(name, turned)
        self._mark_sorted()
        view.redraw()

    def _mark_sorted(self) -> None:
        view = self._view
        if view.rows is None or view._painter is None:
            return
        glyphs = view.desk.glyphs
        at = view.rows.table.index(view.place.sort or "NAME")
        track = view._painter.leading + at if at is not None else view._painter.leading - 1
        view.table.mark_sorted(track, glyphs.down if view.place.descending else glyphs.up)


class TableView(TableKeys):
    BINDINGS = bindings_for("table")

    def __init__(self, desk: TuiContext, place: Location) -> None:
        super().__init__(desk)
        self.table = VirtualTable(desk.palette, (desk.glyphs.cursor, desk.glyphs.mark, desk.glyphs.new))
        self.empty = Static(classes="empty", markup=False)
        self.place = place
        self.rows: RowModel | None = None
        self._painter: RowPainter | None = None
        self._revision = 0
        self._confirmed = RowFreshness()
        self._loading = True
        self._ticks = 0
        self._problem = ""

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.empty

    @property
    def clusters(self) -> tuple[ClusterName, ...]:
        return self.place.clusters or self.desk.selected

    @property
    def filter_text(self) -> str:
        return self.place.filter

    def on_mount(self) -> None:
        if self.desk.opened:
            self.load()

    # reading

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        """First what fills the screen, then everything."""
        self.redraw()
        try:
            table = await self._kind_table()
            first = await self._read(limit=FIRST)
            self._arrange(table)
            self._take_whole(first)
            if first.total > len(first.rows):
                self._take_whole(await self._read())
            await self._focus()
            self._loading = False
            await self._apply_filter()
            await self._look_at_trust()
        except ConsoleError as error:
            self.fail(str(error))

    def fail(self, problem: str) -> None:
        self._loading, self._problem = False, problem
        self.redraw()

    async def _kind_table(self) -> KindTable:
        cluster = next(iter(self.clusters), ClusterName(""))
        return await self.desk.console.clusters.table(cluster, self.place.resource)

    async def _focus(self) -> None:
        """What is looked at is read first."""
        for name in self.clusters:
            await self.desk.console.scanning.focus(name, self.place.resource.name)

    async def _read(self, *, limit: int | None = None, after: int | None = None, wanted: Filter | None = None) -> Rows:
        query = RowQuery(self.place.resource.name, self.clusters, self.place.within, filter=wanted, limit=limit, after_revision=after)
        return await self.desk.console.cache.rows(query)

    def _arrange(self, table: KindTable) -> None:
        single = len(self.place.namespaces) == 1 or not self.place.resource.namespaced
        self._painter = RowPainter(
            table,
            self.desk.glyphs,
            clusters=len(self.clusters) > 1,
            namespaces=not single,
            stale_after=self.desk.settings.console.stale_after,
        )
        self.rows = RowModel(table, self.desk.now)
        self.rows.sort_by(self.place.sort, self.place.descending)
        self._narrow_now()
        self._show_tracks()

    def _show_tracks(self) -> None:
        if self.rows is not None and self._painter is not None:
            lines = RowLines(self.rows, self._painter, self._confirmed, self.desk.now)
            self.table.show(self._painter.tracks(stale=self._confirmed.stale), lines)
            self._mark_sorted()

    def _take_whole(self, read: Rows) -> None:
        if self.rows is not None:
            self.rows.replace(read.rows)
            self._revision = read.revision
            self.redraw()

    def redraw(self) -> None:
        """The table, the words of an empty one, and the frame. A view that has been left stays as it was."""
        if not self.is_attached:
            return
        self.table.changed()
        none = self.rows is None or not self.rows.keys
        self.table.set_class(none, "-empty")
        self.empty.display = none
        if none:
            self.empty.update(Content(strip_control(self._empty_words())))
        self.post_message(FrameChanged())

    def _empty_words(self) -> str:
        if self._problem:
            return self._problem
        if self._loading:
            return "reading …"
        told = [self.desk.states[name].connection for name in self.clusters if name in self.desk.states]
        offline = bool(told) and all(trust is ConnectionState.OFFLINE for trust in told)
        return explain_empty_table(
            self.place, self.rows.total if self.rows else 0, self._confirmed.scans, self.clusters, self.desk.glyphs, offline=offline
        )

    # following

    def handle_fact(self, fact: Fact) -> None:
        match fact:
            case RowsChanged(cluster=cluster, resource=resource) if resource == self.place.resource.name and cluster in self.clusters:
                self.follow()
            case ScanCompleted(resource=resource) if resource == self.place.resource.name or not (self.rows and self.rows.total):
                self.trust()
            case ClusterState(cluster=cluster) if cluster in self.clusters:
                self.trust()

    def resume(self) -> None:
        self.follow()

    @worker(group="follow", exclusive=True)
    async def follow(self) -> None:
        """Reads the difference, or everything where the difference reaches too far back."""
        if self.rows is None or self._loading:
            return
        read = await self._read(after=self._revision)
        self._revision = max(self._revision, read.revision)
        if read.whole:
            self._take_whole(read)
        elif self.rows.apply(read.rows, read.gone):
            if _asks_console(self.place):
                await self._apply_filter()
            self.redraw()

    @worker(group="trust", exclusive=True)
    async def trust(self) -> None:
        await self._look_at_trust()

    async def _look_at_trust(self) -> None:
        scans = await self.desk.console.cache.scan_states()
        limit = self.desk.now() - self.desk.settings.console.stale_after
        if self._confirmed.take(scans, self.place.resource.name, self.clusters, limit):
            self._show_tracks()
        if not (self.rows and self.rows.keys):
            self.redraw()

    def tick(self) -> None:
        """Once a second: ages, what was bright, what was going."""
        self._ticks += 1
        if self._ticks % TRUST_EVERY == 0:
            self.trust()
        if self.rows is not None and self.rows.settle():
            self.redraw()
        else:
            self.table.tick()

    # filter and order

    def apply_filter(self, text: str) -> str:
        before, self.place = self.place, _with(self.place, filter=text)
        try:
            parse_filter(self.place.whole_filter)
        except FilterError as problem:
            self.place = before
            return str(problem)
        if _asks_console(self.place):
            self.refilter()
            return "looking into the objects …"
        self._narrow_now()
        self.redraw()
        return f"{self.rows.shown} of {self.rows.total}" if self.rows else ""

    @worker(group="filter", exclusive=True)
    async def refilter(self) -> None:
        await self._apply_filter()

    async def _apply_filter(self) -> None:
        """Where rows do not carry what the filter asks for, the console looks into the objects."""
        if self.rows is None:
            return
        if not _asks_console(self.place):
            self._narrow_now()
        else:
            found = await self._read(wanted=parse_filter(self.place.whole_filter))
            kept = {row_key(row) for row in found.rows}
            self.rows.narrow(None, faults=self.place.faults, by_body=lambda row: row_key(row) in kept)
            for warning in found.warnings:
                self.post_message(StatusMessage(warning, severity="warning"))
        self.redraw()

    def _narrow_now(self) -> None:
        if self.rows is not None and not _asks_console(self.place):
            text = self.place.whole_filter
            self.rows.narrow(parse_filter(text) if text else None, faults=self.place.faults)

    def set_faults(self, faults: bool) -> None:
        self.place = _with(self.place, faults=faults)
        self.refilter()

    def back(self) -> bool:
        if self.place.filter:
            self.apply_filter("")
        elif self.place.faults:
            self.set_faults(False)
        elif self.table.marks:
            self.table.marks.clear()
            self.redraw()
        else:
            return False
        return True

    # the frame

    def frame(self) -> Frame:
        without = {} if self.place.resource.plural == "pods" else {"logs": "only pods have logs", "previous_logs": "only pods have logs"}
        shown, total = (self.rows.shown, self.rows.total) if self.rows else (0, 0)
        groups = location_groups(self.place, shown, total, len(self.table.marks), self.desk.glyphs)
        return Frame(self.place.crumbs, groups, "table", without)

    def restyle(self, palette: Palette) -> None:
        self.table.restyle(palette)


def _with(place: Location, **changes: object) -> Location:
    return msgspec.structs.replace(place, **changes)


def _asks_console(place: Location) -> bool:
    """Whether rows do not carry what the filter asks for."""
    try:
        return bool(place.whole_filter) and needs_body(parse_filter(place.whole_filter))
    except FilterError:
        return False
