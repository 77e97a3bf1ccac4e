"""What fills the frame: the panes, and the views of the cluster pane. And what the frame shows of them."""

from typing import NamedTuple

from textual.containers import Vertical

from k8sconsole.model.events import Fact
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import FailureLine, ResilientPump
from k8sconsole.tui.widgets.paint import Line


class Frame(NamedTuple):
    """crumbs and groups fill the second row. scope selects the keys of the last row. without: action id to the reason it is unavailable."""

    crumbs: tuple[str, ...]
    groups: tuple[Line, ...] = ()
    scope: str = "everywhere"
    without: dict[str, str] = {}


class FramedWidget(ResilientPump, Vertical):
    """Base of panes and views. The frame calls these methods; a subclass overrides those that apply to it."""

    def __init__(self, context: TuiContext, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.context = context
        self.failure_line = FailureLine(self, context.glyphs.bad)

    def frame(self) -> Frame:
        return Frame(())

    def apply_filter(self, text: str) -> str:
        """Applies a filter. Returns a note for the prompt: how much matches, or what is wrong with the filter."""
        return ""

    def back(self) -> bool:
        """Goes one step back inside; False when there is none."""
        return False

    def handle_fact(self, fact: Fact) -> None: ...

    def tick(self) -> None:
        """Called once a second while this is in front."""
