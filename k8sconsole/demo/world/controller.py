"""What a controller is, and what it is given to work with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from k8sconsole.demo.clock import DemoClock, format_timestamp
from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.storage import view
from k8sconsole.demo.world.behaviour import Behaviours
from k8sconsole.demo.world.placement import Placement
from k8sconsole.demo.world.recorder import EventRecorder

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
Key = tuple[str, str]
"""Namespace and name; the namespace of cluster-wide objects is empty."""


@dataclass(slots=True)
class ObjectChange:
    """One store event, decoded only where a controller looks inside."""

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
        """The object after the change; for a deletion, as it was last. Shared among controllers: read only."""
        return view(self.raw)

    @property
    def previous(self) -> Json:
        """The object before the change; empty for a new one."""
        return view(self.previous_raw) if self.previous_raw else {}


Router = Callable[[ObjectChange], Iterable[Key]]
"""From a change to the keys a controller should look at because of it."""


class ControllerContext:
    """The store, the clock, the seed, the scenario's behaviours and the events recorder, in one hand."""

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
        """A view of the object, or None where there is none."""
        return self.store.view(resource, *key) if self.store.has(resource, *key) else None

    def find_owned(self, owner: Json, resource: ServedResource) -> list[Json]:
        """Views of the objects of one kind that name this owner, by name."""
        keys = sorted(
            (namespace, name) for kind, namespace, name in self.store.find_owned(owner["metadata"]["uid"]) if kind.key == resource.key
        )
        return [self.store.view(resource, *key) for key in keys]

    def set_status(self, resource: ServedResource, obj: Json, status: Json) -> bool:
        """Write a status where it differs from what the object has; says whether it did."""
        if obj.get("status", {}) == status:
            return False
        self.store.set_status(resource, *object_key(obj), status)
        return True


class BaseController:
    """A loop over keys of one kind. A subclass says what it watches and how one key is put right."""

    name: ClassVar[str]
    primary: ClassVar[ServedResource]

    def __init__(self, context: ControllerContext) -> None:
        self.context = context
        self.store = context.store

    def watches(self) -> Mapping[str, Router]:
        """Resource key → router. By default what is wished of the primary kind concerns its own key."""
        return {self.primary.key: route_spec_change}

    def reconcile(self, key: Key) -> float | None:
        """Put one key right; the seconds after which to look again, or None to wait for a change."""
        raise NotImplementedError

    def initial_keys(self) -> Iterable[Key]:
        """The keys to look at when the world starts; whoever rests until something happens is left out."""
        return self.store.list_keys(self.primary)


def object_key(obj: Json) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def route_spec_change(change: ObjectChange) -> Iterable[Key]:
    """For those who write the status themselves and need not look at what they wrote."""
    same = change.previous_raw is not None and _desired_state(change.previous) == _desired_state(change.object)
    return () if change.deleted or same else (change.key,)


def _desired_state(obj: Json) -> tuple[object, ...]:
    return obj.get("spec"), obj["metadata"].get("deletionTimestamp"), obj["metadata"].get("finalizers")


def route_any_change(change: ObjectChange) -> Iterable[Key]:
    """For those who also look at what is gone."""
    return (change.key,)


def route_to_owner(kind: str) -> Router:
    """Route a change to the controlling owner of the given kind."""

    def route(change: ObjectChange) -> Iterable[Key]:
        owner = find_controller_reference(change.object)
        return ((change.namespace, owner["name"]),) if owner and owner["kind"] == kind else ()

    return route


def find_controller_reference(obj: Json) -> Json | None:
    """The owner reference that is marked as controller."""
    return next((owner for owner in obj["metadata"].get("ownerReferences", ()) if owner.get("controller")), None)


def owner_reference(owner: Json, resource: ServedResource) -> Json:
    """The owner reference a controller puts on what it makes."""
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
