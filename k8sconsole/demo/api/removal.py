"""Delete and deletecollection, with their options, preconditions and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.api import lists
from k8sconsole.demo.api.backend import Response, json_response
from k8sconsole.demo.storage import encode

if TYPE_CHECKING:
    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.storage import Json as Object

Json = dict[str, Any]
_POLICIES = ("Foreground", "Background", "Orphan")


async def delete_object(backend: Backend, call: Call) -> Response:
    """Delete an object. Answers with a Status when it is removed, with the object while finalizers or a grace period delay that."""
    options = _parse_options(call)
    uid = backend.store.get_stored(call.resource, call.namespace, call.name).uid
    obj = _delete_one(backend, call, call.namespace, call.name, options)
    if call.resource.key == "/pods" or (backend.store.has(call.resource, call.namespace, call.name) and not _is_dry_run(call, options)):
        return Response(lists.encode_object(backend.store, call, encode(call.resource, obj)))
    details: Json = {"name": call.name}
    if call.resource.group:
        details["group"] = call.resource.group
    details |= {"kind": call.resource.plural, "uid": uid}
    return json_response({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})


async def delete_collection(backend: Backend, call: Call) -> Response:
    """Delete the objects that match the selectors. Answers with the list of them."""
    options = _parse_options(call)
    page = lists.read_page(backend.store, call, lists.parse_filter(call))
    for raw in page.raws:
        meta = msgspec.json.decode(raw)["metadata"]
        if backend.store.has(call.resource, meta.get("namespace"), meta["name"]):
            _delete_one(backend, call, meta.get("namespace", ""), meta["name"], options)
    head = {"kind": f"{call.resource.kind}List", "apiVersion": call.resource.api_version, "metadata": lists.list_meta(page)}
    return json_response({**head, "items": [msgspec.json.decode(raw) for raw in page.raws]})


def _delete_one(backend: Backend, call: Call, namespace: str, name: str, options: Json) -> Object:
    return backend.store.delete(
        call.resource,
        namespace,
        name,
        propagation=_propagation_policy(call, options),
        grace_seconds=_grace_period(call, options),
        preconditions=options.get("preconditions"),
        dry_run=_is_dry_run(call, options),
    )


def _parse_options(call: Call) -> Json:
    return call.decode_body() if call.body.strip() else {}


def _is_dry_run(call: Call, options: Json) -> bool:
    return call.dry_run or "All" in (options.get("dryRun") or ())


def _grace_period(call: Call, options: Json) -> int | None:
    found = options.get("gracePeriodSeconds")
    return call.get_number("gracePeriodSeconds") if found is None else int(found)


def _propagation_policy(call: Call, options: Json) -> str | None:
    found = options.get("propagationPolicy") or call.query.get("propagationPolicy")
    if found is None:
        orphan = options.get("orphanDependents")
        return None if orphan is None else "Orphan" if orphan else "Background"
    if found not in _POLICIES:
        listed = ", ".join(f'"{each}"' for each in sorted(_POLICIES))
        text = f'propagationPolicy: Unsupported value: "{found}": supported values: {listed}'
        raise status.invalid_options("DeleteOptions", text)
    return str(found)
