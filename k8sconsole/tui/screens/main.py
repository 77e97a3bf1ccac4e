"""The frame: the clusters' status, the location, the panes, the prompt while it is open, and the keys."""

from collections.abc import Sequence

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Input, Static

from k8sconsole.errors import ConsoleError
from k8sconsole.model.events import ClusterState, Fact, Notice
from k8sconsole.model.refs import ClusterName, Namespace
from k8sconsole.tui.actions import bindings_for, footer_actions, format_first_key, resolve_keymap
from k8sconsole.tui.browse.command_line import Command, complete, parse_command, resolve_contexts
from k8sconsole.tui.context import TuiContext, own_namespaces
from k8sconsole.tui.error_policy import ResilientPump, worker
from k8sconsole.tui.messages import CommandSubmitted, ContextsChosen, ObjectRequested, StatusMessage
from k8sconsole.tui.panes.base import Pane
from k8sconsole.tui.panes.cluster import ClusterPane
from k8sconsole.tui.visuals.cluster_status import cluster_status_line, version_line
from k8sconsole.tui.widgets.key_row import KeyRow, TextRow
from k8sconsole.tui.widgets.paint import Line, Palette, PaletteWidget, Piece
from k8sconsole.tui.widgets.prompt import PromptLine

LEAST = (40, 8)
"""Columns and rows below which nothing useful can be shown."""


class MainScreen(ResilientPump, Screen[None]):
    BINDINGS = bindings_for("everywhere")

    def __init__(self, context: TuiContext, namespaces: tuple[Namespace, ...] = ()) -> None:
        super().__init__()
        self.context = context
        context.prompt = self.open_prompt
        context.select = self.select_clusters
        self._keys = resolve_keymap(context.settings.keymap)
        self.cluster = ClusterPane(context, namespaces)
        self._panes: dict[str, Pane] = {"cluster": self.cluster}

    def compose(self) -> ComposeResult:
        palette = self.context.palette
        with Vertical(id="whole"):
            yield TextRow(palette, on="frame", id="truth")
            yield TextRow(palette, id="where")
            with ContentSwitcher(initial="pane-cluster", id="panes"):
                yield self._panes["cluster"]  # the others are made on first use, so that they do not delay the first rows
            yield PromptLine(self._complete, self._typed, id="prompt")
            yield KeyRow(palette, id="keys")
        yield Static(id="too-small", markup=False)

    @property
    def pane(self) -> Pane:
        name = (self.query_one(ContentSwitcher).current or "pane-cluster").removeprefix("pane-")
        return self._panes[name]

    @property
    def prompt(self) -> PromptLine:
        return self.query_one(PromptLine)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self.cluster.shown()
        self.draw_frame()

    def on_resize(self) -> None:
        small = self.size.width < LEAST[0] or self.size.height < LEAST[1]
        self.query_one("#whole").display = not small
        notice = self.query_one("#too-small", Static)
        notice.display = small
        notice.update(f"{self.size.width}×{self.size.height} is too small; {LEAST[0]}×{LEAST[1]} is enough")

    # the frame

    def on_frame_changed(self) -> None:
        self.draw_frame()

    def draw_frame(self) -> None:
        # A screen that is being taken down is still mounted when its rows have gone.
        if not self.is_mounted or not self.query("#truth"):
            return
        context, frame = self.context, self.pane.frame()
        truth = cluster_status_line(
            context.selected, context.states, context.production, context.now(), context.glyphs,
            read_only=context.settings.policy.read_only, opened=context.opened,
        )  # fmt: skip
        on = "production" if context.production else "frame"
        self.query_one("#truth", TextRow).say(truth, [line for line in (version_line(context.selected, context.states),) if line], on)
        self.query_one("#where", TextRow).say(self._crumbs(frame.crumbs), frame.groups)
        offered = [
            (one.id, format_first_key(self._keys[one.id]), one.title) for one in footer_actions(frame.scope) if one.id not in frame.without
        ]
        self.query_one(KeyRow).offer(offered)

    def _crumbs(self, crumbs: Sequence[str]) -> Line:
        pieces: list[Piece] = []
        for at, crumb in enumerate(crumbs):
            pieces += [Piece(f" {self.context.glyphs.crumb} ", "muted")] if at else []
            pieces.append(Piece(crumb, "accent" if at == 0 else "text", at == 0))
        return tuple(pieces)

    def _tick(self) -> None:
        self.pane.tick()
        self.draw_frame()

    def restyle(self, palette: Palette) -> None:
        for widget in self.query("*"):
            if isinstance(widget, PaletteWidget):
                widget.restyle(palette)

    # facts

    def handle_fact(self, fact: Fact) -> None:
        match fact:
            case ClusterState():
                self.context.states[fact.cluster] = fact
                self.draw_frame()
            case Notice():
                self.post_message(StatusMessage(fact.title, fact.detail, fact.severity))
        for pane in self._panes.values():
            pane.handle_fact(fact)

    # prompt

    def open_prompt(self, kind: str, text: str = "") -> None:
        """Opens it at once. Where text is being typed already, the key is a character like any other."""
        if isinstance(self.focused, Input):
            raise SkipAction
        self.prompt.open(kind, text)

    def _typed(self, kind: str, text: str) -> None:
        if kind == "/":
            self.prompt.note(self.pane.apply_filter(text))
            self.draw_frame()  # with the rows: the pane's own word would come a frame later

    def on_prompt_line_answered(self, event: PromptLine.Answered) -> None:
        self.pane.shown()
        if event.kind == ":":
            self.post_message(CommandSubmitted(event.text))
        elif note := self.pane.apply_filter(event.text):
            self.draw_frame()
            if note.startswith("error") or "column" in note:
                self.post_message(StatusMessage("the filter was not understood", note, "warning"))

    def on_prompt_line_left(self, event: PromptLine.Left) -> None:
        if event.kind == "/":
            self.pane.apply_filter(event.before)
        self.pane.shown()

    def _complete(self, kind: str, text: str) -> str | None:
        if kind != ":":
            return None
        words = dict.fromkeys(word for one in self.context.resources for word in (one.plural, *one.short_names))
        return complete(text, list(words), self.context.namespaces, self.context.contexts)

    # commands

    @worker(group="command")
    async def on_command_submitted(self, event: CommandSubmitted) -> None:
        event.stop()
        command = parse_command(event.text)
        try:
            await self._obey(command)
        except ConsoleError as error:
            self.post_message(StatusMessage.from_error(error, "warning"))

    async def _obey(self, command: Command) -> None:
        match command.verb:
            case "quit":
                self.app.exit(0)
            case "pane":
                await self.action_pane(command.words[0])
            case "messages" | "help":
                await self.run_action(command.verb)
            case "theme":
                await self.run_action(f"app.theme({' '.join(command.words)!r})")
            case "contexts":
                await self._contexts(command.words)
            case "namespace":
                self._front("cluster")
                self.cluster.set_namespaces(tuple(name for word in command.words for name in word.split(",")))
            case "filter":
                self.pane.apply_filter(" ".join(command.words))
            case "kind":
                self._front("cluster")
                await self.cluster.follow(command)

    async def _contexts(self, words: tuple[str, ...]) -> None:
        self._front("cluster")
        names = resolve_contexts(words, [info.name for info in await self.context.console.clusters.contexts()])
        if not names:
            self.cluster.contexts()
            return
        await self.select_clusters([ClusterName(name) for name in names])
        self.cluster.reload()

    async def select_clusters(self, names: Sequence[ClusterName]) -> None:
        """Makes these clusters the selected ones; the frame shows them at once. Raises what the console raises for a context that does not
        exist; nothing has changed then."""
        clusters, before = self.context.console.clusters, self.context.selected
        await clusters.select(names)
        self.context.selected = await clusters.selected()
        self.context.states.update(await clusters.states())
        self.cluster.adopt(await own_namespaces(self.context), before)
        self.draw_frame()
        await self.run_action("app.load_completions")

    @worker(group="command")
    async def on_contexts_chosen(self, event: ContextsChosen) -> None:
        event.stop()
        await self.select_clusters(event.names)
        self.cluster.reload()

    # actions of every view

    def action_command(self) -> None:
        self.open_prompt(":")

    def action_help(self) -> None:
        from k8sconsole.tui.screens.help import HelpScreen

        frame = self.pane.frame()
        self.app.push_screen(HelpScreen(frame.scope, self._keys, frame.without))

    def action_messages(self) -> None:
        self.app.action_show_messages()  # type: ignore[attr-defined]

    def action_back(self) -> None:
        if not self.pane.failure_line.close() and not self.pane.back() and self.pane.pane_name != "cluster":
            self._front("cluster")
        self.draw_frame()

    async def action_pane(self, name: str) -> None:
        if name not in self._panes:
            self._panes[name] = _made(name, self.context)
            await self.query_one(ContentSwitcher).add_content(self._panes[name])
        self._front(name)

    def _front(self, name: str) -> None:
        switcher = self.query_one(ContentSwitcher)
        if switcher.current != f"pane-{name}":
            switcher.current = f"pane-{name}"
        self.pane.shown()
        self.draw_frame()

    def action_next_theme(self) -> None:
        self.app.action_next_theme()  # type: ignore[attr-defined]

    async def on_key_row_chosen(self, event: KeyRow.Chosen) -> None:
        """A key of the last row was clicked: as if it had been pressed."""
        keys = self._keys[event.action].split(",")[0]
        self.app.simulate_key(keys)

    def on_object_requested(self, event: ObjectRequested) -> None:
        self._front("cluster")
        self.cluster.show_object(event.ref)


def _made(name: str, context: TuiContext) -> Pane:
    match name:
        case "tools":
            from k8sconsole.tui.panes.tools import ToolsPane

            return ToolsPane(context)
        case "chat":
            from k8sconsole.tui.panes.chat import ChatPane

            return ChatPane(context)
    from k8sconsole.tui.panes.metrics import MetricsPane

    return MetricsPane(context)
