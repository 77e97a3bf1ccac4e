"""What all views of the cluster pane have in common."""

from textual.containers import Vertical
from textual.message import Message

from k8sconsole.model.events import Fact
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.context import Frame, TuiContext
from k8sconsole.tui.widgets.paint import Palette


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

    def __init__(self, place: Location, *, drilled: bool = False) -> None:
        super().__init__()
        self.place = place
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


class View(Vertical):
    """A view of the cluster pane. Subclasses answer frame(), and what else applies to them."""

    def __init__(self, desk: TuiContext) -> None:
        super().__init__()
        self.desk = desk

    @property
    def filter_text(self) -> str:
        return ""

    def frame(self) -> Frame:
        return Frame(())

    def apply_filter(self, text: str) -> str:
        """Applies it; answers a note for the prompt: how much is left, or what is wrong with it."""
        return ""

    def back(self) -> bool:
        """One step back inside the view; False when there is none."""
        return False

    def handle_fact(self, fact: Fact) -> None: ...

    def tick(self) -> None: ...

    def resume(self) -> None:
        """It is on top again."""

    def restyle(self, palette: Palette) -> None: ...
