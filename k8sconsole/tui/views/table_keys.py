"""What the keys do in a table of objects; each acts on the object that was drawn when it was pressed."""

from typing import TYPE_CHECKING, cast

import msgspec
from textual import work

from k8sconsole.model.objects import Row
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.tui.messages import FrameChanged, Told
from k8sconsole.tui.views.base import DeletionWanted, ObjectOpened, PlaceWanted, TrailStepped
from k8sconsole.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from k8sconsole.tui.views.table import TableView

    Base = Widget
else:
    Base = object


class TableKeys(Base):
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
        if self._view.table.count:
            self.post_message(Told("nothing is selected", "the row the cursor was on is gone or hidden; j or k selects another", "warning"))

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
        self.post_message(DeletionWanted(refs, hidden))

    def action_copy(self) -> None:
        if self.current is not None:
            self.app.copy_to_clipboard(self.current.name)
            self.post_message(Told(f"copied {self.current.name}"))
        else:
            self._nothing_selected()

    def action_all_namespaces(self) -> None:
        self._namespaces(())

    def action_favourite(self, number: int) -> None:
        favourites = self._view.desk.settings.console.favourites or tuple(self._view.desk.namespaces)
        if number <= len(favourites):
            self._namespaces((Namespace(favourites[number - 1]),))
        else:
            self.post_message(Told(f"there is no favourite namespace {number}", "console.favourites in the settings names them", "warning"))

    def _namespaces(self, namespaces: tuple[Namespace, ...]) -> None:
        if self._view.place.resource.namespaced:
            self.post_message(PlaceWanted(msgspec.structs.replace(self._view.place, namespaces=namespaces)))

    def action_faults(self) -> None:
        self._view.set_faults(not self._view.place.faults)

    def action_wide(self) -> None:
        self._view.table.toggle_everything()

    @work(exclusive=True, group="refresh")
    async def action_refresh(self) -> None:
        view = self._view
        for cluster in view.clusters:
            await view.desk.engine.ask(lambda console, name: console.refresh(name, view.place.resource.name), cluster)
        self.post_message(Told(f"reading {view.place.resource.plural} again"))

    def action_trail(self, by: int) -> None:
        self.post_message(TrailStepped(by))

    def action_sort(self, column: str) -> None:
        """The same column again turns the order round."""
        view = self._view
        name = "" if column == "NAME" else column
        if view.rows is None or (name and name != "NAMESPACE" and view.rows.table.index(name) is None):
            self.post_message(Told(f"{view.place.resource.plural} have no column {column.lower()}", severity="warning"))
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
