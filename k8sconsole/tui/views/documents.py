"""One object as text: its description, its YAML as the cache keeps it, or what happened to it."""

from collections.abc import Callable

from k8sconsole.errors import ConsoleError
from k8sconsole.model.events import Fact, RowsChanged
from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.views.base import TextView
from k8sconsole.tui.visuals.documents import describe_line, describe_lines, yaml_line
from k8sconsole.tui.visuals.timeline import timeline_line, timeline_lines
from k8sconsole.tui.widgets.line_view import LineView
from k8sconsole.tui.widgets.paint import Line, Piece

PAINTERS: dict[str, Callable[[str], Line]] = {"describe": describe_line, "yaml": yaml_line, "timeline": timeline_line}


class DocumentView(TextView):
    """how: describe, yaml or timeline. The text follows the object when it changes."""

    BINDINGS = bindings_for("text")

    def __init__(self, context: TuiContext, ref: ObjectRef, how: str) -> None:
        super().__init__(context, LineView(context.palette, PAINTERS[how]))
        self.ref = ref
        self.how = how

    def on_mount(self) -> None:
        self.load()

    @worker(group="load", exclusive=True)
    async def load(self) -> None:
        how = self.how
        try:
            lines = await self._lines(how)
        except ConsoleError as error:
            lines = [str(error)]
        self.text.painter = PAINTERS[how]
        self.text.replace(lines)

    async def _lines(self, how: str) -> list[str]:
        ref, console = self.ref, self.context.console
        match how:
            case "yaml":
                return (await console.cache.yaml(ref)).rstrip("\n").split("\n")
            case "timeline":
                return timeline_lines(await console.history.timeline(ref), self.context.now())
        return describe_lines(await console.cache.describe(ref))

    def frame(self) -> Frame:
        groups: list[Line] = [(Piece(self._filter, "changed", True),)] if self._filter else []
        groups.append((Piece(f"{len(self.text.lines)} lines{', wrapped' if self.text.wrap else ''}", "muted"),))
        return Frame(
            (self.ref.resource.partition(".")[0], *((self.ref.namespace,) if self.ref.namespace else ()), self.ref.name, self.how),
            tuple(groups),
            "text",
        )

    def handle_fact(self, fact: Fact) -> None:
        match fact:
            case RowsChanged(cluster=self.ref.cluster, resource=self.ref.resource):
                self.load()

    def action_text_filter(self) -> None:
        self.context.prompt("/", self._filter)

    def action_text_wrap(self) -> None:
        self.text.toggle_wrap()
        self.post_message(FrameChanged())

    def action_text_copy(self) -> None:
        self.app.copy_to_clipboard("\n".join(self.text.lines))
        self.post_message(StatusMessage(f"copied {len(self.text.lines)} lines"))

    def action_text_other(self) -> None:
        self._turn("describe" if self.how == "yaml" else "yaml")

    def action_text_timeline(self) -> None:
        self._turn("timeline")

    def _turn(self, how: str) -> None:
        self.how = how
        self.text.scroll_home(animate=False)
        self.load()

    def action_text_refresh(self) -> None:
        self.load()
        self.post_message(StatusMessage(f"reading {self.ref.name} again"))
