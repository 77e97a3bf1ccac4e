"""The order of admission, for new objects and for changed ones."""

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
    """Makes a client's new object fit to be stored, in place; raises a 4xx status where the real server refuses."""
    resource, meta = call.resource, obj["metadata"]
    identity.prepare_metadata(meta, backend.random)
    identity.check_namespace(backend.store, resource, call.namespace, meta.get("name", ""))
    if resource.has_status:
        obj.pop("status", None)
    if first := _INITIAL_STATUS.get(resource.key):
        obj["status"] = dict(first)
    with _decoding_errors(resource):
        _default_object(resource, obj)
        _ADMITTERS.get(resource.key, _skip)(backend, obj)
        validation.validate_object(resource, obj)
    if resource.key == "/services":
        services.allocate_addresses(backend.store, obj)
    if resource.key == "/pods":
        _check_quota(backend, obj)


def admit_update(backend: Backend, call: Call, old: Json, new: Json) -> None:
    """The same for an object that replaces another."""
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
    """A body whose shape is not its kind's is a 400, as the decoder of the real server would have it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as misfit:
        field = f"{misfit.args[0]} is missing" if isinstance(misfit, KeyError) else str(misfit)
        kind = resource.kind
        raise status.bad_request(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {field}') from misfit


def _skip(_backend: Backend, _obj: Json) -> None:
    return None


def _admit_pod(backend: Backend, obj: Json) -> None:
    podspecs.admit_pod(backend.store, obj, identity.random_suffix(backend.random))


def _check_quota(backend: Backend, pod: Json) -> None:
    from k8sconsole.demo.world.quota_rules import find_quota_refusal

    if why := find_quota_refusal(backend.store, pod):
        raise status.forbidden(RESOURCES["/pods"], pod["metadata"]["name"], why)


def _admit_job(backend: Backend, obj: Json) -> None:
    """The labels that tie a job's pods to it carry its uid, which therefore is decided here."""
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
        usual = (found for found in backend.store.iterate(_CLASSES) if _is_default_class(found))
        if chosen := next(usual, None):
            obj["spec"]["storageClassName"] = chosen["metadata"]["name"]


def _is_default_class(storage_class: Json) -> bool:
    return (storage_class["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"


def _add_protection(_backend: Backend, obj: Json) -> None:
    key = "/persistentvolumes" if obj.get("kind") == "PersistentVolume" else "/persistentvolumeclaims"
    held = obj["metadata"].setdefault("finalizers", [])
    if _PROTECTED[key] not in held:
        held.append(_PROTECTED[key])


_ADMITTERS = {"/pods": _admit_pod, "batch/jobs": _admit_job, "/persistentvolumeclaims": _admit_claim, "/persistentvolumes": _add_protection}
