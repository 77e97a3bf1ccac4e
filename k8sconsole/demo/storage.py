"""The demo cluster's object store: compact JSON bytes with a small decoded header, one revision counter, a bounded history.

It is synchronous, belongs to one event loop and is not thread-safe. 50 000 pods take about 250 MB.
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
# Metadata that only the server sets.
_OWN_META = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")
# Enough for what changes in a small cluster; at most 20 MB in a large one.
_DECODED_OBJECTS = 1024
_GC_FINALIZERS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


@dataclass(slots=True)
class StoredObject:
    """One object: its bytes, and the few fields that are read too often to decode the bytes each time."""

    raw: bytes
    uid: str
    version: int
    labels: dict[str, str]
    owners: tuple[str, ...]


@dataclass(slots=True)
class Bucket:
    """All objects of one kind, and their keys in list order."""

    resource: ServedResource
    objects: dict[Key, StoredObject]
    keys: list[Key]

    def keys_in(self, namespace: str | None) -> list[Key]:
        if not namespace:
            return list(self.keys)
        return self.keys[bisect_left(self.keys, (namespace, "")) : bisect_left(self.keys, (namespace + "\0", ""))]


@lru_cache(maxsize=_DECODED_OBJECTS)
def decode_shared(raw: bytes) -> Json:
    """Decode an object's bytes. The result is cached and shared, so callers must not alter it."""
    found: Json = _decode(raw)
    return found


def encode(resource: ServedResource, obj: Json) -> bytes:
    """Encode compact JSON that begins with kind and apiVersion, so that lists can strip both without decoding."""
    rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
    return prefix(resource) + _encode(rest)[1:]


def prefix(resource: ServedResource) -> bytes:
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode()


class ObjectStore:
    """Objects by kind, namespace and name.

    `get` and the write methods return copies that the caller may alter; every other object returned is shared and read-only.
    `observers` are called with every change before the write returns. They may write to the store.
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
        """The stored entry. Raises a 404 status when there is none."""
        found = self.bucket(resource).objects.get((namespace or "", name))
        if found is None:
            raise status.not_found(resource, name)
        return found

    def get_raw(self, resource: ServedResource, namespace: str | None, name: str) -> bytes:
        return self.get_stored(resource, namespace, name).raw

    def get(self, resource: ServedResource, namespace: str | None, name: str) -> Json:
        found: Json = _decode(self.get_raw(resource, namespace, name))
        return found

    def get_shared(self, resource: ServedResource, namespace: str | None, name: str) -> Json:
        """The object, shared and read-only. Raises a 404 status when there is none."""
        return decode_shared(self.get_raw(resource, namespace, name))

    def has(self, resource: ServedResource, namespace: str | None, name: str) -> bool:
        return (namespace or "", name) in self.bucket(resource).objects

    def list_keys(self, resource: ServedResource, namespace: str | None = None) -> list[Key]:
        """The sorted (namespace, name) of every object of a kind; the namespace is "" for cluster-scoped kinds."""
        return self.bucket(resource).keys_in(namespace)

    def iterate(self, resource: ServedResource, namespace: str | None = None) -> Iterator[Json]:
        """Shared, read-only objects in key order. Objects deleted during the iteration are skipped."""
        bucket = self.bucket(resource)
        for key in bucket.keys_in(namespace):
            found = bucket.objects.get(key)
            if found is not None:
                yield decode_shared(found.raw)

    def count(self, resource: ServedResource, namespace: str | None = None) -> int:
        return len(self.bucket(resource).objects) if not namespace else len(self.list_keys(resource, namespace))

    def select(self, resource: ServedResource, namespace: str | None, selector: Mapping[str, str]) -> Iterator[Json]:
        """Shared, read-only objects that carry all these labels. Only these are decoded."""
        bucket = self.bucket(resource)
        wanted = selector.items()
        for key in bucket.keys_in(namespace):
            found = bucket.objects.get(key)
            if found is not None and wanted <= found.labels.items():
                yield decode_shared(found.raw)

    def find_owned(self, uid: str) -> list[tuple[ServedResource, str, str]]:
        """Resource, namespace and name of the objects whose owner references name this uid."""
        return [(self._buckets[key].resource, namespace, name) for key, namespace, name in sorted(self._owned.get(uid, ()))]

    # -- writing

    def create(self, resource: ServedResource, obj: Json, *, dry_run: bool = False) -> Json:
        """Store a new object with uid, creationTimestamp, generation and resourceVersion. Raises AlreadyExists (409)."""
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
        """Replace an object, as a client's PUT does.

        With `subresource="status"` only the status changes. Without it, the status of a kind with a status subresource is kept.
        Raises NotFound, or Conflict when the object's resourceVersion is not the latest.
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
        """Read, change and write an object in one step. Without `subresource` every field `change` sets is stored, status included."""
        old = self.get_shared(resource, namespace, name)
        new = self.get(resource, namespace, name)
        change(new)
        if subresource:
            new = _merge_writable(resource, old, new, subresource)
        return self._replace(resource, old, new, dry_run=False)

    def set_status(self, resource: ServedResource, namespace: str | None, name: str, status: Json) -> None:
        """Replace only the status, without decoding the rest again. Raises a 404 status when there is no such object."""
        old = self.get_shared(resource, namespace, name)
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
        """Remove an object, or only set its deletionTimestamp while finalizers or a running pod's grace period delay the removal.

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
        """Remove the object regardless of finalizers. Watchers get a DELETED event with a new revision."""
        obj = self.get(resource, namespace, name)
        return self._commit("DELETED", resource, (namespace or "", name), obj)

    def subscribe(self, resource: ServedResource | None = None) -> Subscription:
        """Subscribe to the changes of one kind, or of all kinds."""
        return self.history.subscribe(resource.key if resource else None)

    # -- internal

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
    """A shallow copy with its own metadata that begins with kind and apiVersion, as the encoded bytes must."""
    rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion", "metadata")}
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": dict(obj["metadata"]), **rest}


def _spec_fields(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status", "kind", "apiVersion")}


def _merge_writable(resource: ServedResource, old: Json, given: Json, subresource: str | None) -> Json:
    """Combine the fields that this path may write with the old ones: all but the status, or only the status."""
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


def _grace_seconds(resource: ServedResource, obj: Json, requested: int | None) -> int:
    """A running pod's grace period in seconds; 0 for other kinds and for pods that never started or have finished."""
    done = obj.get("status", {}).get("phase") in ("Succeeded", "Failed")
    if resource.key != "/pods" or done or not obj.get("spec", {}).get("nodeName"):
        return 0
    default = obj["spec"].get("terminationGracePeriodSeconds", 30)
    return int(default if requested is None else requested)


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
