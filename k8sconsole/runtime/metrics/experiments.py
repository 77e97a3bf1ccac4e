"""The facts behind the indicators that only a process at work can learn: how much time the cache saves, and whether what was suggested was
right. They are kept in the cache file; ``model.indicators`` says what they come to."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from k8sconsole.model.freshness import Source
from k8sconsole.model.indicators import CACHED, DIRECT, SUGGESTED
from k8sconsole.model.tools import Face, ToolCall, ToolOutcome
from k8sconsole.tools.spec import ToolSpec

EVERY = 300.0
"""Seconds between two measurements at the least."""
MOST_ROWS = 500
"""A longer list is not asked for twice."""
CALLER = "measurement"
_PATIENT = (Face.TUI, Face.MCP, Face.CHAT)
"""Faces of a process that stays."""


class Pairing:
    """How much time the cache saves, by really asking twice: now and then a list that the cache answered is asked again of the cluster, and
    both times are kept. Seldom and small, so that measuring costs the API server next to nothing.

    call: runs a call, never raises. keep: (name, value) is kept as a fact. monotonic: seconds."""

    def __init__(
        self, call: Callable[[ToolCall], Awaitable[ToolOutcome]], keep: Callable[[str, float], None], monotonic: Callable[[], float]
    ) -> None:
        self._call = call
        self._keep = keep
        self._monotonic = monotonic
        self._last = float("-inf")

    def wants(self, tool: ToolSpec, call: ToolCall, outcome: ToolOutcome) -> bool:
        """Whether this call is to be measured; the next one then has to wait."""
        if self._monotonic() - self._last < EVERY:
            return False
        cached = outcome.error is None and outcome.freshness is not None and outcome.freshness.source is Source.CACHE
        lists = tool.verb == "list" and tool.capabilities.cache_friendly and "live" in tool.input.__struct_fields__
        small = outcome.page.total is not None and 0 < outcome.page.total <= MOST_ROWS
        plain = not call.arguments.get("cursor") and call.caller != CALLER and call.face in _PATIENT
        if not (cached and lists and small and plain):
            return False
        self._last = self._monotonic()
        return True

    async def measure(self, call: ToolCall, cached: ToolOutcome) -> None:
        direct = await self._call(msgspec.structs.replace(call, arguments={**call.arguments, "live": True}, caller=CALLER, request_id=""))
        if direct.error is None and direct.freshness is not None and direct.freshness.source is Source.LIVE:
            self._keep(CACHED, cached.duration_ms)
            self._keep(DIRECT, direct.duration_ms)


class Suggested:
    """Whether what was suggested held what was then used. keep: as of ``Pairing``."""

    def __init__(self, keep: Callable[[str, float], None]) -> None:
        self._keep = keep
        self._offered: dict[tuple[str, str], frozenset[str]] = {}

    def offer(self, tool: str, parameter: str, values: Sequence[str]) -> None:
        """What was suggested last for a parameter counts; nothing suggested is no suggestion."""
        if values:
            self._offered[tool, parameter] = frozenset(values)

    def used(self, call: ToolCall) -> None:
        """A call was made; what was offered for it is settled."""
        for key in [key for key in self._offered if key[0] == call.tool]:
            offered = self._offered.pop(key)
            if key[1] in call.arguments:
                self._keep(SUGGESTED, 1.0 if str(call.arguments[key[1]]) in offered else 0.0)
