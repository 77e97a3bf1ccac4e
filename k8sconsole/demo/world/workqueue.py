"""What is to be looked at, now or later: a first-in-first-out queue without duplicates, and timers."""

import heapq
from collections import OrderedDict
from datetime import datetime

Item = tuple[str, str, str]
"""Controller, namespace, name."""


class WorkQueue:
    """Keys wait once, however often they are added; a timer is kept only while it is the item's earliest."""

    def __init__(self) -> None:
        self._ready: OrderedDict[Item, None] = OrderedDict()
        self._timers: list[tuple[datetime, Item]] = []
        self._due: dict[Item, datetime] = {}

    def add(self, item: Item) -> None:
        self._ready[item] = None

    def add_at(self, due: datetime, item: Item) -> None:
        if item not in self._due or due < self._due[item]:
            self._due[item] = due
            heapq.heappush(self._timers, (due, item))

    def pop(self) -> Item | None:
        return self._ready.popitem(last=False)[0] if self._ready else None

    def release_due(self, now: datetime) -> None:
        """Turn every timer that is due into work."""
        while self._timers and self._timers[0][0] <= now:
            due, item = heapq.heappop(self._timers)
            if self._due.get(item) == due:
                del self._due[item]
                self.add(item)

    def next_due(self) -> datetime | None:
        """When the earliest timer rings."""
        while self._timers and self._due.get(self._timers[0][1]) != self._timers[0][0]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None
