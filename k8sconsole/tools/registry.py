"""The catalogue: every tool by its name and its other spellings."""

from collections.abc import Iterable, Iterator

from k8sconsole.errors import UnknownTool
from k8sconsole.kit.text import nearest
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face
from k8sconsole.store.port import ToolRecord
from k8sconsole.tools.policy import offered
from k8sconsole.tools.spec import ToolSpec


class Registry:
    """Refuses two tools that answer to one name, when it is built."""

    def __init__(self, tools: Iterable[ToolSpec]) -> None:
        self._tools: dict[str, ToolSpec] = {}
        self._names: dict[str, str] = {}
        for tool in tools:
            self._tools[tool.name] = tool
            for name in (tool.name, *tool.aliases):
                if self._names.setdefault(name, tool.name) != tool.name:
                    raise ValueError(f"{tool.name} and {self._names[name]} both answer to {name}")

    def __iter__(self) -> Iterator[ToolSpec]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def find(self, name: str) -> ToolSpec:
        """By name or alias. Raises UnknownTool naming the nearest."""
        if name in self._names:
            return self._tools[self._names[name]]
        close = nearest(name, tuple(self._names))
        remedy = close[0] if close else "k8sconsole tools list"
        raise UnknownTool(
            f"no tool {name[:100]!r}", "the catalogue has no tool of that name", remedy, {"given": name[:100], "nearest": close}
        )

    def offered(self, face: Face, policy: Policy, toolsets: tuple[str, ...] = ()) -> list[ToolSpec]:
        """What a face lists: nothing that policy refuses whatever the arguments. toolsets narrows it further."""
        return [tool for tool in self if offered(tool, face, policy) and (not toolsets or tool.toolset in toolsets)]

    def records(self) -> list[ToolRecord]:
        return [tool.record() for tool in self]
