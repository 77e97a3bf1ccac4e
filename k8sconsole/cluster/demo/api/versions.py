"""The same object in another version: events as events.k8s.io tells them, custom objects under each version they are served in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.cluster.demo.storage import encode, prefix

if TYPE_CHECKING:
    from k8sconsole.cluster.demo.resources import Resource
    from k8sconsole.cluster.demo.storage import ObjectStore

Json = dict[str, Any]
_EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_BACK = {new: old for old, new in _EVENT_FIELDS.items()}


def present(store: ObjectStore, resource: Resource, raw: bytes) -> bytes:
    """Stored bytes as the version `resource` shows them."""
    kept = store.bucket(resource).resource
    if kept is resource or kept.api_version == resource.api_version:
        return raw
    return encode(resource, present_object(resource, msgspec.json.decode(raw)))


def present_object(resource: Resource, obj: Json) -> Json:
    if resource.stored_as:
        obj = {_EVENT_FIELDS.get(key, key): value for key, value in obj.items()}
    return {**obj, "kind": resource.kind, "apiVersion": resource.api_version}


def item(store: ObjectStore, resource: Resource, raw: bytes) -> bytes:
    """An entry of a list: built-in kinds leave out kind and apiVersion there, as the real server does."""
    raw = present(store, resource, raw)
    return raw if resource.custom else b"{" + raw[len(prefix(resource)) :]


def to_stored(resource: Resource, obj: Json) -> Json:
    """An object a client sent, in the form that is kept."""
    return {_BACK.get(key, key): value for key, value in obj.items()} if resource.stored_as else obj
