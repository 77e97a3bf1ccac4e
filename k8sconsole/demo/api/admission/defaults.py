"""The defaults of the real server that clients rely on, per kind (after pkg/apis/*/v1/defaults.go)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.podspecs import fill_pod_spec

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_RBAC = "rbac.authorization.k8s.io"


def fill_defaults(resource: ServedResource, obj: Json) -> None:
    """Set an object's defaults in place. A second call changes nothing."""
    filler = _FILLERS.get(resource.key)
    if filler:
        filler(obj)


def set_missing(target: Json, defaults: Mapping[str, Any]) -> None:
    """Set the missing fields at every depth. Nested objects are copied, never shared."""
    for key, value in defaults.items():
        if isinstance(value, dict):
            set_missing(target.setdefault(key, {}), value)
        else:
            target.setdefault(key, value)


def _default_template(spec: Json) -> None:
    _drop_null_timestamp(spec["template"].setdefault("metadata", {}))
    fill_pod_spec(spec["template"].setdefault("spec", {}))


def _drop_null_timestamp(meta: Json) -> None:
    """Drop a null creationTimestamp, which older clients write in templates and the server omits."""
    if meta.get("creationTimestamp") is None:
        meta.pop("creationTimestamp", None)


def _default_pod(obj: Json) -> None:
    fill_pod_spec(obj["spec"])
    obj["spec"].setdefault("enableServiceLinks", True)


def _default_deployment(obj: Json) -> None:
    spec = obj["spec"]
    set_missing(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate"}})
    if spec["strategy"]["type"] == "RollingUpdate":
        set_missing(spec["strategy"], {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    _default_template(spec)


def _default_replica_set(obj: Json) -> None:
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    if "template" in spec:
        _default_template(spec)


def _default_replication_controller(obj: Json) -> None:
    _default_replica_set(obj)
    obj["spec"].setdefault("selector", dict(obj["spec"]["template"]["metadata"].get("labels") or {}))


def _default_stateful_set(obj: Json) -> None:
    spec = obj["spec"]
    set_missing(spec, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    set_missing(spec, {"updateStrategy": {"type": "RollingUpdate"}})
    set_missing(spec, {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}})
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        set_missing(spec["updateStrategy"], {"rollingUpdate": {"partition": 0}})
    for claim in spec.get("volumeClaimTemplates") or ():
        set_missing(
            claim,
            {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}},
        )
        _drop_null_timestamp(claim["metadata"])
    _default_template(spec)


def _default_daemon_set(obj: Json) -> None:
    spec = obj["spec"]
    set_missing(spec, {"revisionHistoryLimit": 10, "updateStrategy": {"type": "RollingUpdate"}})
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        set_missing(spec["updateStrategy"], {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}})
    _default_template(spec)


def _default_job_spec(spec: Json) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    fixed = {"parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
    set_missing(spec, {**fixed, "podReplacementPolicy": "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"})
    _default_template(spec)


def _default_job(obj: Json) -> None:
    _default_job_spec(obj["spec"])
    obj["spec"].setdefault("manualSelector", False)


def _default_cron_job(obj: Json) -> None:
    fixed = {"concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
    set_missing(obj["spec"], fixed)
    _drop_null_timestamp(obj["spec"]["jobTemplate"].setdefault("metadata", {}))
    inner = obj["spec"]["jobTemplate"]["spec"]["template"]
    _drop_null_timestamp(inner.setdefault("metadata", {}))
    fill_pod_spec(inner["spec"])


def _default_service(obj: Json) -> None:
    spec = obj["spec"]
    set_missing(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
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
        set_missing(spec, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}})


def _default_secret(obj: Json) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None)
    if plain:
        obj["data"] = {**(obj.get("data") or {}), **{key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}}


def _default_namespace(obj: Json) -> None:
    meta = obj["metadata"]
    meta["labels"] = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": meta["name"]}
    obj.setdefault("spec", {})
    if "deletionTimestamp" not in meta:
        obj["spec"].setdefault("finalizers", ["kubernetes"])


def _default_claim(obj: Json) -> None:
    obj["spec"].setdefault("volumeMode", "Filesystem")


def _default_volume(obj: Json) -> None:
    set_missing(obj["spec"], {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"})


def _default_autoscaler(obj: Json) -> None:
    obj["spec"].setdefault("minReplicas", 1)
    cpu_metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    if not obj["spec"].get("metrics"):
        obj["spec"]["metrics"] = [cpu_metric]


def _default_network_policy(obj: Json) -> None:
    spec = obj["spec"]
    spec.setdefault("podSelector", {})
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _default_role_binding(obj: Json) -> None:
    obj["roleRef"].setdefault("apiGroup", _RBAC)
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", _RBAC)


def _default_definition(obj: Json) -> None:
    spec, names = obj["spec"], obj["spec"]["names"]
    set_missing(names, {"singular": names["kind"].lower(), "listKind": f"{names['kind']}List"})
    set_missing(spec, {"conversion": {"strategy": "None"}})


def _default_limit_range(obj: Json) -> None:
    """Default a container's limits to the maximum and its requests to the limits."""
    for limit in obj["spec"].get("limits") or ():
        if limit.get("type") == "Container":
            limit["default"] = {**(limit.get("max") or {}), **(limit.get("default") or {})}
            limit["defaultRequest"] = {**(limit.get("min") or {}), **limit["default"], **(limit.get("defaultRequest") or {})}


def _default_node(obj: Json) -> None:
    obj.setdefault("spec", {})


def _default_fields(defaults: Json) -> Callable[[Json], None]:
    return lambda obj: set_missing(obj, defaults)


_FILLERS: dict[str, Callable[[Json], None]] = {
    "/pods": _default_pod,
    "/replicationcontrollers": _default_replication_controller,
    "/services": _default_service,
    "/secrets": _default_secret,
    "/namespaces": _default_namespace,
    "/nodes": _default_node,
    "/limitranges": _default_limit_range,
    "/persistentvolumeclaims": _default_claim,
    "/persistentvolumes": _default_volume,
    "apps/deployments": _default_deployment,
    "apps/replicasets": _default_replica_set,
    "apps/statefulsets": _default_stateful_set,
    "apps/daemonsets": _default_daemon_set,
    "batch/jobs": _default_job,
    "batch/cronjobs": _default_cron_job,
    "autoscaling/horizontalpodautoscalers": _default_autoscaler,
    "networking.k8s.io/networkpolicies": _default_network_policy,
    f"{_RBAC}/rolebindings": _default_role_binding,
    f"{_RBAC}/clusterrolebindings": _default_role_binding,
    "storage.k8s.io/storageclasses": _default_fields({"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}),
    "scheduling.k8s.io/priorityclasses": _default_fields({"preemptionPolicy": "PreemptLowerPriority"}),
    "apiextensions.k8s.io/customresourcedefinitions": _default_definition,
}
