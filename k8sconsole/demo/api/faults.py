"""What is wrong with the demo's server: the faults that a test may switch on, as a network and its proxies have them."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMEMBERED = 10_000


@dataclass(slots=True)
class Fault:
    """What happens to the next ``times`` requests whose path begins so and whose query holds ``query``; ``watch`` restricts it to watches
    or to all others.

    code: refused with this status, headers and, when given, body. after: only so many bytes of the answer's body come (of a watch: after
    its first event), then ``then``: the connection is ``cut``, the answer ``ends`` as if it were whole, or is ``silent`` from then on.
    instead: bytes to send in place of the body, or, of a watch, before its first event.
    """

    path: str
    query: str = ""
    watch: bool | None = None
    times: int = 1
    code: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    instead: bytes | None = None
    after: int | None = None
    then: str = "ends"

    def matches(self, path: str, watch: bool) -> bool:
        return self.times > 0 and path.startswith(self.path) and self.query in path and self.watch in (None, watch)


@dataclass(slots=True)
class FaultInjector:
    """`running` cleared means that nothing is answered, bookmarks included. asked: the paths of the latest requests, with their queries
    behind a question mark."""

    answering: asyncio.Event = field(default_factory=asyncio.Event)
    planned: list[Fault] = field(default_factory=list)
    requests: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    async def next_fault(self, path: str, watch: bool) -> Fault | None:
        """Notes a request, waits while nothing is answered, and tells the fault that is planned for it."""
        self.requests.append(path)
        await self.answering.wait()
        fault = next((fault for fault in self.planned if fault.matches(path, watch)), None)
        if fault is not None:
            fault.times -= 1
        return fault
