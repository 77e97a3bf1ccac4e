"""A tool call and its outcome, as every face and the pipeline know them."""

from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.model.freshness import Freshness


class Risk(StrEnum):
    """READ changes nothing. WRITE changes something that can be changed back. DESTRUCTIVE deletes, overwrites a spec or runs code."""

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
    """The seed's classification of a tool. operation_types are Kubernetes verbs (list, get, create, …) or read/write for the rest."""

    resource_types: tuple[str, ...]
    operation_types: tuple[str, ...]
    scope: Scope
    output_format: str = "object"
    cache_friendly: bool = True


class ToolCall(msgspec.Struct, frozen=True):
    """deadline in seconds from the call. caller names who asked (a user, an MCP client's name)."""

    tool: str
    arguments: dict[str, Any]
    face: Face
    caller: str = "local"
    request_id: str = ""
    deadline: float = 30.0


class Page(msgspec.Struct, frozen=True):
    """next: the cursor that continues, None at the end. total: how many there are in all, None when unknown."""

    next: str | None = None
    total: int | None = None


class ToolOutcome(msgspec.Struct, frozen=True):
    """data is a JSON value. A failed outcome has ``error`` and no data."""

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
        """The result as clients are promised it; see docs/tools.md."""
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
    """What a person is asked before a change. consequences: most serious first. confirm_word: what must be typed; empty: yes is enough."""

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


class Answer(msgspec.Struct, frozen=True):
    """by: who answered. A word that does not match the question's confirm_word is a no."""

    yes: bool
    word: str = ""
    by: str = ""
