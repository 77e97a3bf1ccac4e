"""All messages since the start, newest first."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.tui.widgets.paint import safe

ROLES = {"information": "text", "warning": "warn", "error": "bad"}


class MessagesScreen(ModalScreen[None]):
    """messages: (seconds since the epoch, severity, title, detail)."""

    BINDINGS = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, messages: Sequence[tuple[float, str, str, str]]) -> None:
        super().__init__()
        self._messages = messages

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = Content("messages")
            box.border_subtitle = Content("esc closes")
            yield Static(self._page())

    def _page(self) -> Content:
        if not self._messages:
            return Content("no messages yet")
        return Content("\n").join(self._line(*one) for one in reversed(self._messages))

    def _line(self, at: float, severity: str, title: str, detail: str) -> Content:
        role = f"$role-{ROLES.get(severity, 'text')}"
        return Content.assemble(
            (f"{format_rfc3339(at)[11:19]}  ", "$role-muted"), (safe(title), role), (f"  {safe(detail)}" if detail else "", "$role-muted")
        )
