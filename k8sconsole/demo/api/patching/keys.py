"""Which lists of the built-in kinds are merged by a key instead of being replaced: facts of the Kubernetes API types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

# The last step of a path to a list -> the fields that identify an item. The first is the strategic merge key, all of them the
# server-side apply keys.
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
# Objects that are owned and replaced as one value.
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
    """The identifying fields of the list at a path of field names; empty where the list is replaced as a whole."""
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
    """Whether the object at a path is one value to server-side apply."""
    return bool(path) and path[-1] in ATOMIC
