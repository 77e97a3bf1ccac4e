"""Create, update and patch: from the body of a request to an object in the store."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api import listing, versions
from k8sconsole.demo.api.admission import chain, identity, strict
from k8sconsole.demo.api.backend import Response
from k8sconsole.demo.api.calls import parse_body
from k8sconsole.demo.api.patching import apply, documents, strategic
from k8sconsole.demo.api.patching.managers import FieldManager, track_update
from k8sconsole.demo.clock import stamp
from k8sconsole.demo.storage import encode

if TYPE_CHECKING:
    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


async def create(backend: Backend, call: Call) -> Response:
    obj = call.document()
    identity.check_kind(call.resource, obj)
    identity.place(call, obj)
    await strict.check(call, obj)
    obj = versions.to_stored(call.resource, obj)
    return _answer(backend, call, create_object(backend, call, obj), 201)


def create_object(backend: Backend, call: Call, obj: Json) -> Json:
    """Admits and stores a new object; raises a 4xx status where it is refused."""
    applied = obj["metadata"].pop("managedFields", None) if call.content_type == APPLY else None
    chain.admit_new(backend, call, obj)
    if backend.store.has(call.resource, call.namespace, obj["metadata"]["name"]):
        raise status.already_exists(call.resource, obj["metadata"]["name"])
    if applied is None:
        track_update(None, obj, writer(backend, call))
    else:
        obj["metadata"]["managedFields"] = applied
    return backend.store.create(call.resource, obj, dry_run=call.dry_run)


async def update(backend: Backend, call: Call) -> Response:
    obj = call.document()
    identity.check_kind(call.resource, obj)
    identity.place(call, obj)
    await strict.check(call, obj)
    old = backend.store.get(call.resource, call.namespace, call.name)
    return _answer(backend, call, _replace(backend, call, old, versions.to_stored(call.resource, obj)))


async def patch(backend: Backend, call: Call) -> Response:
    if call.content_type in (APPLY, "application/apply-patch+cbor"):
        return await _apply(backend, call)
    old = backend.store.get(call.resource, call.namespace, call.name)
    new = patched(call, versions.present_object(call.resource, old))
    identity.check_kind(call.resource, new)
    identity.place(call, new)
    await strict.check(call, new)
    return _answer(backend, call, _replace(backend, call, old, versions.to_stored(call.resource, new)))


def patched(call: Call, old: Json) -> Json:
    """The outcome of a JSON, merge or strategic patch; raises a 415 status for other kinds of body."""
    change = parse_body(call.body)
    if call.content_type == JSON_PATCH:
        return documents.json_patch(old, change)
    if not isinstance(change, dict):
        raise status.bad_request("the patch must be an object")
    if call.content_type == MERGE_PATCH:
        merged: Json = documents.merge(old, change)
        return merged
    if call.content_type == STRATEGIC and not call.resource.custom:
        return strategic.merge(copy.deepcopy(old), change)
    known = [JSON_PATCH, MERGE_PATCH, APPLY] if call.resource.custom else [JSON_PATCH, MERGE_PATCH, STRATEGIC, APPLY]
    raise status.unsupported_media_type(known)


def _replace(backend: Backend, call: Call, old: Json, new: Json) -> Json:
    """Admits and stores a changed object, or only its status where the path says so."""
    sub = call.target.subresource
    given = new["metadata"].get("resourceVersion")
    if given and given != old["metadata"]["resourceVersion"]:
        raise status.conflict(call.resource, call.name)
    if not sub:
        chain.admit_changed(backend, call, old, new)
        if call.resource.has_status:
            new.pop("status", None)
            new |= {"status": old["status"]} if "status" in old else {}
    if call.content_type != APPLY:
        visible = {**old, "status": new.get("status", {})} if sub == "status" else new
        visible["metadata"] = new["metadata"]
        track_update(old, visible, writer(backend, call))
    return backend.store.update(call.resource, new, subresource=sub or None, dry_run=call.dry_run)


async def _apply(backend: Backend, call: Call) -> Response:
    applied = call.document()
    if not call.query.get("fieldManager"):
        raise status.invalid_options("PatchOptions", "fieldManager: Required value: is required for apply patch")
    identity.check_kind(call.resource, applied)
    meta = identity.place(call, applied)
    if meta.get("managedFields"):
        raise status.bad_request("metadata.managedFields must be nil")
    await strict.check(call, applied)
    exists = backend.store.has(call.resource, call.namespace, call.name)
    live = backend.store.get(call.resource, call.namespace, call.name) if exists else None
    version = meta.pop("resourceVersion", None)
    if live and version and version != live["metadata"]["resourceVersion"]:
        raise status.conflict(call.resource, call.name)
    new = apply.apply(live, versions.to_stored(call.resource, applied), writer(backend, call), force=call.flag("force"))
    if live is None:
        return _answer(backend, call, create_object(backend, call, new), 201)
    return _answer(backend, call, _replace(backend, call, live, new))


def writer(backend: Backend, call: Call) -> FieldManager:
    operation = "Apply" if call.content_type == APPLY else "Update"
    return FieldManager(call.manager, operation, call.resource.api_version, call.target.subresource, stamp(backend.store.clock.now()))


def _answer(backend: Backend, call: Call, obj: Json, code: int = 200) -> Response:
    raw = encode(backend.store.bucket(call.resource).resource, obj)
    return Response(listing.object_body(backend.store, call, raw), code)
