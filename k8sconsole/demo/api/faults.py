"""Fault injection for tests: failures of the server, the network and its proxies."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOGGED_REQUESTS = 10_000


@dataclass(slots=True)
class Fault:
    """A fault for the next `times` requests that match.

    A request matches when its path begins with `path` and contains `query`. `watch` True matches only watches, False only other requests.

    - `code`: refuse with this status and `headers`; `instead` is then the body.
    - `after`: send only this many bytes of the body, or of a watch's first event; then do what `then` says.
    - `then`: `cut` aborts the connection, `ends` ends the response as if it were complete, `silent` sends nothing more.
    - `instead`: send these bytes in place of the body, or of a watch's first event.
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
    """The planned faults, and a log of the requests.

    While `answering` is cleared, nothing is answered, bookmarks included. `requests` holds `path?query` of the latest requests.
    """

    answering: asyncio.Event = field(default_factory=asyncio.Event)
    planned: list[Fault] = field(default_factory=list)
    requests: deque[str] = field(default_factory=lambda: deque(maxlen=_LOGGED_REQUESTS))

    async def next_fault(self, path: str, watch: bool) -> Fault | None:
        """Log a request, wait until the server answers, and return the fault planned for the request, if any."""
        self.requests.append(path)
        await self.answering.wait()
        fault = next((fault for fault in self.planned if fault.matches(path, watch)), None)
        if fault is not None:
            fault.times -= 1
        return fault
