"""Where the demo cluster's objects are: compact JSON bytes with a small decoded header, one revision counter, a bounded past.

Plain and synchronous; it belongs to one event loop and is never shared between threads. 50 000 pods take some 250 MB.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.clock import DemoClock, format_timestamp
from k8sconsole.demo.history import WINDOW, ChangeHistory, EventType, Key, StoreEvent, Subscription
from k8sconsole.demo.resources import RESOURCES, ResourceRegistry, ServedResource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json = dict[str, Any]
_decode = msgspec.json.decode
_encode = msgspec.json.encode
# Set by the server and never by a client's update.
_OWN_META = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
# Enough for what changes in a small cluster; at most 20 MB in a large one.
_DECODED_OBJECTS = 1024
_GC_FINALIZERS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


@dataclass(slots=True)
class StoredObject:
    """One object: its bytes, and the few facts that are asked too often to decode them."""

    raw: bytes
    uid: str
    version: int
    labels: dict[str, str]
    owners: tuple[str, ...]


@dataclass(slots=True)
class Bucket:
    """All objects of one kind, with their keys in the order lists show them."""

    resource: ServedResource
    objects: dict[Key, StoredObject]
    keys: list[Key]

    def keys_in(self, namespace: str | None) -> list[Key]:
        if not namespace:
            return list(self.keys)
        return self.keys[bisect_left(self.keys, (namespace, "")) : bisect_left(self.keys, (namespace + "\0", ""))]


@lru_cache(maxsize=_DECODED_OBJECTS)
def view(raw: bytes) -> Json:
    """Decodes an object's bytes. Callers share the result, so nobody may alter it."""
    found: Json = _decode(raw)
    return found


def encode(resource: ServedResource, obj: Json) -> bytes:
    """Compact JSON that begins with kind and apiVersion, so that lists can cut both off without decoding."""
    rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
    return prefix(resource) + _encode(rest)[1:]


def prefix(resource: ServedResource) -> bytes:
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode()


class ObjectStore:
    """Objects by kind, namespace and name. `get` and clients' writes return copies the caller may alter; all else is shared.

    `observers` are told of every change at once, before the write returns; they may write themselves.
    """

    def __init__(
        self, clock: DemoClock | None = None, *, seed: int = 1, window: int = WINDOW, registry: ResourceRegistry | None = None
    ) -> None:
        self.clock = clock or DemoClock()
        self.registry = registry or ResourceRegistry()
        self.history = ChangeHistory(window)
        self.resource_version = 1
        self.observers: list[Callable[[StoreEvent], None]] = []
        self._random = Random(seed)
        self._buckets: dict[str, Bucket] = {}
        self._owned: defaultdict[str, set[tuple[str, str, str]]] = defaultdict(set)

    # -- reading

    def bucket(self, resource: ServedResource) -> Bucket:
        bucket = self._buckets.get(resource.key)
        if bucket is None:
            bucket = self._buckets[resource.key] = Bucket(RESOURCES.get(resource.key, resource), {}, [])
        return bucket

    def get_stored(self, resource: ServedResource, namespace: str | None, name: str) -> StoredObject:
        """The entry itself; raises a 404 status."""
        found = self.bucket(resource).objects.get((namespace or "", name))
        if found is None:
            raise status.not_found(resource, name)
        return found

    def get_raw(self, resource: ServedResource, namespace: str | None, name: str) -> bytes:
        return self.get_stored(resource, namespace, name).raw

    def get(self, resource: ServedResource, namespace: str | None, name: str) -> Json:
        found: Json = _decode(self.get_raw(resource, namespace, name))
        return found

    def view(self, resource: ServedResource, namespace: str | None, name: str) -> Json:
        """The object to look at, not to alter; raises a 404 status."""
        return view(self.get_raw(resource, namespace, name))

    def has(self, resource: ServedResource, namespace: str | None, name: str) -> bool:
        return (namespace or "", name) in self.bucket(resource).objects

    def list_keys(self, resource: ServedResource, namespace: str | None = None) -> list[Key]:
        """(namespace, name) of every object of a kind, sorted; the namespace is "" for cluster-wide kinds."""
        return self.bucket(resource).keys_in(namespace)

    def iterate(self, resource: ServedResource, namespace: str | None = None) -> Iterator[Json]:
        """Views, sorted by key; objects that vanish while iterating are skipped."""
        bucket = self.bucket(resource)
        for key in bucket.keys_in(namespace):
            found = bucket.objects.get(key)
            if found is not None:
                yield view(found.raw)

    def count(self, resource: ServedResource, namespace: str | None = None) -> int:
        return len(self.bucket(resource).objects) if not namespace else len(self.list_keys(resource, namespace))

    def select(self, resource: ServedResource, namespace: str | None, selector: Mapping[str, str]) -> Iterator[Json]:
        """Views of the objects that carry all these labels; decodes only those."""
        bucket = self.bucket(resource)
        wanted = selector.items()
        for key in bucket.keys_in(namespace):
            found = bucket.objects.get(key)
            if found is not None and wanted <= found.labels.items():
                yield view(found.raw)

    def find_owned(self, uid: str) -> list[tuple[ServedResource, str, str]]:
        """Dependents whose owner references name this uid."""
        return [(self._buckets[key].resource, namespace, name) for key, namespace, name in sorted(self._owned.get(uid, ()))]

    # -- writing

    def create(self, resource: ServedResource, obj: Json, *, dry_run: bool = False) -> Json:
        """Stores a new object with uid, creationTimestamp, generation and resourceVersion; raises AlreadyExists (409)."""
        meta = obj["metadata"]
        key = (meta.get("namespace") or "", meta["name"])
        if key in self.bucket(resource).objects:
            raise status.already_exists(resource, meta["name"])
        new = _with_type_meta(self.bucket(resource).resource, obj)
        meta = new["metadata"]
        meta["uid"] = meta.get("uid") or str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        meta["creationTimestamp"] = meta.get("creationTimestamp") or format_timestamp(self.clock.now())
        if resource.generation:
            meta.setdefault("generation", 1)
        if not dry_run:
            self._commit("ADDED", resource, key, new)
        return new

    def update(self, resource: ServedResource, obj: Json, *, subresource: str | None = None, dry_run: bool = False) -> Json:
        """Replaces an object, as a client's PUT does.

        Without `subresource` the status stays as it is where the kind has a status subresource; with `"status"` only it changes.
        Raises NotFound, or Conflict when the object names a resourceVersion that is not the newest.
        """
        meta = obj["metadata"]
        old = self.get(resource, meta.get("namespace"), meta["name"])
        given = meta.get("resourceVersion")
        if given and given != old["metadata"]["resourceVersion"]:
            raise status.conflict(resource, meta["name"])
        if meta.get("uid") and meta["uid"] != old["metadata"]["uid"]:
            raise _uid_conflict(resource, meta["name"], meta["uid"], old["metadata"]["uid"])
        return self._replace(resource, old, _merge_writable(resource, old, obj, subresource), dry_run=dry_run)

    def mutate(
        self, resource: ServedResource, namespace: str | None, name: str, change: Callable[[Json], None], *, subresource: str | None = None
    ) -> Json:
        """Read, change, write, in one step. Without `subresource` everything `change` touched is kept, the status included."""
        old = self.view(resource, namespace, name)
        new = self.get(resource, namespace, name)
        change(new)
        if subresource:
            new = _merge_writable(resource, old, new, subresource)
        return self._replace(resource, old, new, dry_run=False)

    def set_status(self, resource: ServedResource, namespace: str | None, name: str, status: Json) -> None:
        """Replace the status alone, without decoding the rest once more; raises a 404 status."""
        old = self.view(resource, namespace, name)
        self._replace(resource, old, {**old, "status": status}, dry_run=False)

    def delete(
        self,
        resource: ServedResource,
        namespace: str | None,
        name: str,
        *,
        propagation: str | None = None,
        grace_seconds: int | None = None,
        preconditions: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> Json:
        """Removes an object, or marks it for deletion while finalizers or (for a running pod) its grace period hold it.

        Raises NotFound, or Conflict when a precondition (uid, resourceVersion) fails.
        """
        old = self.get(resource, namespace, name)
        _check_preconditions(resource, old["metadata"], preconditions or {})
        new = self.get(resource, namespace, name)
        _set_propagation_finalizer(new["metadata"], propagation)
        grace = _grace_seconds(resource, new, grace_seconds)
        if not grace and not _has_finalizers(new):
            return old if dry_run else self.remove(resource, namespace, name)
        self._mark_deleted(new, grace)
        return self._replace(resource, old, new, dry_run=dry_run)

    def remove(self, resource: ServedResource, namespace: str | None, name: str) -> Json:
        """Takes the object away, whatever held it; watchers see it DELETED at a revision of its own."""
        obj = self.get(resource, namespace, name)
        return self._commit("DELETED", resource, (namespace or "", name), obj)

    def subscribe(self, resource: ServedResource | None = None) -> Subscription:
        """Changes from now on, of one kind or of all."""
        return self.history.subscribe(resource.key if resource else None)

    # -- inside

    def _mark_deleted(self, obj: Json, grace: int) -> None:
        meta = obj["metadata"]
        if obj["kind"] == "Namespace":
            obj["status"] = {**obj.get("status", {}), "phase": "Terminating"}
        if "deletionTimestamp" not in meta:
            meta["deletionTimestamp"] = format_timestamp(self.clock.now() + timedelta(seconds=grace))
            meta["deletionGracePeriodSeconds"] = grace
            if "generation" in meta:
                meta["generation"] += 1
        elif grace < meta.get("deletionGracePeriodSeconds", 0):
            meta["deletionTimestamp"] = format_timestamp(self.clock.now() + timedelta(seconds=grace))
            meta["deletionGracePeriodSeconds"] = grace

    def _replace(self, resource: ServedResource, old: Json, new: Json, *, dry_run: bool) -> Json:
        new = _with_type_meta(self.bucket(resource).resource, new)
        meta, before = new["metadata"], old["metadata"]
        meta["resourceVersion"] = before["resourceVersion"]
        if new == old:
            return new
        if resource.generation and meta.get("generation") == before.get("generation") and _spec_fields(new) != _spec_fields(old):
            meta["generation"] = before.get("generation", 0) + 1
        if dry_run:
            return new
        key = (meta.get("namespace") or "", meta["name"])
        released = "deletionTimestamp" in meta and not _has_finalizers(new) and not meta.get("deletionGracePeriodSeconds")
        return self._commit("DELETED" if released else "MODIFIED", resource, key, new)

    def _commit(self, kind: EventType, resource: ServedResource, key: Key, obj: Json) -> Json:
        self.resource_version += 1
        obj["metadata"]["resourceVersion"] = str(self.resource_version)
        bucket = self.bucket(resource)
        raw = _encode(obj)
        previous = bucket.objects.pop(key, None)
        self._drop_owners(resource.key, key, previous)
        if kind == "DELETED":
            del bucket.keys[bisect_left(bucket.keys, key)]
        else:
            if previous is None:
                insort(bucket.keys, key)
            bucket.objects[key] = self._index_object(resource.key, key, raw, obj["metadata"])
        event = StoreEvent(kind, bucket.resource, key[0], key[1], self.resource_version, raw, previous.raw if previous else None)
        self.history.record(event)
        for observe in self.observers:
            observe(event)
        return obj

    def _index_object(self, resource_key: str, key: Key, raw: bytes, meta: Json) -> StoredObject:
        owners = tuple(owner["uid"] for owner in meta.get("ownerReferences") or ())
        for owner in owners:
            self._owned[owner].add((resource_key, *key))
        return StoredObject(raw, meta["uid"], self.resource_version, meta.get("labels") or {}, owners)

    def _drop_owners(self, resource_key: str, key: Key, stored: StoredObject | None) -> None:
        for owner in stored.owners if stored else ():
            self._owned[owner].discard((resource_key, *key))
            if not self._owned[owner]:
                del self._owned[owner]


def _with_type_meta(resource: ServedResource, obj: Json) -> Json:
    """A shallow copy that begins with kind and apiVersion, as its bytes must, and owns its metadata."""
    rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion", "metadata")}
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": dict(obj["metadata"]), **rest}


def _spec_fields(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status", "kind", "apiVersion")}


def _merge_writable(resource: ServedResource, old: Json, given: Json, subresource: str | None) -> Json:
    """What a write through this path may change of the object: everything but the status, or the status alone."""
    if subresource == "status":
        meta = dict(old["metadata"])
        if "managedFields" in given["metadata"]:
            meta["managedFields"] = given["metadata"]["managedFields"]
        new = {**old, "metadata": meta, "status": given.get("status", {})}
    else:
        kept = {key: old["metadata"][key] for key in _OWN_META if key in old["metadata"]}
        meta = {key: value for key, value in given["metadata"].items() if key not in _OWN_META}
        new = {**given, "metadata": meta | kept}
        if resource.has_status and subresource is None:
            new.pop("status", None)
            new |= {"status": old["status"]} if "status" in old else {}
    return new


def _has_finalizers(obj: Json) -> bool:
    return bool(obj["metadata"].get("finalizers") or (obj["kind"] == "Namespace" and obj.get("spec", {}).get("finalizers")))


def _grace_seconds(resource: ServedResource, obj: Json, asked: int | None) -> int:
    """Seconds a pod is given to end; nothing else has a grace period, nor has a pod that never started or is done."""
    done = obj.get("status", {}).get("phase") in ("Succeeded", "Failed")
    if resource.key != "/pods" or done or not obj.get("spec", {}).get("nodeName"):
        return 0
    usual = obj["spec"].get("terminationGracePeriodSeconds", 30)
    return int(usual if asked is None else asked)


def _set_propagation_finalizer(meta: Json, propagation: str | None) -> None:
    if propagation is None:
        return
    kept = [each for each in meta.get("finalizers") or [] if each not in _GC_FINALIZERS.values()]
    if propagation in _GC_FINALIZERS:
        kept.append(_GC_FINALIZERS[propagation])
    if kept:
        meta["finalizers"] = kept
    else:
        meta.pop("finalizers", None)


def _check_preconditions(resource: ServedResource, meta: Json, preconditions: Mapping[str, str]) -> None:
    for field, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        wanted = preconditions.get(field)
        if wanted and wanted != meta[field]:
            found = f"{label} in precondition: {wanted}, {label} in object meta: {meta[field]}"
            raise status.conflict(resource, meta["name"], f"Precondition failed: {found}")


def _uid_conflict(resource: ServedResource, name: str, given: str, found: str) -> status.ApiStatus:
    return status.conflict(resource, name, f"Precondition failed: UID in precondition: {given}, UID in object meta: {found}")
