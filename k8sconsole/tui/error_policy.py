"""What happens when code of the console raises: a ConsoleError becomes a message, a bug becomes a logged and visible failure.

Neither ends the console. Workers are declared with ``worker()``, never with textual's ``work``. Message handlers are covered by
``ResilientPump``, actions by ConsoleApp. Cancellation is no error and passes through.
"""

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from textual import work
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerFailed

from k8sconsole.errors import ConsoleError
from k8sconsole.tui.messages import StatusMessage

log = logging.getLogger("k8sconsole.tui")

P = ParamSpec("P")
Node = TypeVar("Node", bound=DOMNode)


@runtime_checkable
class FailureDisplay(Protocol):
    """A view or pane that can show that it failed. failure: the line that is shown now, empty when there is none."""

    failure: str

    def show_failure(self, text: str) -> None: ...


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
    """Shows the error as a message. Any error but a ConsoleError is also logged with its traceback and shown by the view it belongs to.

    Returns False for a failure that the view shows already: it is not reported again.
    """
    cause = error.error if isinstance(error, WorkerFailed) and isinstance(error.error, Exception) else error
    if isinstance(cause, ConsoleError):
        node.app.post_message(StatusMessage.from_error(cause))
        return True
    text = f"this view failed: {type(cause).__name__}: {cause}"
    owner = find_failure_display(node)
    if owner is not None and owner.failure == text:
        return False  # it is on the screen already; a timer or a redraw would repeat it without end
    log.error("%s failed", type(owner or node).__name__, exc_info=(type(cause), cause, cause.__traceback__))
    if owner is not None:
        owner.show_failure(text)
    node.app.post_message(StatusMessage(text, "the log has the details; the console continues", "error"))
    return True


def find_failure_display(node: MessagePump) -> FailureDisplay | None:
    """The nearest view or pane that the node is, or lies in."""
    if not isinstance(node, DOMNode):
        return None
    return next((one for one in node.ancestors_with_self if isinstance(one, FailureDisplay)), None)


class ResilientPump(MessagePump):
    """Base of the console's own widgets: a message handler that raises does not stop the widget from handling the next message."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - the app decides what becomes of it
            self.app._handle_exception(error)
