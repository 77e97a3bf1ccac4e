"""Create, update and patch: these turn the body of a request into a stored object."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api import lists, versions
from k8sconsole.demo.api.admission import chain, identity, strict
from k8sconsole.demo.api.admission.quantities import keep_quantities
from k8sconsole.demo.api.backend import Response
from k8sconsole.demo.api.calls import parse_body
from k8sconsole.demo.api.patching import apply, documents, strategic
from k8sconsole.demo.api.patching.managers import FieldManager, track_update
from k8sconsole.demo.clock import format_timestamp
from k8sconsole.demo.storage import encode

if TYPE_CHECKING:
    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


async def create_object(backend: Backend, call: Call) -> Response:
    obj = call.decode_body()
    identity.check_kind(call.resource, obj)
    identity.set_location(call, obj)
    await strict.check_unknown_fields(call, obj)
    return _object_response(backend, call, admit_and_store(backend, call, _to_stored(call, obj)), 201)


def admit_and_store(backend: Backend, call: Call, obj: Json) -> Json:
    """Admit and store a new object. Raises a 4xx status when it is rejected."""
    applied = obj["metadata"].pop("managedFields", None) if call.content_type == APPLY else None
    chain.admit_create(backend, call, obj)
    if backend.store.has(call.resource, call.namespace, obj["metadata"]["name"]):
        raise status.already_exists(call.resource, obj["metadata"]["name"])
    if applied is None:
        track_update(None, obj, field_manager(backend, call))
    else:
        obj["metadata"]["managedFields"] = applied
    return backend.store.create(call.resource, obj, dry_run=call.dry_run)


async def update_object(backend: Backend, call: Call) -> Response:
    obj = call.decode_body()
    identity.check_kind(call.resource, obj)
    identity.set_location(call, obj)
    await strict.check_unknown_fields(call, obj)
    old = backend.store.get(call.resource, call.namespace, call.name)
    return _object_response(backend, call, _admit_and_replace(backend, call, old, _to_stored(call, obj)))


async def patch_object(backend: Backend, call: Call) -> Response:
    if call.content_type in (APPLY, "application/apply-patch+cbor"):
        return await _apply_object(backend, call)
    old = backend.store.get(call.resource, call.namespace, call.name)
    new = apply_patch(call, versions.convert_from_stored(call.resource, old))
    identity.check_kind(call.resource, new)
    identity.set_location(call, new)
    await strict.check_unknown_fields(call, new)
    return _object_response(backend, call, _admit_and_replace(backend, call, old, _to_stored(call, new)))


def _to_stored(call: Call, obj: Json) -> Json:
    """A client's object in the stored version, its quantities in canonical form."""
    stored = versions.convert_to_stored(call.resource, obj)
    keep_quantities(call.resource, stored)
    return stored


def apply_patch(call: Call, old: Json) -> Json:
    """Apply a JSON, merge or strategic patch and return the result. Raises a 415 status for other content types."""
    change = parse_body(call.body)
    if call.content_type == JSON_PATCH:
        return documents.apply_json_patch(old, change)
    if not isinstance(change, dict):
        raise status.bad_request("the patch must be an object")
    if call.content_type == MERGE_PATCH:
        merged: Json = documents.merge_patch(old, change)
        return merged
    if call.content_type == STRATEGIC and not call.resource.custom:
        return strategic.merge_strategic(copy.deepcopy(old), change)
    supported = [JSON_PATCH, MERGE_PATCH, APPLY] if call.resource.custom else [JSON_PATCH, MERGE_PATCH, STRATEGIC, APPLY]
    raise status.unsupported_media_type(supported)


def _admit_and_replace(backend: Backend, call: Call, old: Json, new: Json) -> Json:
    """Admit and store an updated object, or only its status when the path names that subresource."""
    sub = call.target.subresource
    given = new["metadata"].get("resourceVersion")
    if given and given != old["metadata"]["resourceVersion"]:
        raise status.conflict(call.resource, call.name)
    if not sub:
        chain.admit_update(backend, call, old, new)
        if call.resource.has_status:
            new.pop("status", None)
            new |= {"status": old["status"]} if "status" in old else {}
    if call.content_type != APPLY:
        visible = {**old, "status": new.get("status", {})} if sub == "status" else new
        visible["metadata"] = new["metadata"]
        track_update(old, visible, field_manager(backend, call))
    return backend.store.update(call.resource, new, subresource=sub or None, dry_run=call.dry_run)


async def _apply_object(backend: Backend, call: Call) -> Response:
    applied = call.decode_body()
    if not call.query.get("fieldManager"):
        raise status.invalid_options("PatchOptions", "fieldManager: Required value: is required for apply patch")
    identity.check_kind(call.resource, applied)
    meta = identity.set_location(call, applied)
    if meta.get("managedFields"):
        raise status.bad_request("metadata.managedFields must be nil")
    await strict.check_unknown_fields(call, applied)
    exists = backend.store.has(call.resource, call.namespace, call.name)
    live = backend.store.get(call.resource, call.namespace, call.name) if exists else None
    version = meta.pop("resourceVersion", None)
    if live and version and version != live["metadata"]["resourceVersion"]:
        raise status.conflict(call.resource, call.name)
    new = apply.apply_fields(live, _to_stored(call, applied), field_manager(backend, call), force=call.get_flag("force"))
    if live is None:
        return _object_response(backend, call, admit_and_store(backend, call, new), 201)
    return _object_response(backend, call, _admit_and_replace(backend, call, live, new))


def field_manager(backend: Backend, call: Call) -> FieldManager:
    operation = "Apply" if call.content_type == APPLY else "Update"
    return FieldManager(
        call.manager, operation, call.resource.api_version, call.target.subresource, format_timestamp(backend.store.clock.now())
    )


def _object_response(backend: Backend, call: Call, obj: Json, code: int = 200) -> Response:
    raw = encode(backend.store.bucket(call.resource).resource, obj)
    return Response(lists.encode_object(backend.store, call, raw), code)
