"""The log of a pod or container, followed; bounded in memory."""

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.text import strip_ansi
from k8sconsole.model.clusters import LogOptions
from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.views.base import TextView
from k8sconsole.tui.visuals.documents import log_line, pretty_log_line
from k8sconsole.tui.widgets.line_view import LineView
from k8sconsole.tui.widgets.paint import Line, Piece

FLUSH = 0.05
"""Seconds in which lines gather before they are shown."""
RANGES: tuple[tuple[str, LogOptions], ...] = (
    ("newest lines", LogOptions(follow=True, tail=1000)),
    ("first lines", LogOptions(limit_bytes=1_000_000)),
    ("last minute", LogOptions(follow=True, since=60)),
    ("last 5 minutes", LogOptions(follow=True, since=300)),
    ("last 15 minutes", LogOptions(follow=True, since=900)),
    ("last 30 minutes", LogOptions(follow=True, since=1800)),
    ("last hour", LogOptions(follow=True, since=3600)),
)


class LogView(TextView):
    BINDINGS = bindings_for("logs")

    def __init__(self, context: TuiContext, ref: ObjectRef, container: str = "", *, previous: bool = False) -> None:
        super().__init__(context, LineView(context.palette, pretty_log_line, most=context.settings.console.log_lines))
        self.text.follow = True
        self.ref = ref
        self.container = container
        self.previous = previous
        self._range = 0
        self._timestamps = False
        self._pretty = True
        self._gathered: list[str] = []
        self._state = "opening"

    def on_mount(self) -> None:
        self.set_interval(FLUSH, self._flush)
        self.read()

    @worker(group="load", exclusive=True)
    async def read(self) -> None:
        self._gathered.clear()
        self.text.replace([])
        self._say("reading")
        base = RANGES[self._range][1]
        options = LogOptions(
            container=self.container, follow=base.follow and not self.previous, previous=self.previous, timestamps=self._timestamps,
            since=base.since, tail=base.tail, limit_bytes=base.limit_bytes,
        )  # fmt: skip
        try:
            self._say("following" if options.follow else "read")
            async for line in self.context.console.tools.logs(self.ref, options):
                self._gathered.append(line)
            self._say("ended" if options.follow else "read")
        except ConsoleError as error:
            self._gathered.append(str(error))
            self.text.wrap = True
            self._say("failed")

    def _say(self, state: str) -> None:
        self._state = state
        self.post_message(FrameChanged())

    def _flush(self) -> None:
        if self._gathered:
            lines, self._gathered = self._gathered, []
            self.text.append(lines)
            self.post_message(FrameChanged())

    def frame(self) -> Frame:
        text = self.text
        flags = [
            RANGES[self._range][0], *(["previous"] if self.previous else []), *(["autoscroll"] if text.follow else []),
            *(["wrap"] if text.wrap else []), *(["timestamps"] if self._timestamps else []), *([] if self._pretty else ["raw"]),
        ]  # fmt: skip
        count = f"{len(text.lines)} of {text.total}" if self._filter else f"{text.total}"
        dropped = f", {text.dropped} older lines dropped" if text.dropped else ""
        groups: list[Line] = [(Piece(self._filter, "changed", True),)] if self._filter else []
        groups += [
            (Piece(f"{count} {'line' if count == '1' else 'lines'}{dropped}", "text"),),
            (Piece(self._state, "bad" if self._state == "failed" else "good"),),
        ]
        groups.append((Piece(" ".join(flags), "muted"),))
        return Frame(("logs", self.ref.namespace, self.ref.name, *((self.container,) if self.container else ())), tuple(groups), "logs")

    def action_range(self, number: int) -> None:
        self._range = number
        self.read()
        self.post_message(StatusMessage(f"reading {RANGES[number][0]}"))

    def action_log_autoscroll(self) -> None:
        self.text.follow = not self.text.follow
        if self.text.follow:
            self.text.action_ends(-1)
        self.post_message(FrameChanged())

    def action_log_wrap(self) -> None:
        self.text.toggle_wrap()
        self.post_message(FrameChanged())

    def action_log_timestamps(self) -> None:
        self._timestamps = not self._timestamps
        self.read()

    def action_log_previous(self) -> None:
        self.previous = not self.previous
        self.read()

    def action_log_pretty(self) -> None:
        self._pretty = not self._pretty
        self.text.repaint(pretty_log_line if self._pretty else log_line)
        self.post_message(StatusMessage("JSON lines are shown as words" if self._pretty else "JSON lines are shown as they are"))
        self.post_message(FrameChanged())

    def action_log_filter(self) -> None:
        self.context.prompt("/", self._filter)

    def action_log_copy(self) -> None:
        self.app.copy_to_clipboard("\n".join(map(strip_ansi, self.text.lines)))
        self.post_message(StatusMessage(f"copied {len(self.text.lines)} lines"))
