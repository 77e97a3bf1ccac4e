"""The base class of controllers, the context they share, and the routers from changes to keys."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from k8sconsole.demo.clock import DemoClock, format_timestamp
from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.storage import decode_shared
from k8sconsole.demo.world.behaviour import Behaviours
from k8sconsole.demo.world.placement import Placement
from k8sconsole.demo.world.recorder import EventRecorder

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
Key = tuple[str, str]
"""Namespace and name; the namespace is "" for cluster-scoped objects."""


@dataclass(slots=True)
class ObjectChange:
    """One store event. Its objects are decoded on first use."""

    type: str
    resource: ServedResource
    namespace: str
    name: str
    raw: bytes
    previous_raw: bytes | None

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    @property
    def deleted(self) -> bool:
        return self.type == "DELETED"

    @property
    def object(self) -> Json:
        """The object after the change, or its last state when deleted. It is shared and read-only."""
        return decode_shared(self.raw)

    @property
    def previous(self) -> Json:
        """The object before the change; empty for a new object."""
        return decode_shared(self.previous_raw) if self.previous_raw else {}


Router = Callable[[ObjectChange], Iterable[Key]]
"""Maps a change to the keys that a controller must reconcile because of it."""


class ControllerContext:
    """What controllers share: the store, the clock, the seed, the behaviours, the event recorder and the placement index."""

    def __init__(self, store: "ObjectStore", clock: DemoClock, seed: int, recorder: EventRecorder | None = None) -> None:
        self.store = store
        self.clock = clock
        self.seed = seed
        self.recorder = recorder or EventRecorder(store, clock)
        self.placement = Placement(store)

    @property
    def behaviours(self) -> Behaviours:
        return Behaviours.attached_to(self.store)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def stamp(self) -> str:
        return format_timestamp(self.clock.now())

    def find(self, resource: ServedResource, key: Key) -> Json | None:
        """The object, shared and read-only, or None."""
        return self.store.get_shared(resource, *key) if self.store.has(resource, *key) else None

    def find_owned(self, owner: Json, resource: ServedResource) -> list[Json]:
        """The objects of one kind with this owner, sorted by name, shared and read-only."""
        keys = sorted(
            (namespace, name) for kind, namespace, name in self.store.find_owned(owner["metadata"]["uid"]) if kind.key == resource.key
        )
        return [self.store.get_shared(resource, *key) for key in keys]

    def set_status(self, resource: ServedResource, obj: Json, status: Json) -> bool:
        """Write a status if it differs from the object's. Returns whether it was written."""
        if obj.get("status", {}) == status:
            return False
        self.store.set_status(resource, *object_key(obj), status)
        return True


class BaseController:
    """A controller of one kind. A subclass defines its routes and how it reconciles one key."""

    name: ClassVar[str]
    primary: ClassVar[ServedResource]

    def __init__(self, context: ControllerContext) -> None:
        self.context = context
        self.store = context.store

    def routes(self) -> Mapping[str, Router]:
        """Resource key → router. By default, spec changes of the primary kind map to the object's own key."""
        return {self.primary.key: route_spec_change}

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one key. Returns the seconds until the next reconcile, or None to wait for a change."""
        raise NotImplementedError

    def initial_keys(self) -> Iterable[Key]:
        """The keys to reconcile at the start. A subclass omits settled objects."""
        return self.store.list_keys(self.primary)


def object_key(obj: Json) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def route_spec_change(change: ObjectChange) -> Iterable[Key]:
    """Route changes of spec, deletionTimestamp or finalizers, for controllers that write the status themselves."""
    same = change.previous_raw is not None and _desired_state(change.previous) == _desired_state(change.object)
    return () if change.deleted or same else (change.key,)


def _desired_state(obj: Json) -> tuple[object, ...]:
    return obj.get("spec"), obj["metadata"].get("deletionTimestamp"), obj["metadata"].get("finalizers")


def route_any_change(change: ObjectChange) -> Iterable[Key]:
    """Route every change, deletions included."""
    return (change.key,)


def route_to_owner(kind: str) -> Router:
    """A router from a change to the object's controller of the given kind."""

    def route(change: ObjectChange) -> Iterable[Key]:
        owner = find_controller_reference(change.object)
        return ((change.namespace, owner["name"]),) if owner and owner["kind"] == kind else ()

    return route


def find_controller_reference(obj: Json) -> Json | None:
    """The owner reference that is marked as controller, or None."""
    return next((owner for owner in obj["metadata"].get("ownerReferences", ()) if owner.get("controller")), None)


def owner_reference(owner: Json, resource: ServedResource) -> Json:
    """The owner reference that a controller sets on the objects it creates."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_being_deleted(obj: Json) -> bool:
    return "deletionTimestamp" in obj["metadata"]
