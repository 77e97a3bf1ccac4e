"""What the frame asks of any pane."""

from textual.containers import Vertical

from k8sconsole.model.events import Fact
from k8sconsole.tui.context import Frame, TuiContext
from k8sconsole.tui.widgets.paint import Palette


class Pane(Vertical):
    """name is its word behind the colon."""

    def __init__(self, desk: TuiContext, name: str) -> None:
        super().__init__(id=f"pane-{name}")
        self.desk = desk
        self.pane_name = name

    def frame(self) -> Frame:
        return Frame((self.pane_name,), scope=self.pane_name)

    def shown(self) -> None:
        """It has come to the front."""

    def back(self) -> bool:
        return False

    def apply_filter(self, text: str) -> str:
        return ""

    def handle_fact(self, fact: Fact) -> None: ...

    def tick(self) -> None: ...

    def restyle(self, palette: Palette) -> None: ...
