"""Messages between the parts of the console: facts, named in the past tense, and requests."""

from textual.message import Message

from k8sconsole.errors import ConsoleError
from k8sconsole.model.refs import ClusterName, ObjectRef
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


class ContextsChosen(Message):
    """Contexts to browse together."""

    def __init__(self, names: list[ClusterName]) -> None:
        super().__init__()
        self.names = names


class FrameChanged(Message):
    """What the first, second or last row shows is no longer true."""


class StatusMessage(Message):
    """A message for the person: shown as a toast, listed under ``:messages``. severity: information, warning or error."""

    def __init__(self, title: str, detail: str = "", severity: str = "information") -> None:
        super().__init__()
        self.title = title
        self.detail = detail
        self.severity = severity

    @classmethod
    def from_error(cls, error: ConsoleError, severity: str = "error") -> "StatusMessage":
        """The error with its reason and remedy."""
        remedy = f" (try: {error.remedy})" if error.remedy else ""
        return cls(error.title, f"{error.detail}{remedy}".strip(), severity)


class ObjectRequested(Message):
    """An object was chosen in another pane; the cluster pane shows it."""

    def __init__(self, ref: ObjectRef) -> None:
        super().__init__()
        self.ref = ref
