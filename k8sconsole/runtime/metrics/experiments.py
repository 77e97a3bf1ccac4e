"""Experiments behind two KPIs: how much time the cache saves, and whether suggestions were right. Their samples are stored in the cache
file; ``model.indicators`` computes the KPIs."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from k8sconsole.model.freshness import Source
from k8sconsole.model.indicators import CACHED, DIRECT, SUGGESTED
from k8sconsole.model.tools import Face, ToolCall, ToolOutcome
from k8sconsole.tools.spec import ToolSpec

EVERY = 300.0
"""Seconds between two comparisons at least."""
MOST_ROWS = 500
"""A longer list is not requested a second time."""
CALLER = "measurement"
_LONG_RUNNING = (Face.TUI, Face.MCP, Face.CHAT)
"""Faces whose process stays long enough to measure."""


class CacheComparison:
    """Measures how much time the cache saves: every few minutes it repeats one cached list against the cluster and stores both times.
    Comparisons are rare and small, so that the API server hardly notices.

    call: runs a tool call, never raises. record: stores (name, value). monotonic: seconds."""

    def __init__(
        self, call: Callable[[ToolCall], Awaitable[ToolOutcome]], record: Callable[[str, float], None], monotonic: Callable[[], float]
    ) -> None:
        self._call = call
        self._record = record
        self._monotonic = monotonic
        self._last = float("-inf")

    def is_due(self, tool: ToolSpec, call: ToolCall, outcome: ToolOutcome) -> bool:
        """Whether to measure this call. True starts the interval to the next comparison."""
        if self._monotonic() - self._last < EVERY:
            return False
        cached = outcome.error is None and outcome.freshness is not None and outcome.freshness.source is Source.CACHE
        lists = tool.verb == "list" and tool.capabilities.cache_friendly and "live" in tool.input.__struct_fields__
        small = outcome.page.total is not None and 0 < outcome.page.total <= MOST_ROWS
        plain = not call.arguments.get("cursor") and call.caller != CALLER and call.face in _LONG_RUNNING
        if not (cached and lists and small and plain):
            return False
        self._last = self._monotonic()
        return True

    async def measure(self, call: ToolCall, cached: ToolOutcome) -> None:
        direct = await self._call(msgspec.structs.replace(call, arguments={**call.arguments, "live": True}, caller=CALLER, request_id=""))
        if direct.error is None and direct.freshness is not None and direct.freshness.source is Source.LIVE:
            self._record(CACHED, cached.duration_ms)
            self._record(DIRECT, direct.duration_ms)


class SuggestionCheck:
    """Compares each used argument with what was suggested for it. record: stores (name, value)."""

    def __init__(self, record: Callable[[str, float], None]) -> None:
        self._record = record
        self._offered: dict[tuple[str, str], frozenset[str]] = {}

    def record_offer(self, tool: str, parameter: str, values: Sequence[str]) -> None:
        """Only the last offer for a parameter counts. An empty offer is ignored."""
        if values:
            self._offered[tool, parameter] = frozenset(values)

    def record_use(self, call: ToolCall) -> None:
        """Settles every offer for this tool."""
        for key in [key for key in self._offered if key[0] == call.tool]:
            offered = self._offered.pop(key)
            if key[1] in call.arguments:
                self._record(SUGGESTED, 1.0 if str(call.arguments[key[1]]) in offered else 0.0)
