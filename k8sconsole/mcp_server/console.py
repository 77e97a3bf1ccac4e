"""The little that this face asks of the console: a capability, not the class."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from k8sconsole.kit.clock import Clock
from k8sconsole.model.cache_records import RowQuery, Rows
from k8sconsole.model.events import Fact
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Answer, Question, Risk, ToolCall, ToolOutcome

Progress = Callable[[float, float | None, str], Awaitable[None]]


class ToolView(Protocol):
    """A tool of the catalogue, as far as a client is told."""

    name: str
    title: str
    summary: str
    toolset: str
    risk: Risk

    def input_schema(self) -> dict[str, Any]: ...
    def output_schema(self) -> dict[str, Any]: ...
    def annotations(self) -> dict[str, bool]: ...


class Approvals(Protocol):
    def subscribe(self, listener: Callable[[Question], None]) -> Callable[[], None]: ...
    def answer(self, request_id: str, answer: Answer) -> bool: ...


class Bus(Protocol):
    def subscribe(self, listener: Callable[[Fact], None]) -> Callable[[], None]: ...


class Console(Protocol):
    """tools() names what policy offers to this face; tool() raises UnknownTool; act() never raises but for cancellation; suggest() answers
    what a tool's parameter may be given. rows() and find_resource() are for following what an address was allowed to read."""

    clock: Clock

    @property
    def bus(self) -> Bus: ...
    async def rows(self, query: RowQuery) -> Rows: ...
    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource: ...

    @property
    def approvals(self) -> Approvals: ...
    def tools(self) -> list[Any]: ...
    def tool(self, name: str) -> Any: ...
    async def suggest(self, tool: str, parameter: str, given: Mapping[str, Any]) -> list[str]: ...
    async def act(self, call: ToolCall, progress: Progress) -> ToolOutcome: ...
