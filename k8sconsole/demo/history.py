"""A bounded window of the store's changes. Watches resume from it, and lists at old revisions are rebuilt from it."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from k8sconsole.demo import status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sconsole.demo.resources import ServedResource

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
Key = tuple[str, str]
WINDOW = 10_000
BACKLOG = 20_000


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One change. `raw` is the object after it (its last state when deleted), `previous_raw` the one before, None when added."""

    type: EventType
    resource: ServedResource
    namespace: str
    name: str
    resource_version: int
    raw: bytes
    previous_raw: bytes | None


class Subscription:
    """Changes from now on, as an asynchronous iterator.

    `key` is the kind it follows; None follows all kinds. The iterator ends when the subscription is closed. A subscription to one kind
    is a client's watch: it is also closed when more than `BACKLOG` events are pending. Subscribers to all kinds run in this process and
    are never closed for that.
    """

    def __init__(self, key: str | None) -> None:
        self.key = key
        self._events: deque[StoreEvent] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    def deliver(self, event: StoreEvent) -> None:
        if self.key is not None and event.resource.key != self.key:
            return
        self._events.append(event)
        if self.key is not None and len(self._events) > BACKLOG:
            self.close()
        self._arrived.set()

    def close(self) -> None:
        self._closed = True
        self._arrived.set()

    @property
    def closed(self) -> bool:
        return self._closed

    def take_pending(self) -> list[StoreEvent]:
        """Return and clear the pending events."""
        events = list(self._events)
        self._events.clear()
        self._arrived.clear()
        return events

    async def wait(self) -> None:
        """Return when an event has arrived or the subscription is closed."""
        if not self._closed:
            await self._arrived.wait()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> StoreEvent:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()


class ChangeHistory:
    """A ring buffer of past changes. A watch can resume from revision `oldest` or later; earlier revisions are gone (410).

    A continue token carries the `epoch` in which it was issued. Tokens of an earlier epoch are expired.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self._events: deque[StoreEvent] = deque()
        self._subscriptions: set[Subscription] = set()
        self.oldest = 0
        self.epoch = 0

    def record(self, event: StoreEvent) -> None:
        self._events.append(event)
        if len(self._events) > self._window:
            self.oldest = self._events.popleft().resource_version
        for subscription in tuple(self._subscriptions):
            subscription.deliver(event)
            if subscription.closed:
                self._subscriptions.discard(subscription)

    def compact(self, revision: int) -> None:
        """Drop all changes. Requests for a revision before this one are answered with 410."""
        self._events.clear()
        self.oldest = revision

    def expire_tokens(self) -> None:
        """Expire every continue token issued so far."""
        self.epoch += 1

    def subscribe(self, key: str | None) -> Subscription:
        subscription = Subscription(key)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        subscription.close()
        self._subscriptions.discard(subscription)

    def end_watches(self) -> None:
        """Close the subscriptions to one kind. Subscriptions to all kinds belong to this process and stay open."""
        for subscription in tuple(self._subscriptions):
            if subscription.key is not None:
                self.unsubscribe(subscription)

    def events_since(self, revision: int, key: str) -> list[StoreEvent]:
        """Changes of one kind after a revision, oldest first. Raises a 410 status when the window no longer holds them."""
        if revision < self.oldest:
            raise status.gone(f"too old resource version: {revision} ({self.oldest})")
        first = bisect_right(self._events, revision, key=lambda event: event.resource_version)
        return [event for event in self._events_from(first) if event.resource.key == key]

    def previous_versions(self, revision: int, key: str) -> dict[Key, bytes | None]:
        """The bytes that each object changed since then had at that revision; None for an object that did not exist."""
        past: dict[Key, bytes | None] = {}
        for event in reversed(self.events_since(revision, key)):
            past[event.namespace, event.name] = event.previous_raw
        return past

    def _events_from(self, first: int) -> Iterator[StoreEvent]:
        distance = len(self._events) - first
        newest = [event for event, _ in zip(reversed(self._events), range(distance), strict=False)]
        return reversed(newest)
