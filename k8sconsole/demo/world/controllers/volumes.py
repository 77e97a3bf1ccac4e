"""Persistent volume claims: provisioned by their storage class, or pending with a reason."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world.controller import (
    BaseController,
    ControllerContext,
    Json,
    Key,
    ObjectChange,
    Router,
    is_being_deleted,
    route_any_change,
)
from k8sconsole.demo.world.kinds import CLAIMS, PODS, STORAGE_CLASSES, VOLUMES

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_PROTECTION = "kubernetes.io/pvc-protection"
_COMPONENT = "persistentvolume-controller"
_RETRY = 300.0


class VolumeClaimController(BaseController):
    name: ClassVar[str] = "persistentvolume"
    primary = CLAIMS

    def routes(self) -> dict[str, Router]:
        return {CLAIMS.key: route_any_change, PODS.key: self._route_pod_change, VOLUMES.key: _route_lost_volume}

    def initial_keys(self) -> Iterable[Key]:
        return [key for key in self.store.list_keys(CLAIMS) if b'"phase":"Bound"' not in self.store.get_raw(CLAIMS, *key)]

    def reconcile(self, key: Key) -> float | None:
        claim = self.context.find(CLAIMS, key)
        if claim is None:
            self._release_volume(key)
            return None
        if is_being_deleted(claim):
            self._remove_protection(claim)
            return None
        phase = claim.get("status", {}).get("phase")
        if phase == "Bound":
            self._check_volume(claim)
        if phase in ("Bound", "Lost"):
            return None
        self.context.set_status(CLAIMS, claim, {"phase": "Pending"})
        return self._provision(claim)

    def _check_volume(self, claim: Json) -> None:
        """A bound claim whose volume is gone is lost for good."""
        if not self.store.has(VOLUMES, "", claim["spec"].get("volumeName", "")):
            self.context.set_status(CLAIMS, claim, {**claim["status"], "phase": "Lost"})
            message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
            self.context.recorder.record_warning(claim, "ClaimLost", message, _COMPONENT)

    def _provision(self, claim: Json) -> float | None:
        class_name = claim["spec"].get("storageClassName") or default_class_name(self.context)
        if not class_name:
            return self._report_pending(
                claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set"
            )
        storage_class = self.context.find(STORAGE_CLASSES, ("", class_name))
        if storage_class is None:
            return self._report_pending(claim, "ProvisioningFailed", f'storageclass.storage.k8s.io "{class_name}" not found', warning=True)
        if storage_class.get("volumeBindingMode") == "WaitForFirstConsumer" and not self._has_consumer(claim):
            return self._report_pending(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
        self._bind_claim(claim, storage_class)
        return None

    def _report_pending(self, claim: Json, reason: str, message: str, *, warning: bool = False) -> float:
        record = self.context.recorder.record_warning if warning else self.context.recorder.record_normal
        record(claim, reason, message, _COMPONENT)
        return _RETRY

    def _bind_claim(self, claim: Json, storage_class: Json) -> None:
        volume = build_volume(claim, storage_class)
        self.store.create(VOLUMES, volume)
        meta, stored = claim["metadata"], claim["spec"]["resources"]["requests"]["storage"]

        def bind(fresh: Json) -> None:
            fresh["spec"] |= {"volumeName": volume["metadata"]["name"], "storageClassName": storage_class["metadata"]["name"]}
            fresh["status"] = {"phase": "Bound", "accessModes": fresh["spec"]["accessModes"], "capacity": {"storage": stored}}
            fresh["metadata"].setdefault("finalizers", [_PROTECTION])

        self.store.mutate(CLAIMS, meta["namespace"], meta["name"], bind)
        message = f"Successfully provisioned volume {volume['metadata']['name']}"
        self.context.recorder.record_normal(claim, "ProvisioningSucceeded", message, storage_class["provisioner"])

    def _has_consumer(self, claim: Json) -> bool:
        """Whether a scheduled pod uses the claim."""
        name = claim["metadata"]["name"]
        placed = (pod for pod in self.store.iterate(PODS, claim["metadata"]["namespace"]) if pod["spec"].get("nodeName"))
        return any(name in claim_names(pod) for pod in placed)

    def _route_pod_change(self, change: ObjectChange) -> Iterable[Key]:
        """Route pods that were scheduled or deleted to their claims."""
        placed = change.object["spec"].get("nodeName") and not change.previous.get("spec", {}).get("nodeName")
        return [(change.namespace, name) for name in claim_names(change.object)] if placed or change.deleted else ()

    def _remove_protection(self, claim: Json) -> None:
        """Remove the protection finalizer of a deleted claim that no pod uses."""
        meta = claim["metadata"]
        users = (pod for pod in self.store.iterate(PODS, meta["namespace"]) if meta["name"] in claim_names(pod))
        if _PROTECTION in meta.get("finalizers", ()) and not any(users):
            remaining = [each for each in meta["finalizers"] if each != _PROTECTION]
            self.store.mutate(CLAIMS, meta["namespace"], meta["name"], lambda fresh: fresh["metadata"].update(finalizers=remaining))

    def _release_volume(self, key: Key) -> None:
        """Delete or release the volume of a deleted claim, by its reclaim policy."""
        for volume in list(self.store.iterate(VOLUMES)):
            bound = volume["spec"].get("claimRef", {})
            if (bound.get("namespace"), bound.get("name")) == key:
                if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                    self.store.remove(VOLUMES, "", volume["metadata"]["name"])
                else:
                    self.context.set_status(VOLUMES, volume, {"phase": "Released"})


def _route_lost_volume(change: ObjectChange) -> Iterable[Key]:
    """Route deleted volumes to their claims."""
    bound = change.object["spec"].get("claimRef") or {}
    return [(bound.get("namespace", ""), bound.get("name", ""))] if change.deleted and bound else ()


def default_class_name(context: ControllerContext) -> str:
    """The name of the default storage class, or ""."""
    marked = (each["metadata"] for each in context.store.iterate(STORAGE_CLASSES))
    return next((str(meta["name"]) for meta in marked if meta.get("annotations", {}).get(_DEFAULT_CLASS) == "true"), "")


def claim_names(pod: Json) -> list[str]:
    volumes = pod["spec"].get("volumes", ())
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]


def find_claim_problem(context: ControllerContext, pod: Json) -> str:
    """The scheduler's message when a pod's claims prevent its scheduling, else ""."""
    for name in claim_names(pod):
        claim = context.find(CLAIMS, (pod["metadata"]["namespace"], name))
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if claim.get("status", {}).get("phase") != "Bound" and not _waits_for_consumer(context, claim):
            return "pod has unbound immediate PersistentVolumeClaims"
    return ""


def build_volume(claim: Json, storage_class: Json) -> Json:
    """The volume that a provisioner creates for a claim."""
    meta, spec, name = claim["metadata"], claim["spec"], f"pvc-{claim['metadata']['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": storage_class["provisioner"]}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": meta["name"],
                "namespace": meta["namespace"],
                "uid": meta["uid"],
            },
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "csi": {"driver": storage_class["provisioner"], "fsType": "ext4", "volumeHandle": name},
        },
        "status": {"phase": "Bound"},
    }


def _waits_for_consumer(context: ControllerContext, claim: Json) -> bool:
    name = claim["spec"].get("storageClassName") or default_class_name(context)
    storage_class = context.find(STORAGE_CLASSES, ("", name)) if name else None
    return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
