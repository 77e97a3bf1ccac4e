"""The base of all panes."""

from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.framed import Frame, FramedWidget


class Pane(FramedWidget):
    """name is the pane's command: ``:tools``."""

    def __init__(self, context: TuiContext, name: str) -> None:
        super().__init__(context, id=f"pane-{name}")
        self.pane_name = name

    def frame(self) -> Frame:
        return Frame((self.pane_name,), scope=self.pane_name)

    def shown(self) -> None:
        """Called when the pane comes to the front."""
