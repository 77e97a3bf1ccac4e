"""The merge keys of lists in built-in kinds, as declared by the Kubernetes API types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

# The last field of the path to a list → the fields that identify an item. The first is the strategic merge key. All of them are the
# keys of server-side apply.
_BY_FIELD: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "hostAliases": ("ip",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
    "conditions": ("type",),
    "addresses": ("type",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "schedulingGates": ("name",),
    "resourceClaims": ("name",),
    "ownerReferences": ("uid",),
    "webhooks": ("name",),
    "matchConditions": ("name",),
    "drivers": ("name",),
}
_SETS = {"finalizers"}
# Objects that server-side apply owns and replaces as one value.
ATOMIC = {
    "selector",
    "nodeSelector",
    "scaleTargetRef",
    "roleRef",
    "claimRef",
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
}


def merge_keys(path: Sequence[str]) -> tuple[str, ...]:
    """The fields that identify an item of the list at a path of field names; empty when the list is replaced as a whole."""
    field = path[-1] if path else ""
    if field == "ports":
        parent = path[-2] if len(path) > 1 else ""
        if parent in ("containers", "initContainers", "ephemeralContainers"):
            return ("containerPort", "protocol")
        return ("port", "protocol") if list(path) == ["spec", "ports"] else ()
    if field == "secrets" and len(path) > 1:
        return ()
    return _BY_FIELD.get(field, ())


def is_set(path: Sequence[str]) -> bool:
    """Whether the list at a path is a set of plain values."""
    return bool(path) and path[-1] in _SETS


def is_atomic(path: Sequence[str]) -> bool:
    """Whether server-side apply treats the object at a path as one value."""
    return bool(path) and path[-1] in ATOMIC
