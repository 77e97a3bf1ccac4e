"""The garbage collector: what is owned goes with its owner, before it, or stays behind, as the deletion asked."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router, is_being_deleted
from k8sconsole.demo.world.kinds import NAMESPACES

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class GarbageCollector(BaseController):
    """Its keys are `("", uid)` for an owner that is gone and `("group/plural namespace", name)` for one that waits for its dependents."""

    name: ClassVar[str] = "garbage"
    primary = NAMESPACES

    def watches(self) -> dict[str, Router]:
        return {"*": self._route_change}

    def initial_keys(self) -> Iterable[Key]:
        """An owner that is being deleted when the world starts is found through the pods and sets that wait with it."""
        return ()

    def reconcile(self, key: Key) -> float | None:
        if not key[0]:
            self._delete_dependents(key[1])
            return None
        resource_key, _, namespace = key[0].partition(" ")
        resource = next((each for each in self.store.registry if each.key == resource_key), None)
        owner = self.context.find(resource, (namespace, key[1])) if resource else None
        if resource and owner:
            self._release_owner(resource, owner)
        return None

    def _route_change(self, change: ObjectChange) -> Iterable[Key]:
        if change.deleted:
            yield "", change.object["metadata"]["uid"]
            yield from self._waiting_owners(change)
        elif b'"deletionTimestamp"' in change.raw and _has_gc_finalizer(change.object):
            yield f"{change.resource.key} {change.namespace}", change.name

    def _waiting_owners(self, change: ObjectChange) -> Iterable[Key]:
        for owner in change.object["metadata"].get("ownerReferences", ()):
            resource = self.store.registry.find_by_kind(owner["apiVersion"], owner["kind"])
            if resource:
                yield f"{resource.key} {change.namespace if resource.namespaced else ''}", owner["name"]

    def _delete_dependents(self, uid: str) -> None:
        """The owner is gone: its dependents follow, unless somebody else still owns them."""
        for resource, namespace, name in self.store.find_owned(uid):
            dependent = self.store.get(resource, namespace, name)
            others = [each for each in dependent["metadata"]["ownerReferences"] if each["uid"] != uid]
            if others:
                self._remove_owner(resource, dependent, uid)
            elif not is_being_deleted(dependent):
                self.store.delete(resource, namespace, name, propagation="Background")

    def _release_owner(self, resource: ServedResource, owner: Json) -> None:
        """Let go of an owner once its dependents are gone, or have been cut loose."""
        meta = owner["metadata"]
        if not is_being_deleted(owner) or not _has_gc_finalizer(owner):
            return
        for kind, namespace, name in self.store.find_owned(meta["uid"]):
            dependent = self.store.get(kind, namespace, name)
            if ORPHAN in meta["finalizers"]:
                self._remove_owner(kind, dependent, meta["uid"])
            elif not is_being_deleted(dependent):
                self.store.delete(kind, namespace, name, propagation="Foreground")
        if ORPHAN in meta["finalizers"] or not self.store.find_owned(meta["uid"]):
            left = [each for each in meta["finalizers"] if each not in (FOREGROUND, ORPHAN)]
            self.store.mutate(resource, meta.get("namespace"), meta["name"], lambda fresh: fresh["metadata"].update(finalizers=left))

    def _remove_owner(self, resource: ServedResource, dependent: Json, uid: str) -> None:
        meta = dependent["metadata"]
        others = [each for each in meta["ownerReferences"] if each["uid"] != uid]
        self.store.mutate(resource, meta.get("namespace"), meta["name"], lambda fresh: fresh["metadata"].update(ownerReferences=others))


def _has_gc_finalizer(obj: Json) -> bool:
    return any(each in (FOREGROUND, ORPHAN) for each in obj["metadata"].get("finalizers", ()))
