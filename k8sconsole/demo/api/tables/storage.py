"""Tables of where data lives: volumes, claims, classes, config maps and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import UNSET, created, join
from k8sconsole.demo.api.tables.columns import TablePrinter, columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _name(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def _modes(found: list[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (found or ()))


def _phase(obj: Json) -> str:
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else str(obj.get("status", {}).get("phase", ""))


def _volume(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    claim = spec.get("claimRef")
    held_by = f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""
    usual = [
        (spec.get("capacity") or {}).get("storage", ""),
        _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
    ]
    classes = [spec.get("storageClassName", ""), spec.get("volumeAttributesClassName") or UNSET]
    reason = obj.get("status", {}).get("reason", "")
    return [_name(obj), *usual, _phase(obj), held_by, *classes, reason, created(obj, now), spec.get("volumeMode") or UNSET]


def _claim(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    bound = bool(spec.get("volumeName"))
    size = (state.get("capacity") or {}).get("storage", "") if bound else ""
    modes = _modes(state.get("accessModes")) if bound else ""
    classes = [spec.get("storageClassName") or "", spec.get("volumeAttributesClassName") or UNSET]
    return [_name(obj), _phase(obj), spec.get("volumeName", ""), size, modes, *classes, created(obj, now), spec.get("volumeMode") or UNSET]


def _class(obj: Json, now: datetime) -> Cells:
    default = (obj["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    name = f"{_name(obj)} (default)" if default else _name(obj)
    policy, binding = obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")
    return [name, obj.get("provisioner", ""), policy, binding, bool(obj.get("allowVolumeExpansion")), created(obj, now)]


def _config_map(obj: Json, now: datetime) -> Cells:
    return [_name(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), created(obj, now)]


def _secret(obj: Json, now: datetime) -> Cells:
    return [_name(obj), obj.get("type", "Opaque"), len(obj.get("data") or ()), created(obj, now)]


def _attachment(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    volume = spec.get("source", {}).get("persistentVolumeName", "")
    return [_name(obj), spec["attacher"], volume, spec["nodeName"], bool(obj.get("status", {}).get("attached")), created(obj, now)]


def _csi_node(obj: Json, now: datetime) -> Cells:
    return [_name(obj), len(obj["spec"].get("drivers") or ()), created(obj, now)]


def _csi_driver(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    tokens = join((each.get("audience", "") for each in spec.get("tokenRequests") or ()), UNSET)
    modes = join(spec.get("volumeLifecycleModes") or ["Persistent"])
    flags = [spec.get("attachRequired", True), spec.get("podInfoOnMount", False), spec.get("storageCapacity", False)]
    return [_name(obj), *flags, tokens, spec.get("requiresRepublish", False), modes, created(obj, now)]


def _attributes_class(obj: Json, now: datetime) -> Cells:
    return [_name(obj), obj.get("driverName", ""), created(obj, now)]


PRINTERS = {
    "storage.k8s.io/volumeattributesclasses": TablePrinter(columns("Name|DriverName|Age"), _attributes_class),
    "/persistentvolumes": TablePrinter(
        columns("Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age", "VolumeMode"),
        _volume,
    ),
    "/persistentvolumeclaims": TablePrinter(
        columns("Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age", "VolumeMode"), _claim
    ),
    "/configmaps": TablePrinter(columns("Name|Data|Age", "", "Data"), _config_map),
    "/secrets": TablePrinter(columns("Name|Type|Data|Age", "", "Data"), _secret),
    "storage.k8s.io/storageclasses": TablePrinter(
        columns("Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"), _class
    ),
    "storage.k8s.io/volumeattachments": TablePrinter(columns("Name|Attacher|PV|Node|Attached|Age"), _attachment),
    "storage.k8s.io/csinodes": TablePrinter(columns("Name|Drivers|Age", "", "Drivers"), _csi_node),
    "storage.k8s.io/csidrivers": TablePrinter(
        columns("Name|AttachRequired|PodInfoOnMount|StorageCapacity|TokenRequests|RequiresRepublish|Modes|Age"), _csi_driver
    ),
}
