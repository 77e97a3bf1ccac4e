"""Defaults the real server fills in and clients rely on, kind by kind (after pkg/apis/*/v1/defaults.go)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.podspecs import fill_spec

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_RBAC = "rbac.authorization.k8s.io"


def fill(resource: ServedResource, obj: Json) -> None:
    """Fills an object's defaults in place; doing it twice changes nothing."""
    filler = _FILLERS.get(resource.key)
    if filler:
        filler(obj)


def complete(target: Json, defaults: Mapping[str, Any]) -> None:
    """Sets what is missing, at every depth; values are copied, never shared."""
    for key, value in defaults.items():
        if isinstance(value, dict):
            complete(target.setdefault(key, {}), value)
        else:
            target.setdefault(key, value)


def _template(spec: Json) -> None:
    _no_time(spec["template"].setdefault("metadata", {}))
    fill_spec(spec["template"].setdefault("spec", {}))


def _no_time(meta: Json) -> None:
    """Older clients write a template's creationTimestamp as null; the server leaves it out."""
    if meta.get("creationTimestamp") is None:
        meta.pop("creationTimestamp", None)


def _pod(obj: Json) -> None:
    fill_spec(obj["spec"])
    obj["spec"].setdefault("enableServiceLinks", True)


def _deployment(obj: Json) -> None:
    spec = obj["spec"]
    complete(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate"}})
    if spec["strategy"]["type"] == "RollingUpdate":
        complete(spec["strategy"], {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    _template(spec)


def _replicas(obj: Json) -> None:
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    if "template" in spec:
        _template(spec)


def _controller(obj: Json) -> None:
    _replicas(obj)
    obj["spec"].setdefault("selector", dict(obj["spec"]["template"]["metadata"].get("labels") or {}))


def _stateful(obj: Json) -> None:
    spec = obj["spec"]
    complete(spec, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    complete(spec, {"updateStrategy": {"type": "RollingUpdate"}})
    complete(spec, {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}})
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        complete(spec["updateStrategy"], {"rollingUpdate": {"partition": 0}})
    for claim in spec.get("volumeClaimTemplates") or ():
        complete(
            claim,
            {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}},
        )
        _no_time(claim["metadata"])
    _template(spec)


def _daemon(obj: Json) -> None:
    spec = obj["spec"]
    complete(spec, {"revisionHistoryLimit": 10, "updateStrategy": {"type": "RollingUpdate"}})
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        complete(spec["updateStrategy"], {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}})
    _template(spec)


def _job_spec(spec: Json) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    fixed = {"parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
    complete(spec, {**fixed, "podReplacementPolicy": "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"})
    _template(spec)


def _job(obj: Json) -> None:
    _job_spec(obj["spec"])
    obj["spec"].setdefault("manualSelector", False)


def _cron_job(obj: Json) -> None:
    fixed = {"concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
    complete(obj["spec"], fixed)
    _no_time(obj["spec"]["jobTemplate"].setdefault("metadata", {}))
    inner = obj["spec"]["jobTemplate"]["spec"]["template"]
    _no_time(inner.setdefault("metadata", {}))
    fill_spec(inner["spec"])


def _service(obj: Json) -> None:
    spec = obj["spec"]
    complete(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["sessionAffinity"] == "ClientIP":
        complete(spec, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}})


def _secret(obj: Json) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None)
    if plain:
        obj["data"] = {**(obj.get("data") or {}), **{key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}}


def _namespace(obj: Json) -> None:
    meta = obj["metadata"]
    meta["labels"] = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": meta["name"]}
    obj.setdefault("spec", {})
    if "deletionTimestamp" not in meta:
        obj["spec"].setdefault("finalizers", ["kubernetes"])


def _claim(obj: Json) -> None:
    obj["spec"].setdefault("volumeMode", "Filesystem")


def _volume(obj: Json) -> None:
    complete(obj["spec"], {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"})


def _autoscaler(obj: Json) -> None:
    obj["spec"].setdefault("minReplicas", 1)
    usual = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    if not obj["spec"].get("metrics"):
        obj["spec"]["metrics"] = [usual]


def _network_policy(obj: Json) -> None:
    spec = obj["spec"]
    spec.setdefault("podSelector", {})
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _binding(obj: Json) -> None:
    obj["roleRef"].setdefault("apiGroup", _RBAC)
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", _RBAC)


def _definition(obj: Json) -> None:
    spec, names = obj["spec"], obj["spec"]["names"]
    complete(names, {"singular": names["kind"].lower(), "listKind": f"{names['kind']}List"})
    complete(spec, {"conversion": {"strategy": "None"}})


def _limit_range(obj: Json) -> None:
    """Containers default to the maximum, and request what they are limited to."""
    for limit in obj["spec"].get("limits") or ():
        if limit.get("type") == "Container":
            limit["default"] = {**(limit.get("max") or {}), **(limit.get("default") or {})}
            limit["defaultRequest"] = {**(limit.get("min") or {}), **limit["default"], **(limit.get("defaultRequest") or {})}


def _node(obj: Json) -> None:
    obj.setdefault("spec", {})


def _flat(defaults: Json) -> Callable[[Json], None]:
    return lambda obj: complete(obj, defaults)


_FILLERS: dict[str, Callable[[Json], None]] = {
    "/pods": _pod,
    "/replicationcontrollers": _controller,
    "/services": _service,
    "/secrets": _secret,
    "/namespaces": _namespace,
    "/nodes": _node,
    "/limitranges": _limit_range,
    "/persistentvolumeclaims": _claim,
    "/persistentvolumes": _volume,
    "apps/deployments": _deployment,
    "apps/replicasets": _replicas,
    "apps/statefulsets": _stateful,
    "apps/daemonsets": _daemon,
    "batch/jobs": _job,
    "batch/cronjobs": _cron_job,
    "autoscaling/horizontalpodautoscalers": _autoscaler,
    "networking.k8s.io/networkpolicies": _network_policy,
    f"{_RBAC}/rolebindings": _binding,
    f"{_RBAC}/clusterrolebindings": _binding,
    "storage.k8s.io/storageclasses": _flat({"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}),
    "scheduling.k8s.io/priorityclasses": _flat({"preemptionPolicy": "PreemptLowerPriority"}),
    "apiextensions.k8s.io/customresourcedefinitions": _definition,
}
