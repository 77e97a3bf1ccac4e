"""The registry of all tools, by name and alias: built-in tools and tools of attached servers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import chain

from k8sconsole.errors import ConsoleError, UnknownTool
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.attached_servers import TOOL_NAME_SEPARATOR
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face
from k8sconsole.store.port import ToolRecord
from k8sconsole.tools.policy import is_listed
from k8sconsole.tools.spec import ToolSpec

READING = (
    "clusters",
    "kinds",
    "lists",
    "events",
    "search",
    "objects",
    "description",
    "logs",
    "rollouts",
    "usage",
    "access",
    "cache",
    "history",
    "helm",
)
WRITING = ("deployments", "manifests", "deletion", "workloads", "nodes", "debug", "metadata", "cronjobs", "undo")


class Registry:
    """Loads built-in tools on demand: a lookup does not import all toolsets. Names and aliases are unique."""

    def __init__(self, tools: Iterable[ToolSpec]) -> None:
        self._pending = iter(tools)
        self._tools: dict[str, ToolSpec] = {}
        self._names: dict[str, str] = {}
        self._attached: dict[str, dict[str, ToolSpec]] = {}
        self._absences: dict[str, Callable[[], ConsoleError | None]] = {}

    def __iter__(self) -> Iterator[ToolSpec]:
        while self._load_next():
            pass
        return chain(self._tools.values(), *(tools.values() for tools in self._attached.values()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find(self, name: str) -> ToolSpec:
        """The tool of that name or alias. Raises UnknownTool with the nearest names, and Unreachable for a tool of an attached server that
        has not answered."""
        for tools in self._attached.values():
            if name in tools:
                return tools[name]
        while name not in self._names:
            if not self._load_next():
                if problem := self._absence_of(name):
                    raise problem
                raise _unknown_tool_error(name, (*self._names, *(one for tools in self._attached.values() for one in tools)))
        return self._tools[self._names[name]]

    def expect_server(self, server: str, absence: Callable[[], ConsoleError | None]) -> None:
        """An attached server whose tools may come. absence: returns why they are not known yet; None once they are."""
        self._absences[server] = absence

    def attach_tools(self, server: str, tools: Sequence[ToolSpec]) -> bool:
        """Replace the tools of an attached server. Returns whether clients see a difference."""
        before, self._attached[server] = self._attached.get(server, {}), {tool.name: tool for tool in tools}
        return _client_view(before.values()) != _client_view(tools)

    def attached_tools(self, server: str) -> list[ToolSpec]:
        return list(self._attached.get(server, {}).values())

    def _absence_of(self, name: str) -> ConsoleError | None:
        server, separator, _ = name.partition(TOOL_NAME_SEPARATOR)
        return self._absences[server]() if separator and server in self._absences else None

    def _load_next(self) -> bool:
        """Load one more built-in tool. Returns False if there is none left. Raises ValueError for a duplicate name."""
        tool = next(self._pending, None)
        if tool is None:
            return False
        for name in (tool.name, *tool.aliases):
            if self._names.setdefault(name, tool.name) != tool.name:
                raise ValueError(f"{tool.name} and {self._names[name]} both use the name {name}")
        self._tools[tool.name] = tool
        return True

    def list_tools(self, face: Face, policy: Policy, toolsets: tuple[str, ...] = ()) -> list[ToolSpec]:
        """The tools that a face lists: those that policy allows with some arguments. toolsets: limits the result; empty for all."""
        return [tool for tool in self if is_listed(tool, face, policy) and (not toolsets or tool.toolset in toolsets)]

    def records(self) -> list[ToolRecord]:
        return [tool.record() for tool in self]


def _client_view(tools: Iterable[ToolSpec]) -> list[object]:
    """The properties that clients see."""
    return [(tool.name, tool.summary, tool.risk, tool.held, tool.input_schema()) for tool in tools]


def _unknown_tool_error(name: str, known: tuple[str, ...]) -> UnknownTool:
    close = find_nearest(name, known)
    remedy = close[0] if close else "k8sconsole tools servers" if TOOL_NAME_SEPARATOR in name else "k8sconsole tools list"
    return UnknownTool(f"no tool {name[:100]!r}", "no tool has that name or alias", remedy, {"given": name[:100], "nearest": close})


def builtin_registry() -> Registry:
    """The registry of the built-in tools.

    Toolsets load in order, until the requested tool is found. The scanner's tools are in the first ones.
    """
    return Registry(_load_builtin_tools())


def _load_builtin_tools() -> Iterator[ToolSpec]:
    for module in (*READING, *WRITING):
        yield from import_module(f"k8sconsole.tools.toolsets.{module}").TOOLS
