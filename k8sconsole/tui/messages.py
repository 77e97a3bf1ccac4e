"""What the parts of the console tell one another: past-tense facts, and requests that name what is wanted."""

from textual.message import Message

from k8sconsole.errors import ConsoleError
from k8sconsole.model.refs import ObjectRef
from k8sconsole.model.tools import Question


class FactsAvailable(Message):
    """The console has published facts; the bridge holds them until they are taken."""


class QuestionAsked(Message):
    """A change waits for a person's answer."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question


class CommandSubmitted(Message):
    """A line typed behind the colon, or chosen elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class FrameChanged(Message):
    """What the first, second or last row shows is no longer true."""


class StatusMessage(Message):
    """Something a person should read; kept under ``:messages``. severity: information, warning or error."""

    def __init__(self, title: str, detail: str = "", severity: str = "information") -> None:
        super().__init__()
        self.title = title
        self.detail = detail
        self.severity = severity

    @classmethod
    def from_error(cls, error: ConsoleError, severity: str = "error") -> "StatusMessage":
        """The error with its reason and remedy."""
        return cls(error.title, str(error), severity)


class ObjectRequested(Message):
    """Somebody chose an object elsewhere; the cluster pane shows it."""

    def __init__(self, ref: ObjectRef) -> None:
        super().__init__()
        self.ref = ref
