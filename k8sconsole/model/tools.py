"""Tool calls, their outcomes, and questions before a change: the types that the faces and the pipeline share."""

from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.model.freshness import Freshness


class Risk(StrEnum):
    """READ changes nothing. WRITE makes a change that can be undone. DESTRUCTIVE deletes, overwrites a spec or runs code."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


class Face(StrEnum):
    TUI = "tui"
    CHAT = "chat"
    CLI = "cli"
    MCP = "mcp"
    SCANNER = "scanner"


class Scope(StrEnum):
    CLUSTER = "cluster"
    NAMESPACE = "namespace"


class Capabilities(msgspec.Struct, frozen=True):
    """The classification of a tool. operation_types: Kubernetes verbs (list, get, create, …), or read and write for other tools."""

    resource_types: tuple[str, ...]
    operation_types: tuple[str, ...]
    scope: Scope
    output_format: str = "object"
    cache_friendly: bool = True


class ToolDescription(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool as a catalogue shows it. Schemas are JSON Schema. server: the attached server that provides it, empty for a built-in tool.
    held: why it may not be called for now."""

    name: str
    title: str
    description: str
    toolset: str
    risk: Risk
    aliases: tuple[str, ...]
    annotations: dict[str, bool]
    capabilities: Capabilities
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    server: str = ""
    held: str = ""


class ToolCall(msgspec.Struct, frozen=True):
    """One call. caller: a user's or an MCP client's name. deadline: seconds from the call."""

    tool: str
    arguments: dict[str, Any]
    face: Face
    caller: str = "local"
    request_id: str = ""
    deadline: float = 30.0


class Page(msgspec.Struct, frozen=True):
    """next: the cursor of the next page, None at the end. total: the number of all items, None when unknown."""

    next: str | None = None
    total: int | None = None


class ToolOutcome(msgspec.Struct, frozen=True):
    """The result of a call. data: a JSON value. A failed call has ``error`` and no data."""

    tool: str
    request_id: str
    data: Any = None
    text: str = ""
    freshness: Freshness | None = None
    page: Page = Page()
    warnings: tuple[str, ...] = ()
    error: ConsoleError | None = None
    duration_ms: float = 0.0

    def structured(self, now: float) -> dict[str, Any]:
        """The structured content that clients receive; see docs/tools.md. now: seconds since the epoch."""
        if self.error is not None:
            problem = self.error
            message = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
            details = {**problem.details, **({"remedy": problem.remedy} if problem.remedy else {})}
            return {"error": {"code": problem.code, "name": problem.name, "message": message, "details": details}}
        return {
            "data": self.data,
            "freshness": None if self.freshness is None else self.freshness.to_json(now),
            "page": {"next": self.page.next, "total": self.page.total},
            "warnings": list(self.warnings),
        }


class Question(msgspec.Struct, frozen=True):
    """The question to a person before a change. ``model.question_view`` lays it out for every face.

    subject: the kind with its group, the namespace, and the number of objects. dangers: what is dangerous in the change, whole, and
    consequences: what else it does; both most serious first. dry_run: the whole change as the server would make it, of any length.
    confirm_word: the word to type; empty where a yes suffices.
    """

    request_id: str
    title: str
    tool: str
    arguments: dict[str, Any]
    objects: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    dry_run: str = ""
    undo: str = ""
    confirm_word: str = ""
    reason: str = ""
    subject: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """The answer to a Question. by: the person's name. A word other than the question's confirm_word counts as no.

    asked: False where no person could be asked. A person's no is final: nothing then suggests how to get a yes.
    """

    yes: bool
    word: str = ""
    by: str = ""
    asked: bool = True
