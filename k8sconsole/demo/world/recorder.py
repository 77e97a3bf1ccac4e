"""Recording of Kubernetes events. A repeated event increments a count."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.clock import DemoClock, format_timestamp
from k8sconsole.demo.world.kinds import EVENTS, NAMESPACES
from k8sconsole.demo.world.seeds import hex_digest

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
EVENT_TTL = timedelta(hours=1)
"""How long an event is kept after its last occurrence, as on a real API server."""


class EventRecorder:
    """Writes core/v1 Events. An event's name is derived from its content, so that a new `World` continues the counts of an earlier one."""

    def __init__(self, store: "ObjectStore", clock: DemoClock) -> None:
        self._store = store
        self._clock = clock

    def record_normal(self, obj: Json, reason: str, message: str, component: str, **origin: str) -> None:
        self._record(obj, "Normal", reason, message, component, **origin)

    def record_warning(self, obj: Json, reason: str, message: str, component: str, **origin: str) -> None:
        self._record(obj, "Warning", reason, message, component, **origin)

    def _record(self, obj: Json, type_: str, reason: str, message: str, component: str, *, host: str = "", field: str = "") -> None:
        meta = obj["metadata"]
        # Events of cluster-scoped objects are stored in the namespace default.
        namespace = meta.get("namespace") or "default"
        name = f"{meta['name']}.{hex_digest(16, meta.get('uid', ''), type_, reason, message, component, field)}"
        if not self._count_repeat(namespace, name) and not self._is_terminating(namespace):
            self._store_new(self._build_event(obj, namespace, name, type_, reason, message, component, host, field))

    def _count_repeat(self, namespace: str, name: str) -> bool:
        """Increment the count of an existing event. Returns whether there was one."""
        known = self._store.has(EVENTS, namespace, name)
        if known:
            self._store.mutate(EVENTS, namespace, name, self._increment)
        return known

    def _store_new(self, event: Json) -> None:
        self._store.create(EVENTS, event)

    def _increment(self, event: Json) -> None:
        event["count"] = event.get("count", 1) + 1
        event["lastTimestamp"] = format_timestamp(self._clock.now())

    def _build_event(self, obj: Json, namespace: str, name: str, *fields: str) -> Json:
        type_, reason, message, component, host, field = fields
        now = format_timestamp(self._clock.now())
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": _involved_object(obj, field),
            "reason": reason,
            "message": message,
            "source": {"component": component} | ({"host": host} if host else {}),
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": type_,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }

    def _is_terminating(self, namespace: str) -> bool:
        """Whether the namespace is missing or terminating and so accepts no events."""
        return (
            not self._store.has(NAMESPACES, "", namespace) or "deletionTimestamp" in self._store.get(NAMESPACES, "", namespace)["metadata"]
        )


class DeferredEventRecorder(EventRecorder):
    """Holds events back until `publish`. During a time-lapse nearly all of them expire before they can be read."""

    def __init__(self, store: "ObjectStore", clock: DemoClock) -> None:
        super().__init__(store, clock)
        self._pending: dict[tuple[str, str], tuple[Json, datetime]] = {}

    def publish(self) -> None:
        """Store the unexpired events in order of their last occurrence, except those of terminating namespaces."""
        for event, last in sorted(self._pending.values(), key=lambda pending: pending[1]):
            meta = event["metadata"]
            if not self._is_expired(last) and not self._is_terminating(meta["namespace"]):
                self._store.create(EVENTS, event | {"metadata": meta | {"creationTimestamp": event["firstTimestamp"]}})
        self._pending.clear()

    def _count_repeat(self, namespace: str, name: str) -> bool:
        event, last = self._pending.get((namespace, name), ({}, self._clock.now()))
        if not event or self._is_expired(last):
            return False
        self._increment(event)
        self._pending[namespace, name] = event, self._clock.now()
        return True

    def _store_new(self, event: Json) -> None:
        self._pending[event["metadata"]["namespace"], event["metadata"]["name"]] = event, self._clock.now()

    def _is_expired(self, last: datetime) -> bool:
        return self._clock.now() - last >= EVENT_TTL


def _involved_object(obj: Json, field: str) -> Json:
    meta = obj["metadata"]
    involved = {
        "kind": obj["kind"],
        "namespace": meta.get("namespace"),
        "name": meta["name"],
        "uid": meta.get("uid"),
        "apiVersion": obj["apiVersion"],
        "resourceVersion": meta.get("resourceVersion"),
        "fieldPath": field,
    }
    return {key: value for key, value in involved.items() if value}
