"""The application: theme, messages, errors and questions. The screens and panes do the rest."""

import contextlib
import logging
import os
import time
from collections import deque
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual._context import active_message_pump
from textual.app import App
from textual.dom import DOMNode

from k8sconsole.config import paths
from k8sconsole.config.settings import Settings
from k8sconsole.errors import ConfigurationError, ConsoleError, refusal_of
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.kit.text import strip_control
from k8sconsole.model.refs import Namespace
from k8sconsole.runtime.api import ConsoleApi
from k8sconsole.tui.actions import ACTIONS, find_key_conflicts
from k8sconsole.tui.bridge import PAUSE, Bridge
from k8sconsole.tui.context import TuiContext, own_namespaces
from k8sconsole.tui.error_policy import ResilientPump, report_error, worker
from k8sconsole.tui.messages import FactsAvailable, QuestionAsked, StatusMessage
from k8sconsole.tui.palette import ActionProvider
from k8sconsole.tui.screens.main import MainScreen
from k8sconsole.tui.terminal_keys import add_option_keys, read_alt_digits
from k8sconsole.tui.themes import BUILT_IN, NIGHT, ThemeSpec, build_css_variables, build_textual_theme, load_theme, theme_files
from k8sconsole.tui.visuals.glyphs import Glyphs, glyphs_for
from k8sconsole.tui.visuals.questions import act_label, confirm_label, question_lines, whole_change
from k8sconsole.tui.widgets.paint import Palette
from k8sconsole.tui.widgets.question import QuestionDialog

log = logging.getLogger("k8sconsole.tui")
ENDLESS = 20
"""Failures within one second that end the console."""
TOAST_SECONDS = 4.0
HINTS = ("`:` goes to any kind, namespace or context", "`/` narrows what is shown", "`?` lists every key that works here")


class ConsoleApp(ResilientPump, App[int]):
    """namespaces: which to show first; none means all. messages: time, severity, title and detail of everything shown to the person."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "screens/main.tcss", "screens/help.tcss", "panes/cluster.tcss", "panes/tools.tcss", "panes/chat.tcss", "panes/metrics.tcss",
    ]  # fmt: skip
    COMMANDS = {ActionProvider}
    TITLE = "k8sconsole"

    def __init__(
        self, console: ConsoleApi, settings: Settings, *, namespaces: tuple[str, ...] = (), clock: Clock | None = None,
        glyphs: Glyphs | None = None, themes: Path | None = None, hints: Path | None = None,
    ) -> None:  # fmt: skip
        self.messages: list[tuple[float, str, str, str]] = []
        self._folder = themes or paths.share_dir("themes")
        self._look, self._problem = self._load_first_theme(settings.theme)
        super().__init__()
        self.context = TuiContext(console, settings, clock or SystemClock(), glyphs or glyphs_for(), Palette(self._look.colours()))
        self._namespaces = tuple(Namespace(name) for name in namespaces)
        self._hints = hints
        self._bridge: Bridge | None = None
        self._screen_shown = False
        self._failed_at: deque[float] = deque(maxlen=ENDLESS)
        self._watch: Any = None
        self._apply_theme(settings.theme if not self._problem else BUILT_IN, self._look)

    # starting

    async def on_mount(self) -> None:
        known = {one.id for one in ACTIONS}
        self.set_keymap({name: add_option_keys(keys) for name, keys in self.context.settings.keymap.items() if name in known})
        self.main = MainScreen(self.context, self._namespaces)
        if self.context.console.is_open:
            with contextlib.suppress(ConsoleError):  # _begin() tries again and reports it
                await self._load_clusters()  # so that the first frame is not an empty one
        await self.push_screen(self.main)
        self._screen_shown = True
        self._bridge = Bridge(self.context.console.events, self.post_message)
        for problem in [*([self._problem] if self._problem else []), *find_key_conflicts(self.context.settings.keymap)]:
            self.show_message(problem, severity="warning")
        self._first_start()
        self._begin()

    @worker(group="begin")
    async def _begin(self) -> None:
        try:
            if not self.context.opened:
                await self._load_clusters()
                self.main.cluster.reload()
            await self.action_load_completions()
        except ConsoleError as error:
            self.context.opened = True
            self.main.cluster.fail(f"the console could not open: {error}")
            self.on_status_message(StatusMessage.from_error(error))

    async def _load_clusters(self) -> None:
        clusters = self.context.console.clusters
        self.context.selected = await clusters.selected()
        self.context.states.update(await clusters.states())
        self.main.cluster.adopt(await own_namespaces(self.context))
        self.context.opened = True

    async def action_load_completions(self) -> None:
        """Kinds, namespaces and contexts for completion."""
        clusters = self.context.console.clusters
        self.context.contexts = [info.name for info in await clusters.contexts()]
        kinds = {resource.name: resource for name in self.context.selected for resource in await clusters.resources(name)}
        self.context.resources = list(kinds.values())
        self.context.namespaces = await self._namespace_names()
        self.main.draw_frame()

    async def _namespace_names(self) -> list[str]:
        from k8sconsole.model.cache_records import RowQuery
        from k8sconsole.model.refs import ResourceName

        rows = await self.context.console.cache.rows(RowQuery(ResourceName("namespaces"), self.context.selected))
        return sorted({row.name for row in rows.rows})

    def _first_start(self) -> None:
        """Three hints, once."""
        if self._hints is None or self._hints.exists():
            return
        for hint in HINTS:
            self.show_message(hint)
        try:
            self._hints.parent.mkdir(parents=True, exist_ok=True)
            self._hints.touch()
        except OSError:
            # Without a place to remember it, the hints come again next time; nothing else depends on it.
            return

    # what the console says

    def on_facts_available(self, event: FactsAvailable) -> None:
        self.set_timer(PAUSE, self._deliver)

    def _deliver(self) -> None:
        for fact in self._bridge.take() if self._bridge else ():
            self.main.handle_fact(fact)

    def on_question_asked(self, event: QuestionAsked) -> None:
        self._put(event)

    @worker(group="questions")
    async def _put(self, event: QuestionAsked) -> None:
        from k8sconsole.model.tools import Answer

        question = event.question
        dialog = QuestionDialog(
            question.title, question_lines(question, self.context.glyphs), confirm_word=question.confirm_word,
            confirm_label=confirm_label(question), act_label=act_label(question),
            whole=whole_change(question), palette=self.context.palette,
        )  # fmt: skip
        word = await self.push_screen_wait(dialog)
        answer = Answer(word is not None, word or "", by="a person at the console")
        if not await self.context.console.events.answer(question.request_id, answer):
            self.show_message("the question was no longer waiting", question.title, "warning")

    # messages

    def on_status_message(self, event: StatusMessage) -> None:
        self.show_message(event.title, event.detail, event.severity)

    def show_message(self, title: str, detail: str = "", severity: str = "information") -> None:
        """Shows one toast, and lists the message under ``:messages``."""
        title, detail = strip_control(title), strip_control(detail)
        self.messages.append((self.context.now(), severity, title, detail))
        level: Any = severity if severity in ("information", "warning", "error") else "information"
        text = f"{title} — {detail}" if detail else title
        if not any(shown.message == text for shown in self._notifications):
            self.notify(text, severity=level, timeout=TOAST_SECONDS, markup=False)

    def action_show_messages(self) -> None:
        from k8sconsole.tui.screens.messages import MessagesScreen

        self.push_screen(MessagesScreen(self.messages))

    # errors

    def _handle_exception(self, error: Exception) -> None:
        """Textual calls this for every exception that nothing caught.

        The console ends only when there is no screen yet, or when failures follow one another without end, as those of drawing do.
        """
        if not self._screen_shown:
            super()._handle_exception(error)
        elif report_error(active_message_pump.get(self), error):
            self._failed_at.append(time.monotonic())
            if len(self._failed_at) == ENDLESS and self._failed_at[-1] - self._failed_at[0] < 1.0:
                super()._handle_exception(error)

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: object) -> bool:
        """Every key of every view comes through here."""
        try:
            return await super()._dispatch_action(namespace, action_name, params)
        except Exception as error:  # noqa: BLE001 - no key ends the console
            report_error(namespace, error)
            return True

    def _fatal_error(self) -> None:
        """Logs the error. ``run`` reports it in one line, without textual's traceback and local variables."""
        log.error("the console failed", exc_info=self._exception)
        self._close_messages_no_wait()

    # themes

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return build_css_variables(NIGHT)

    def _load_first_theme(self, name: str) -> tuple[ThemeSpec, str]:
        try:
            return load_theme(name, self._folder), ""
        except ConfigurationError as error:
            return NIGHT, str(error)

    def _apply_theme(self, name: str, look: ThemeSpec) -> None:
        self._look = look
        self._theme_name = name
        self.context.palette = Palette(look.colours())
        self.register_theme(build_textual_theme(name, look))
        if self.theme == name:
            self._invalidate_css()
            self.refresh_css(animate=False)
        self.theme = name
        if self.is_running and hasattr(self, "main"):
            self.main.restyle(self.context.palette)
        self._follow_file(name)

    def _follow_file(self, name: str) -> None:
        path = theme_files(self._folder).get(name)
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if path is not None and self.is_running:
            from k8sconsole.config.file_watch import watch_file

            self._watch = watch_file(path, lambda _: self.call_from_thread(self._reload_theme))

    def _reload_theme(self) -> None:
        self.action_theme(self._theme_name)

    def action_theme(self, name: str) -> None:
        """Reports a theme that cannot be used, and keeps the current one."""
        try:
            self._apply_theme(name, load_theme(name, self._folder))
        except ConfigurationError as error:
            self.on_status_message(StatusMessage.from_error(error, "warning"))

    def action_next_theme(self) -> None:
        names = sorted({BUILT_IN, *theme_files(self._folder)})
        at = names.index(self._theme_name) if self._theme_name in names else -1
        self.action_theme(names[(at + 1) % len(names)])

    def on_unmount(self) -> None:
        if self._watch is not None:
            self._watch.stop()


def run(console: ConsoleApi, settings: Settings, *, namespaces: tuple[str, ...] = ()) -> int:
    """Runs the console on the terminal until it is left; its exit code."""
    if "SSH_CONNECTION" in os.environ:
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    read_alt_digits()
    app = ConsoleApp(console, settings, namespaces=namespaces, hints=paths.data_dir() / ".hints-shown")
    code = app.run(mouse=settings.console.mouse) or 0
    if isinstance(app._exception, OSError):
        raise refusal_of("the console failed", app._exception) from app._exception
    if app._exception is not None:
        why = f"{type(app._exception).__name__}: {app._exception}"
        raise ConsoleError("the console failed", why, "the same with --debug, and report what it shows") from app._exception
    return code
