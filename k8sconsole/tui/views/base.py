"""What all views of the cluster pane have in common."""

from textual.message import Message

from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.framed import FramedWidget


class ObjectOpened(Message):
    """how: enter, describe, yaml, logs, previous_logs, node, owner. container is empty for the whole pod."""

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

    def resume(self) -> None:
        """Called when the view is on top of the stack again."""
