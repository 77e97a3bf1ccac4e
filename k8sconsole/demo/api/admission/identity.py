"""An object's identity: kind, namespace, name, and the metadata that only the server sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.resources import RESOURCES

if TYPE_CHECKING:
    from random import Random

    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.resources import ServedResource
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
NAMESPACES = RESOURCES["/namespaces"]
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SERVER_ONLY = ("uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_LONGEST_BASE = 58


def random_suffix(random: Random) -> str:
    """The five random characters that the server appends to a generateName."""
    return "".join(random.choice(_ALPHABET) for _ in range(5))


def check_kind(resource: ServedResource, obj: Json) -> None:
    """Raise a 400 status when the body's kind or version is not that of the path."""
    given, expected = (obj.get("apiVersion"), obj.get("kind")), (resource.api_version, resource.kind)
    if given[0] and given[0] != expected[0]:
        raise status.bad_request(f"the API version in the data ({given[0]}) does not match the expected API version ({expected[0]})")
    if given[1] and given[1] != expected[1]:
        raise status.bad_request(f'{given[1]} in version "{resource.version}" cannot be handled as a {resource.kind}')


def set_location(call: Call, obj: Json) -> Json:
    """Set namespace and name from the path and return the metadata. Raises a 400 status when body and path disagree."""
    meta: Json = obj.setdefault("metadata", {})
    if not isinstance(meta, dict):
        raise status.bad_request("metadata: must be an object")
    if call.resource.namespaced:
        if meta.get("namespace", call.namespace) != call.namespace:
            raise status.bad_request("the namespace of the provided object does not match the namespace sent on the request")
        meta["namespace"] = call.namespace
    else:
        meta.pop("namespace", None)
    if call.name and meta.setdefault("name", call.name) != call.name:
        raise status.bad_request("the name of the object does not match the name on the URL")
    return meta


def prepare_metadata(meta: Json, random: Random) -> None:
    """Clear server-set metadata and generate a name from generateName. Raises a 400 status for a resourceVersion."""
    if meta.get("resourceVersion"):
        raise status.bad_request("resourceVersion should not be set on objects to be created")
    for field in _SERVER_ONLY:
        meta.pop(field, None)
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"][:_LONGEST_BASE] + random_suffix(random)


def check_namespace(store: ObjectStore, resource: ServedResource, namespace: str, name: str) -> None:
    """Raise a 404 status when the namespace does not exist, a 403 when it is being deleted."""
    if not resource.namespaced:
        return
    found = store.get(NAMESPACES, "", namespace)
    if found["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        refusal = status.forbidden(resource, name, why)
        cause = {"reason": "NamespaceTerminating", "message": f"namespace {namespace} is being terminated", "field": "metadata.namespace"}
        refusal.details = {**(refusal.details or {}), "causes": [cause]}
        raise refusal
