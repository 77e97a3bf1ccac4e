"""Tables of volumes, claims, storage classes, CSI objects, config maps and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import UNSET, format_creation_age, join_values, object_name
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _format_access_modes(found: list[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (found or ()))


def _storage_phase(obj: Json) -> str:
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else str(obj.get("status", {}).get("phase", ""))


def _volume_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    claim = spec.get("claimRef")
    claim_name = f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""
    basics = [
        (spec.get("capacity") or {}).get("storage", ""),
        _format_access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
    ]
    classes = [spec.get("storageClassName", ""), spec.get("volumeAttributesClassName") or UNSET]
    reason = obj.get("status", {}).get("reason", "")
    return [
        object_name(obj),
        *basics,
        _storage_phase(obj),
        claim_name,
        *classes,
        reason,
        format_creation_age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def _claim_cells(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    bound = bool(spec.get("volumeName"))
    size = (state.get("capacity") or {}).get("storage", "") if bound else ""
    modes = _format_access_modes(state.get("accessModes")) if bound else ""
    classes = [spec.get("storageClassName") or "", spec.get("volumeAttributesClassName") or UNSET]
    return [
        object_name(obj),
        _storage_phase(obj),
        spec.get("volumeName", ""),
        size,
        modes,
        *classes,
        format_creation_age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def _storage_class_cells(obj: Json, now: datetime) -> Cells:
    default = (obj["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    name = f"{object_name(obj)} (default)" if default else object_name(obj)
    policy, binding = obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")
    return [name, obj.get("provisioner", ""), policy, binding, bool(obj.get("allowVolumeExpansion")), format_creation_age(obj, now)]


def _config_map_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), format_creation_age(obj, now)]


def _secret_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), obj.get("type", "Opaque"), len(obj.get("data") or ()), format_creation_age(obj, now)]


def _attachment_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    volume = spec.get("source", {}).get("persistentVolumeName", "")
    return [
        object_name(obj),
        spec["attacher"],
        volume,
        spec["nodeName"],
        bool(obj.get("status", {}).get("attached")),
        format_creation_age(obj, now),
    ]


def _csi_node_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), len(obj["spec"].get("drivers") or ()), format_creation_age(obj, now)]


def _csi_driver_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    tokens = join_values((each.get("audience", "") for each in spec.get("tokenRequests") or ()), UNSET)
    modes = join_values(spec.get("volumeLifecycleModes") or ["Persistent"])
    flags = [spec.get("attachRequired", True), spec.get("podInfoOnMount", False), spec.get("storageCapacity", False)]
    return [object_name(obj), *flags, tokens, spec.get("requiresRepublish", False), modes, format_creation_age(obj, now)]


def _attributes_class_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), obj.get("driverName", ""), format_creation_age(obj, now)]


PRINTERS = {
    "storage.k8s.io/volumeattributesclasses": TablePrinter(define_columns("Name|DriverName|Age"), _attributes_class_cells),
    "/persistentvolumes": TablePrinter(
        define_columns(
            "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age", "VolumeMode"
        ),
        _volume_cells,
    ),
    "/persistentvolumeclaims": TablePrinter(
        define_columns("Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age", "VolumeMode"), _claim_cells
    ),
    "/configmaps": TablePrinter(define_columns("Name|Data|Age", "", "Data"), _config_map_cells),
    "/secrets": TablePrinter(define_columns("Name|Type|Data|Age", "", "Data"), _secret_cells),
    "storage.k8s.io/storageclasses": TablePrinter(
        define_columns("Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"), _storage_class_cells
    ),
    "storage.k8s.io/volumeattachments": TablePrinter(define_columns("Name|Attacher|PV|Node|Attached|Age"), _attachment_cells),
    "storage.k8s.io/csinodes": TablePrinter(define_columns("Name|Drivers|Age", "", "Drivers"), _csi_node_cells),
    "storage.k8s.io/csidrivers": TablePrinter(
        define_columns("Name|AttachRequired|PodInfoOnMount|StorageCapacity|TokenRequests|RequiresRepublish|Modes|Age"), _csi_driver_cells
    ),
}
