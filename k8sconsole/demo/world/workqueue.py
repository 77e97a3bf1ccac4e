"""The controllers' work queue: first in, first out, without duplicates, with timers."""

import heapq
from collections import OrderedDict
from datetime import datetime

Item = tuple[str, str, str]
"""Controller name, namespace, object name."""


class WorkQueue:
    """An item is queued once however often it is added. Only the earliest timer of an item counts."""

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
        """Queue every item whose timer is due."""
        while self._timers and self._timers[0][0] <= now:
            due, item = heapq.heappop(self._timers)
            if self._due.get(item) == due:
                del self._due[item]
                self.add(item)

    def next_due(self) -> datetime | None:
        """The time of the earliest timer, or None."""
        while self._timers and self._due.get(self._timers[0][1]) != self._timers[0][0]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None
