"""The order of admission for created and updated objects."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import podspecs, status
from k8sconsole.demo.api.admission import custom, defaults, identity, immutable, services, validation
from k8sconsole.demo.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_CLASSES = RESOURCES["storage.k8s.io/storageclasses"]
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_INITIAL_STATUS: dict[str, Json] = {
    "/namespaces": {"phase": "Active"},
    "/persistentvolumeclaims": {"phase": "Pending"},
    "/persistentvolumes": {"phase": "Pending"},
    "/services": {"loadBalancer": {}},
    "networking.k8s.io/ingresses": {"loadBalancer": {}},
}
_PROTECTED = {"/persistentvolumeclaims": "kubernetes.io/pvc-protection", "/persistentvolumes": "kubernetes.io/pv-protection"}


def admit_create(backend: Backend, call: Call, obj: Json) -> None:
    """Prepare a client's new object for the store, in place. Raises a 4xx status where the real server rejects it."""
    resource, meta = call.resource, obj["metadata"]
    identity.prepare_metadata(meta, backend.random)
    identity.check_namespace(backend.store, resource, call.namespace, meta.get("name", ""))
    if resource.has_status:
        obj.pop("status", None)
    if initial := _INITIAL_STATUS.get(resource.key):
        obj["status"] = dict(initial)
    with _decoding_errors(resource):
        _default_object(resource, obj)
        _ADMITTERS.get(resource.key, _skip)(backend, obj)
        validation.validate_object(resource, obj)
    if resource.key == "/services":
        services.allocate_addresses(backend.store, obj)
    if resource.key == "/pods":
        _check_quota(backend, obj)


def admit_update(backend: Backend, call: Call, old: Json, new: Json) -> None:
    """Prepare an updated object, in place. Raises a 4xx status where the real server rejects it."""
    resource = call.resource
    with _decoding_errors(resource):
        if resource.key == "/services":
            services.keep_allocated(old, new)
        _default_object(resource, new)
        causes = [*validation.find_violations(resource, new), *immutable.find_immutable_changes(resource, old, new)]
    if causes:
        raise status.invalid(resource, new["metadata"]["name"], causes)
    if resource.key == "/services":
        services.allocate_addresses(backend.store, new)


def _default_object(resource: ServedResource, obj: Json) -> None:
    if resource.custom:
        custom.check_custom(resource, obj)
    else:
        defaults.fill_defaults(resource, obj)


@contextmanager
def _decoding_errors(resource: ServedResource) -> Iterator[None]:
    """Turn the errors of a wrongly structured body into a 400 status, as the real server's decoder does."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        field = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        kind = resource.kind
        raise status.bad_request(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {field}') from error


def _skip(_backend: Backend, _obj: Json) -> None:
    return None


def _admit_pod(backend: Backend, obj: Json) -> None:
    podspecs.admit_pod(backend.store, obj, identity.random_suffix(backend.random))


def _check_quota(backend: Backend, pod: Json) -> None:
    from k8sconsole.demo.world.quota_rules import find_quota_refusal

    if why := find_quota_refusal(backend.store, pod):
        raise status.forbidden(RESOURCES["/pods"], pod["metadata"]["name"], why)


def _admit_job(backend: Backend, obj: Json) -> None:
    """Set the uid here, because the selector and the pod labels of a job contain it."""
    meta, spec = obj["metadata"], obj["spec"]
    if spec.get("manualSelector"):
        return
    meta["uid"] = str(uuid.UUID(int=backend.random.getrandbits(128), version=4))
    old, new = {"controller-uid": meta["uid"], "job-name": meta["name"]}, "batch.kubernetes.io/"
    labels = spec["template"]["metadata"].setdefault("labels", {})
    labels |= old | {f"{new}{key}": value for key, value in old.items()}
    spec["selector"] = {"matchLabels": {f"{new}controller-uid": meta["uid"]}}


def _admit_claim(backend: Backend, obj: Json) -> None:
    _add_protection(backend, obj)
    if obj["spec"].get("storageClassName") is None:
        defaults = (found for found in backend.store.iterate(_CLASSES) if _is_default_class(found))
        if chosen := next(defaults, None):
            obj["spec"]["storageClassName"] = chosen["metadata"]["name"]


def _is_default_class(storage_class: Json) -> bool:
    return (storage_class["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"


def _add_protection(_backend: Backend, obj: Json) -> None:
    key = "/persistentvolumes" if obj.get("kind") == "PersistentVolume" else "/persistentvolumeclaims"
    finalizers = obj["metadata"].setdefault("finalizers", [])
    if _PROTECTED[key] not in finalizers:
        finalizers.append(_PROTECTED[key])


_ADMITTERS = {"/pods": _admit_pod, "batch/jobs": _admit_job, "/persistentvolumeclaims": _admit_claim, "/persistentvolumes": _add_protection}
