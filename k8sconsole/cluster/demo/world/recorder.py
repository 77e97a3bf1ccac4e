"""Events as the cluster's parts record them: the same thing said again is counted, not repeated."""

from typing import TYPE_CHECKING, Any

from k8sconsole.cluster.demo.world.clock import Clock, stamp
from k8sconsole.cluster.demo.world.kinds import EVENTS, NAMESPACES
from k8sconsole.cluster.demo.world.seeds import hexadecimal

if TYPE_CHECKING:
    from k8sconsole.cluster.demo.storage import ObjectStore

Json = dict[str, Any]


class Recorder:
    """Writes core/v1 Events. The name of an event follows from what it says, so a later world counts on where an earlier one stopped."""

    def __init__(self, store: "ObjectStore", clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def normal(self, obj: Json, reason: str, message: str, component: str, **place: str) -> None:
        self._record(obj, "Normal", reason, message, component, **place)

    def warning(self, obj: Json, reason: str, message: str, component: str, **place: str) -> None:
        self._record(obj, "Warning", reason, message, component, **place)

    def _record(self, obj: Json, type_: str, reason: str, message: str, component: str, *, host: str = "", field: str = "") -> None:
        meta = obj["metadata"]
        # Events of cluster-wide objects live in the namespace default.
        namespace = meta.get("namespace") or "default"
        name = f"{meta['name']}.{hexadecimal(16, meta.get('uid', ''), type_, reason, message, component, field)}"
        if self._store.has(EVENTS, namespace, name):
            self._store.mutate(EVENTS, namespace, name, self._count)
        elif not self._closing(namespace):
            self._store.create(EVENTS, self._event(obj, namespace, name, type_, reason, message, component, host, field))

    def _count(self, event: Json) -> None:
        event["count"] = event.get("count", 1) + 1
        event["lastTimestamp"] = stamp(self._clock.now())

    def _event(self, obj: Json, namespace: str, name: str, *said: str) -> Json:
        type_, reason, message, component, host, field = said
        now = stamp(self._clock.now())
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": _involved(obj, field),
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

    def _closing(self, namespace: str) -> bool:
        """A namespace that is going away, or is not there, takes no new events."""
        return (
            not self._store.has(NAMESPACES, "", namespace) or "deletionTimestamp" in self._store.get(NAMESPACES, "", namespace)["metadata"]
        )


def _involved(obj: Json, field: str) -> Json:
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
