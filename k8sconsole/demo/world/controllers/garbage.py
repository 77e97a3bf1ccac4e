"""The garbage collector: deletes dependents after their owner, before it, or orphans them, by propagation policy."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router, is_being_deleted
from k8sconsole.demo.world.kinds import NAMESPACES

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class GarbageCollector(BaseController):
    """Keys are `("", uid)` for a deleted owner, and `("group/plural namespace", name)` for an owner that waits for dependents."""

    name: ClassVar[str] = "garbage"
    primary = NAMESPACES

    def routes(self) -> dict[str, Router]:
        return {"*": self._route_change}

    def initial_keys(self) -> Iterable[Key]:
        """None: an owner being deleted at the start is found through changes of its dependents."""
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
        """Delete the dependents of a deleted owner. A dependent with other owners only loses this one."""
        for resource, namespace, name in self.store.find_owned(uid):
            dependent = self.store.get(resource, namespace, name)
            others = [each for each in dependent["metadata"]["ownerReferences"] if each["uid"] != uid]
            if others:
                self._remove_owner(resource, dependent, uid)
            elif not is_being_deleted(dependent):
                self.store.delete(resource, namespace, name, propagation="Background")

    def _release_owner(self, resource: ServedResource, owner: Json) -> None:
        """Remove the finalizers of an owner once its dependents are deleted or orphaned."""
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
            remaining = [each for each in meta["finalizers"] if each not in (FOREGROUND, ORPHAN)]
            self.store.mutate(resource, meta.get("namespace"), meta["name"], lambda fresh: fresh["metadata"].update(finalizers=remaining))

    def _remove_owner(self, resource: ServedResource, dependent: Json, uid: str) -> None:
        meta = dependent["metadata"]
        others = [each for each in meta["ownerReferences"] if each["uid"] != uid]
        self.store.mutate(resource, meta.get("namespace"), meta["name"], lambda fresh: fresh["metadata"].update(ownerReferences=others))


def _has_gc_finalizer(obj: Json) -> bool:
    return any(each in (FOREGROUND, ORPHAN) for each in obj["metadata"].get("finalizers", ()))
