"""A question before something is done. The safe answer has the focus, and esc gives it: enter pressed by habit changes nothing."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from k8sconsole.tui.widgets.line_view import LineView
from k8sconsole.tui.widgets.paint import Line, Palette, safe

_SCROLLING = ("up", "down", "pageup", "pagedown", "home", "end")


class QuestionDialog(ModalScreen[str | None]):
    """Answers None for no, and what was typed (empty where nothing had to be) for yes. confirm_word: what must be typed first.

    whole: everything that ``lines`` folds; a button and ``v`` show it in their place. The arrows and pages scroll either.
    """

    DEFAULT_CSS = """
    QuestionDialog { align: center bottom; background: $background 40%; }
    QuestionDialog > Vertical {
        width: 100%; max-width: 100; height: auto; max-height: 90%; margin-bottom: 1;
        border: round $role-danger; background: $role-frame; border-title-color: $role-danger; border-title-style: bold; padding: 0 1;
    }
    QuestionDialog VerticalScroll { height: auto; max-height: 14; background: $role-frame; }
    QuestionDialog LineView { height: 14; background: $role-frame; }
    QuestionDialog .line { width: 1fr; height: auto; }
    QuestionDialog .buttons { height: 1; align-horizontal: right; margin-top: 1; }
    QuestionDialog Button { min-width: 10; height: 1; border: none; margin-left: 2; background: $role-surface; color: $role-text; }
    QuestionDialog Button:focus { background: $role-selected; text-style: bold reverse; }
    QuestionDialog #act { color: $role-danger; }
    QuestionDialog .confirm { height: 1; }
    QuestionDialog .confirm Static { width: auto; }
    QuestionDialog .confirm Input { border: none; height: 1; padding: 0; width: 1fr; background: $role-surface; }
    """

    AUTO_FOCUS = "#safe"

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        *,
        confirm_word: str = "",
        confirm_label: str = "",
        safe_label: str = "Keep",
        act_label: str = "Do it",
        whole: Sequence[str] = (),
        palette: Palette | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._word = confirm_word
        self._word_label = confirm_label
        self._labels = (safe_label, act_label)
        self._whole = whole if palette is not None else ()
        self._palette = palette

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe(self._title))
            with VerticalScroll(can_focus=False):
                for line in self._lines:
                    parts = [(safe(piece.text), f"{'bold ' if piece.bold else ''}$role-{piece.role}") for piece in line]
                    yield Static(Content.assemble(*parts), classes="line")
            if self._word:
                with Horizontal(classes="confirm"):
                    yield Static(Content(f"{safe(self._word_label)}: "))
                    yield Input(id="word", compact=True)
            with Horizontal(classes="buttons"):
                yield Button(Content(f"[ {self._labels[0]} ]"), id="safe", compact=True)
                yield Button(Content(self._labels[1]), id="act", compact=True, disabled=bool(self._word))
                if self._whole:
                    yield Button(Content(f"View all {len(self._whole):,} lines"), id="whole", compact=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#act", Button).disabled = event.value != self._word

    def on_input_submitted(self) -> None:
        """Enter in the field only moves on: doing it takes a choice of its own."""
        act = self.query_one("#act", Button)
        (self.query_one("#safe", Button) if act.disabled else act).focus()

    def _show_whole(self) -> None:
        """Exchanges the first view for the whole change."""
        if self._palette is None or not self._whole or self.query(LineView):
            return
        folded = self.query_one(VerticalScroll)
        lines = LineView(self._palette)
        lines.can_focus = False
        lines.wrap = True
        folded.parent.mount(lines, after=folded)  # type: ignore[union-attr]
        folded.display = False
        self.call_after_refresh(lines.replace, self._whole)

    def _scroll(self, key: str) -> None:
        shown: VerticalScroll | LineView = self.query_one(LineView) if self.query(LineView) else self.query_one(VerticalScroll)
        page = max(1, shown.size.height - 1)
        by = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -shown.virtual_size.height, "end": shown.virtual_size.height}
        shown.scroll_relative(y=by[key], animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "whole":
            self._show_whole()
            return
        typed = self.query_one("#word", Input).value if self._word else ""
        self.dismiss(typed if event.button.id == "act" else None)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in _SCROLLING:
            event.stop()
            self._scroll(event.key)
        elif event.key == "v" and not isinstance(self.focused, Input):
            event.stop()
            self._show_whole()
        elif event.key in ("left", "right") and not isinstance(self.focused, Input):
            event.stop()
            self.focus_next() if event.key == "right" else self.focus_previous()
