"""Event expiry: an event is removed an hour after its last occurrence, as on a real API server."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.clock import seconds_since
from k8sconsole.demo.world.controller import BaseController, Key, ObjectChange, Router
from k8sconsole.demo.world.kinds import EVENTS
from k8sconsole.demo.world.recorder import EVENT_TTL


class EventExpiryController(BaseController):
    name: ClassVar[str] = "event"
    primary = EVENTS

    def routes(self) -> dict[str, Router]:
        """Only new events are routed. A repeated event keeps its timer, and reconcile then waits the remaining time."""
        return {EVENTS.key: self._route_new_event}

    def reconcile(self, key: Key) -> float | None:
        event = self.context.find(EVENTS, key)
        if event is None:
            return None
        last = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
        remaining = EVENT_TTL.total_seconds() - seconds_since(last, self.context.now)
        if remaining > 0:
            return remaining
        self.store.remove(EVENTS, *key)
        return None

    def _route_new_event(self, change: ObjectChange) -> Iterable[Key]:
        return () if change.previous_raw or change.deleted else (change.key,)
