"""The line that opens above the keys to take a command or a filter, with what it could become in grey."""

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from k8sconsole.tui.widgets.paint import safe


class CommandSuggester(Suggester):
    """complete(text) answers the whole line it would become, or None."""

    def __init__(self, complete: Callable[[str, str], str | None], kind: Callable[[], str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete
        self._kind = kind

    async def get_suggestion(self, value: str) -> str | None:
        return self._complete(self._kind(), value)


class PromptInput(Input):
    """tab takes the completion at once, whether it has been drawn yet or not. typed(text) is called as soon as the text is another."""

    def __init__(self, complete: Callable[[str], str | None], suggester: Suggester, typed: Callable[[str], None]) -> None:
        super().__init__(select_on_focus=False, suggester=suggester, compact=True)
        self.cursor_blink = False
        self._complete = complete
        self._typed = typed

    def watch_value(self, value: str) -> None:
        self._typed(value)

    def on_key(self, event: events.Key) -> None:
        if event.key == "tab":
            event.prevent_default()
            event.stop()
            self.value = self._complete(self.value) or self.value
            self.action_end()


NOTE_ROOM = 24
"""Cells at the prompt's end that a note always has."""


class PromptLine(Horizontal):
    """open() shows it; it hides when it is answered or left.

    typed(kind, text) is a call and not a message: its effect is drawn in the same frame as the letter.
    """

    DEFAULT_CSS = """
    PromptLine { height: 1; display: none; }
    PromptLine > #prompt-kind { width: 2; }
    PromptLine > PromptInput { width: 1fr; border: none; height: 1; padding: 0; }
    PromptLine > #prompt-note { width: auto; min-width: 24; max-width: 60%; text-align: right; }
    """

    class Answered(Message):
        """enter was pressed."""

        def __init__(self, kind: str, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Left(Message):
        """esc was pressed; kind of the prompt and what stood in it when it opened."""

        def __init__(self, kind: str, before: str) -> None:
            super().__init__()
            self.kind = kind
            self.before = before

    def __init__(self, complete: Callable[[str, str], str | None], typed: Callable[[str, str], None], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._complete = complete
        self._typed = typed
        self.kind = ""
        self._before = ""
        self._noted = 0

    def compose(self) -> ComposeResult:
        yield Static(id="prompt-kind", markup=False)
        yield PromptInput(lambda text: self._complete(self.kind, text), CommandSuggester(self._complete, lambda: self.kind), self._changed)
        yield Static(id="prompt-note", markup=False)

    def open(self, kind: str, text: str = "") -> None:
        self.query_one("#prompt-kind", Static).update(Content(kind))
        self.note("")
        field = self.query_one(PromptInput)
        field.value = text
        self.kind, self._before = kind, text
        field.cursor_position = len(text)
        self.styles.display = "block"
        # At once, not after the next refresh: what is typed right behind the colon belongs to the prompt.
        self.screen.set_focus(field)

    def close(self) -> None:
        self.kind = ""
        self.styles.display = "none"

    @property
    def is_open(self) -> bool:
        return bool(self.kind)

    def note(self, text: str) -> None:
        """A word about what is being typed: how many match, or what is wrong with it."""
        content = Content(f" {safe(text)} " if text else "")
        # A count fits the room that is always there: a new layout of the whole screen for it would cost a third of the key's frame.
        grows = max(content.cell_length, self._noted) > NOTE_ROOM
        self._noted = content.cell_length
        self.query_one("#prompt-note", Static).update(content, layout=grows)

    def _changed(self, text: str) -> None:
        if self.is_open:
            self._typed(self.kind, text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        kind = self.kind
        self.close()
        self.post_message(self.Answered(kind, event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            kind, before = self.kind, self._before
            self.close()
            self.post_message(self.Left(kind, before))
