"""What happens when code of the console raises: a ConsoleError becomes a message, a bug becomes a logged and visible failure.

Neither ends the console. Workers are declared with ``worker()``, never with textual's ``work``. Message handlers are covered by
``ResilientPump``, actions by ConsoleApp. Cancellation is no error and passes through.
"""

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from textual import work
from textual.content import Content
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerFailed

from k8sconsole.errors import ConsoleError, refusal_of
from k8sconsole.kit.redact import mask_text
from k8sconsole.tui.messages import StatusMessage
from k8sconsole.tui.widgets.paint import safe

log = logging.getLogger("k8sconsole.tui")

P = ParamSpec("P")
Node = TypeVar("Node", bound=DOMNode)


class FailureLine:
    """One line above the content of a view or pane, which says that it failed. text: what it says now, empty while it is not shown."""

    def __init__(self, owner: Widget, glyph: str) -> None:
        self._owner = owner
        self._glyph = glyph
        self.text = ""

    def show(self, text: str) -> None:
        if not self._owner.is_attached:
            return
        self.text = text
        words = Content(f"{self._glyph} {safe(text)} · the log has the details · esc closes this line")
        shown = self._owner.query_children(".failure")
        if shown:
            shown.first(Static).update(words)
        else:
            self._owner.mount(Static(words, classes="failure", markup=False), before=0)

    def close(self) -> bool:
        """False when the line was not shown."""
        shown, self.text = bool(self.text), ""
        self._owner.query_children(".failure").remove()
        return shown


def worker(
    *, group: str, exclusive: bool = False
) -> Callable[[Callable[Concatenate[Node, P], Coroutine[None, None, None]]], Callable[Concatenate[Node, P], Worker[None]]]:
    """Runs the method in the background, in textual's worker group; exclusive cancels earlier workers of the same group and node."""

    def decorate(method: Callable[Concatenate[Node, P], Coroutine[None, None, None]]) -> Callable[Concatenate[Node, P], Worker[None]]:
        @work(group=group, exclusive=exclusive, exit_on_error=False)
        @wraps(method)
        async def guarded(self: Node, *args: P.args, **kwargs: P.kwargs) -> None:
            try:
                await method(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - any error of a view is reported; it never ends the console
                report_error(self, error)

        return guarded

    return decorate


def report_error(node: MessagePump, error: Exception) -> bool:
    """Shows the error as a message. A bug, neither a ConsoleError nor an OSError, is also logged with its traceback and shown by the view
    it belongs to.

    Returns False for a failure that the view shows already: it is not reported again.
    """
    cause = error.error if isinstance(error, WorkerFailed) and isinstance(error.error, Exception) else error
    if isinstance(cause, OSError):
        log.warning("%s was refused", type(node).__name__, exc_info=(type(cause), cause, cause.__traceback__))
        cause = refusal_of("the operating system refused it", cause)
    if isinstance(cause, ConsoleError):
        node.app.post_message(StatusMessage.from_error(cause))
        return True
    text = mask_text(f"this view failed: {type(cause).__name__}: {cause}")
    line = find_failure_line(node)
    if line is not None and line.text == text:
        return False  # it is on the screen already; a timer or a redraw would repeat it without end
    log.error("%s failed", type(node).__name__, exc_info=(type(cause), cause, cause.__traceback__))
    if line is not None:
        line.show(text)
    node.app.post_message(StatusMessage(text, "the log has the details; the console continues", "error"))
    return True


def find_failure_line(node: MessagePump) -> FailureLine | None:
    """That of the nearest view or pane that the node is, or lies in."""
    lines = (getattr(one, "failure_line", None) for one in node.ancestors_with_self) if isinstance(node, DOMNode) else iter(())
    return next((line for line in lines if isinstance(line, FailureLine)), None)


class ResilientPump(MessagePump):
    """Base of the console's own widgets: a message handler that raises does not stop the widget from handling the next message."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - the app decides what becomes of it
            self.app._handle_exception(error)
