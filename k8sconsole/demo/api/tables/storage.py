"""Tables of volumes, claims, storage classes, CSI objects, config maps and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import UNSET, default_name, format_creation_age, join_values, object_name
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_OLD_CLASS = "volume.beta.kubernetes.io/storage-class"


def _format_access_modes(found: list[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (found or ()))


def _storage_phase(obj: Json) -> str:
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else str(obj.get("status", {}).get("phase", ""))


def _storage_class_name(obj: Json) -> str:
    """The class in the spec, unless the annotation from before it exists."""
    return str((obj["metadata"].get("annotations") or {}).get(_OLD_CLASS, obj["spec"].get("storageClassName") or ""))


def _or_unset(value: str | None) -> str:
    return UNSET if value is None else value


def _volume_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    claim = spec.get("claimRef")
    claim_name = "" if claim is None else f"{claim.get('namespace', '')}/{claim.get('name', '')}"
    basics = [
        (spec.get("capacity") or {}).get("storage", "0"),
        _format_access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
    ]
    classes = [_storage_class_name(obj), _or_unset(spec.get("volumeAttributesClassName"))]
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
    size = (state.get("capacity") or {}).get("storage", "0") if bound else ""
    modes = _format_access_modes(state.get("accessModes")) if bound else ""
    classes = [_storage_class_name(obj), _or_unset(spec.get("volumeAttributesClassName"))]
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
    name = default_name(obj, *_DEFAULT_CLASS)
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
    requests = spec.get("tokenRequests")
    tokens = UNSET if requests is None else ",".join(each.get("audience", "") for each in requests)
    modes = join_values(spec.get("volumeLifecycleModes") or ["Persistent"])
    flags = [spec.get("attachRequired", True), spec.get("podInfoOnMount", False), spec.get("storageCapacity", False)]
    return [object_name(obj), *flags, tokens, spec.get("requiresRepublish", False), modes, format_creation_age(obj, now)]


def _storage_capacity_cells(obj: Json, _now: datetime) -> Cells:
    return [object_name(obj), obj.get("storageClassName", ""), _or_unset(obj.get("capacity"))]


def _attributes_class_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), obj.get("driverName", ""), format_creation_age(obj, now)]


PRINTERS = {
    "storage.k8s.io/volumeattributesclasses": TablePrinter(define_columns("Name|DriverName|Age"), _attributes_class_cells),
    "storage.k8s.io/csistoragecapacities": TablePrinter(define_columns("Name|StorageClassName|Capacity"), _storage_capacity_cells),
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
