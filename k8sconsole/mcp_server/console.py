"""The little that this face asks of the console: a capability, not the class."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from k8sconsole.kit.clock import Clock
from k8sconsole.model.tools import Answer, Question, ToolCall, ToolOutcome

Progress = Callable[[float, float | None, str], Awaitable[None]]


class ToolView(Protocol):
    """A tool of the catalogue, as far as a client is told."""

    name: str
    title: str
    summary: str
    toolset: str

    def input_schema(self) -> dict[str, Any]: ...
    def output_schema(self) -> dict[str, Any]: ...
    def annotations(self) -> dict[str, bool]: ...


class Approvals(Protocol):
    def subscribe(self, listener: Callable[[Question], None]) -> Callable[[], None]: ...
    def answer(self, request_id: str, answer: Answer) -> bool: ...


class Console(Protocol):
    """tools() names what policy offers to this face; tool() raises UnknownTool; act() never raises but for cancellation."""

    clock: Clock

    @property
    def approvals(self) -> Approvals: ...
    def tools(self) -> list[Any]: ...
    def tool(self, name: str) -> Any: ...
    async def act(self, call: ToolCall, progress: Progress) -> ToolOutcome: ...
