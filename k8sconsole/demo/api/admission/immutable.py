"""Fields that an update may not change."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api.admission.validation import invalid_cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_IMMUTABLE = "field is immutable"
_FIELDS: dict[str, tuple[str, ...]] = {
    "apps/deployments": ("spec.selector",),
    "apps/replicasets": ("spec.selector",),
    "apps/daemonsets": ("spec.selector",),
    "batch/jobs": ("spec.selector", "spec.template", "spec.completions"),
    "/secrets": ("type",),
    "storage.k8s.io/storageclasses": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "rbac.authorization.k8s.io/rolebindings": ("roleRef",),
    "rbac.authorization.k8s.io/clusterrolebindings": ("roleRef",),
}
_POD_WHY = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)
_STATEFUL_WHY = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_STATEFUL_MUTABLE = (
    *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"),
    *("persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
)
_CLAIM_WHY = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def find_immutable_changes(resource: ServedResource, old: Json, new: Json) -> list[Json]:
    """The causes for a 422 status: each immutable field that the update changes."""
    return [*_check_fields(resource, old, new), *_check_specs(resource, old, new), *_check_sealed_data(old, new)]


def _get_path(obj: Json, path: str) -> Any:
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _check_fields(resource: ServedResource, old: Json, new: Json) -> Iterator[Json]:
    for path in _FIELDS.get(resource.key, ()):
        if _get_path(old, path) != _get_path(new, path):
            yield invalid_cause(path, _get_path(new, path), _IMMUTABLE)


def _check_specs(resource: ServedResource, old: Json, new: Json) -> Iterator[Json]:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if resource.key == "/pods" and _immutable_pod_fields(before) != _immutable_pod_fields(after):
        yield _forbidden_cause("spec", _POD_WHY)
    if resource.key == "/pods":
        yield from _check_gates(before.get("schedulingGates") or [], after.get("schedulingGates") or [])
    if resource.key == "apps/statefulsets" and _without_fields(before, _STATEFUL_MUTABLE) != _without_fields(after, _STATEFUL_MUTABLE):
        yield _forbidden_cause("spec", _STATEFUL_WHY)
    if resource.key == "/persistentvolumeclaims" and before.get("volumeName"):
        mutable = ("resources", "volumeAttributesClassName")
        if _without_fields(before, mutable) != _without_fields(after, mutable):
            yield _forbidden_cause("spec", _CLAIM_WHY)
    address = before.get("clusterIP")
    if resource.key == "/services" and address and after.get("type") != "ExternalName" and after.get("clusterIP") != address:
        yield invalid_cause("spec.clusterIPs[0]", [after.get("clusterIP")], "may not change once set")


def _check_gates(before: list[Json], after: list[Json]) -> Iterator[Json]:
    """Scheduling gates may only be removed."""
    known = {gate["name"] for gate in before}
    for position, gate in enumerate(after):
        if gate["name"] not in known:
            why = f"only deletion is allowed, but found new scheduling gate '{gate['name']}'"
            yield _forbidden_cause(f"spec.schedulingGates[{position}].name", why)


def _check_sealed_data(old: Json, new: Json) -> Iterator[Json]:
    """Check the data of config maps and secrets that are marked immutable."""
    if old.get("immutable") is not True:
        return
    for field in ("data", "binaryData"):
        if old.get(field) != new.get(field):
            yield _forbidden_cause(field, "field is immutable when `immutable` is set")


def _forbidden_cause(field: str, why: str) -> Json:
    return status.cause(field, f"Forbidden: {why}", "FieldValueForbidden")


def _without_fields(spec: Json, mutable: tuple[str, ...]) -> Json:
    return {key: value for key, value in spec.items() if key not in mutable}


def _immutable_pod_fields(spec: Json) -> Json:
    core = copy.deepcopy(
        _without_fields(
            spec, ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers", "schedulingGates")
        )
    )
    for container in (*(core.get("containers") or ()), *(core.get("initContainers") or ())):
        container.pop("image", None)
    return core
