"""What all views of the cluster pane have in common."""

import re

from textual.app import ComposeResult
from textual.message import Message

from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.framed import FramedWidget
from k8sconsole.tui.widgets.line_view import LineView


class ObjectOpened(Message):
    """how: enter, describe, yaml, events, logs, previous_logs, node, owner. container is empty for the whole pod."""

    def __init__(self, ref: ObjectRef, how: str, row: Row | None = None, container: str = "") -> None:
        super().__init__()
        self.ref = ref
        self.how = how
        self.row = row
        self.container = container


class LocationRequested(Message):
    """Another place instead of this one; drilled: on top of it, so that esc comes back."""

    def __init__(self, location: Location, *, drilled: bool = False) -> None:
        super().__init__()
        self.location = location
        self.drilled = drilled


class HistoryStepRequested(Message):
    """-1 older, 1 newer, 0 the last one."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by


class DeletionRequested(Message):
    """hidden: how many of the objects the filter does not show."""

    def __init__(self, refs: list[ObjectRef], hidden: int) -> None:
        super().__init__()
        self.refs = refs
        self.hidden = hidden


class View(FramedWidget):
    """A view of the cluster pane."""


class TextView(View):
    """A view of lines that can be filtered."""

    def __init__(self, context: TuiContext, text: LineView) -> None:
        super().__init__(context)
        self.text = text
        self._filter = ""

    def compose(self) -> ComposeResult:
        yield self.text

    def apply_filter(self, text: str) -> str:
        try:
            self.text.set_filter(text)
        except re.error as problem:
            return f"not a regular expression: {problem}"
        self._filter = text
        return f"{len(self.text.lines)} of {self.text.total} lines"

    def back(self) -> bool:
        if not self._filter:
            return False
        self.apply_filter("")
        return True
