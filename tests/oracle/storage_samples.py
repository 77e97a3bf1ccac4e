"""Odd volumes, claims, storage classes and CSI objects."""

from typing import Any

from tests.oracle.dice import Dice

Json = dict[str, Any]
_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_CLASS = "volume.beta.kubernetes.io/storage-class"


def make_volume(dice: Dice) -> Json:
    claim = dice.sparse({"namespace": dice.pick("shop", ""), "name": dice.name()})
    spec = {
        "capacity": dice.quantities("storage"),
        "accessModes": dice.some(_MODES) * dice.pick(1, 1, 2),
        "persistentVolumeReclaimPolicy": dice.pick("Retain", "Delete", "Recycle", ""),
        "storageClassName": dice.pick("fast", ""),
        "volumeAttributesClassName": dice.pick("gold", ""),
        "claimRef": claim,
        "volumeMode": dice.pick("Filesystem", "Block"),
    }
    status = {"phase": dice.pick("Available", "Bound", "Released", "Failed", "Pending", ""), "reason": dice.pick("", "odd")}
    meta = dice.meta(annotations=dice.pick({}, {_CLASS: dice.pick("old", "")}))
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": dice.sparse(spec), "status": dice.sparse(status)}


def make_claim(dice: Dice) -> Json:
    spec = {
        "volumeName": dice.pick("pv-1", "pv-1", ""),
        "storageClassName": dice.pick("fast", ""),
        "volumeAttributesClassName": dice.pick("gold", ""),
        "volumeMode": dice.pick("Filesystem", "Block"),
        "accessModes": dice.some(_MODES),
        "resources": dice.sparse({"requests": dice.quantities("storage")}),
    }
    status = {
        "phase": dice.pick("Pending", "Bound", "Lost", ""),
        "capacity": dice.quantities("storage"),
        "accessModes": dice.some(_MODES) * dice.pick(1, 2),
    }
    meta = dice.meta(annotations=dice.pick({}, {_CLASS: dice.pick("old", "")}))
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": dice.sparse(spec), "status": dice.sparse(status)}


def make_storage_class(dice: Dice) -> Json:
    marks = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
    fields = {
        "provisioner": dice.pick("ebs.csi.aws.com", ""),
        "reclaimPolicy": dice.pick("Retain", "Delete"),
        "volumeBindingMode": dice.pick("Immediate", "WaitForFirstConsumer"),
        "allowVolumeExpansion": dice.flag(),
    }
    meta = dice.meta(annotations={mark: dice.pick("true", "false", "") for mark in dice.some(marks)})
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta, **dice.sparse(fields)}


def make_attributes_class(dice: Dice) -> Json:
    return _object(dice, "VolumeAttributesClass", driverName=dice.pick("", "ebs.csi.aws.com"))


def make_attachment(dice: Dice) -> Json:
    source = dice.sparse({"persistentVolumeName": dice.pick("pv-1", "")})
    spec = dice.sparse({"attacher": dice.pick("", "ebs.csi.aws.com"), "nodeName": dice.name(), "source": source})
    return _object(dice, "VolumeAttachment", spec=spec, status=dice.sparse({"attached": dice.flag()}))


def make_csi_driver(dice: Dice) -> Json:
    spec = {
        "attachRequired": dice.flag(),
        "podInfoOnMount": dice.flag(),
        "storageCapacity": dice.flag(),
        "requiresRepublish": dice.flag(),
        "tokenRequests": dice.many(lambda: {"audience": dice.pick("", "vault", "aws")}),
        "volumeLifecycleModes": dice.some(("Persistent", "Ephemeral")),
    }
    return _object(dice, "CSIDriver", spec=dice.sparse(spec))


def make_csi_node(dice: Dice) -> Json:
    return _object(dice, "CSINode", spec=dice.sparse({"drivers": dice.many(lambda: {"name": dice.name(), "nodeID": "x"})}))


def make_csi_capacity(dice: Dice) -> Json:
    return _object(dice, "CSIStorageCapacity", **dice.sparse({"storageClassName": dice.pick("", "fast"), "capacity": dice.quantity()}))


def _object(dice: Dice, kind: str, **fields: Any) -> Json:
    return {"apiVersion": "storage.k8s.io/v1", "kind": kind, "metadata": dice.meta(), **fields}
