"""Every key that works here, what it does, and why one does not."""

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from k8sconsole.tui.actions import KeyAction, actions_in_scope, format_key

MOVING = (
    ("↑ ↓ j k", "one line"), ("pgup pgdn", "one page"), ("g G home end", "to the ends"), ("tab", "complete a command; next field"),
    ("ctrl-p", "palette: every action by name"), ("ctrl-q", "leave"),
)  # fmt: skip


class HelpScreen(ModalScreen[None]):
    """keys: action id to its keys. without: action id to the reason why it does not work here."""

    BINDINGS = [Binding("escape,question_mark,q", "dismiss", show=False)]

    def __init__(self, scope: str, keys: Mapping[str, str], without: Mapping[str, str]) -> None:
        super().__init__()
        self._scope = scope
        self._keys = keys
        self._without = without

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = Content("keys")
            box.border_subtitle = Content("esc closes")
            yield Static(self._page(), classes="help-page")

    def _page(self) -> Content:
        lines: list[Content] = []
        for title, actions in ((self._scope, actions_in_scope(self._scope)), ("everywhere", actions_in_scope("everywhere"))):
            if actions and (title != "everywhere" or self._scope != "everywhere" or not lines):
                lines += [Content.styled(title, "bold $role-accent"), *(self._line(one) for one in actions), Content("")]
        lines.append(Content.styled("moving", "bold $role-accent"))
        lines += [Content.assemble((f"  {key:<20}", "bold"), (text, "$role-muted")) for key, text in MOVING]
        return Content("\n").join(lines)

    def _line(self, action: KeyAction) -> Content:
        keys = " ".join(format_key(key.strip()) for key in self._keys[action.id].split(","))
        reason = self._without.get(action.id, "")
        words = f"{action.help}" + (f"  (not here: {reason})" if reason else "")
        return Content.assemble((f"  {keys:<20}", "$role-muted" if reason else "bold"), (words, "$role-muted" if reason else "$role-text"))

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss()
