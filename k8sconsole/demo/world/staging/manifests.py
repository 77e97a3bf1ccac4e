"""Expands a workload of a scenario file into the manifests that a team would apply for it."""

from typing import Any

from k8sconsole.demo.world.staging.podspec import build_pod_spec, build_template, workload_labels
from k8sconsole.demo.world.staging.scenario_file import AutoscalerSpec, DiskSpec, WorkloadSpec

Json = dict[str, Any]
_API = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1"}


def build_manifests(workload: WorkloadSpec) -> list[Json]:
    """All objects of a workload in order of creation: what it needs, the workload, then its autoscaler and disruption budget."""
    found = [_build_service(workload)] if _has_service(workload) else []
    if workload.host:
        found.append(_build_ingress(workload))
    if workload.disk and workload.kind != "StatefulSet":
        found.append(build_claim(workload.namespace, f"{workload.name}-data", workload.disk))
    found.append(build_workload(workload))
    if workload.hpa:
        found.append(_build_autoscaler(workload, workload.hpa))
    if workload.pdb is not None:
        found.append(_build_budget(workload))
    return found


def build_workload(workload: WorkloadSpec) -> Json:
    """The workload object itself."""
    spec = {
        "Deployment": _deployment_spec,
        "StatefulSet": _stateful_set_spec,
        "DaemonSet": _daemon_set_spec,
        "Job": _job_spec,
        "CronJob": _cron_job_spec,
        "Pod": build_pod_spec,
    }[workload.kind](workload)
    annotations = {**workload.annotations}
    meta = {"name": workload.name, "namespace": workload.namespace, "labels": workload_labels(workload)}
    return {
        "apiVersion": _API[workload.kind],
        "kind": workload.kind,
        "metadata": meta | ({"annotations": annotations} if annotations else {}),
        "spec": spec,
    }


def build_claim(namespace: str, name: str, disk: DiskSpec) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": _claim_spec(disk),
        "status": {"phase": "Pending"},
    }


def _claim_spec(disk: DiskSpec) -> Json:
    requested = {"requests": {"storage": disk.size}}
    return {"accessModes": ["ReadWriteOnce"], "resources": requested, "storageClassName": disk.storage_class, "volumeMode": "Filesystem"}


def _deployment_spec(workload: WorkloadSpec) -> Json:
    return {
        "replicas": workload.replicas,
        "selector": {"matchLabels": _selector_labels(workload)},
        "strategy": workload.strategy or {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": workload.deadline,
        "template": build_template(workload),
    }


def _stateful_set_spec(workload: WorkloadSpec) -> Json:
    spec: Json = {
        "replicas": workload.replicas,
        "serviceName": workload.name,
        "podManagementPolicy": "OrderedReady",
        "selector": {"matchLabels": _selector_labels(workload)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": 10,
        "template": build_template(workload),
    }
    if workload.disk:
        template = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": _claim_spec(workload.disk)}
        spec["volumeClaimTemplates"] = [template]
    return spec


def _daemon_set_spec(workload: WorkloadSpec) -> Json:
    return {
        "selector": {"matchLabels": _selector_labels(workload)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        "revisionHistoryLimit": 10,
        "template": build_template(workload),
    }


def _job_spec(workload: WorkloadSpec) -> Json:
    defaults = {"completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
    template = build_template(workload)
    template["spec"].setdefault("restartPolicy", "Never")
    return defaults | workload.job | {"template": template}


def _cron_job_spec(workload: WorkloadSpec) -> Json:
    return {
        "schedule": workload.schedule,
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {"metadata": {"labels": workload_labels(workload)}, "spec": _job_spec(workload)},
    }


def _selector_labels(workload: WorkloadSpec) -> dict[str, str]:
    return {"app.kubernetes.io/name": workload.name}


def _has_service(workload: WorkloadSpec) -> bool:
    return bool(workload.port and workload.service) and workload.kind in ("Deployment", "StatefulSet")


def _build_service(workload: WorkloadSpec) -> Json:
    external = workload.service == "LoadBalancer"
    spec: Json = {
        "type": workload.service,
        "selector": _selector_labels(workload),
        "ports": [{"name": "http", "port": 80 if external else workload.port, "targetPort": workload.port, "protocol": "TCP"}],
        "sessionAffinity": "None",
    }
    if workload.kind == "StatefulSet":
        spec |= {"clusterIP": "None", "clusterIPs": ["None"]}
    return _build_object(workload, "v1", "Service", spec) | {"status": {"loadBalancer": {}}}


def _build_ingress(workload: WorkloadSpec) -> Json:
    backend = {"service": {"name": workload.name, "port": {"number": workload.port}}}
    rule = {"host": workload.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "nginx", "rules": [rule], "tls": [{"hosts": [workload.host], "secretName": f"{workload.name}-tls"}]}
    balancer = {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}
    return _build_object(workload, "networking.k8s.io/v1", "Ingress", spec) | {"status": balancer}


def _build_autoscaler(workload: WorkloadSpec, scaling: AutoscalerSpec) -> Json:
    target = {"apiVersion": "apps/v1", "kind": workload.kind, "name": workload.name}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": scaling.cpu}}}
    spec = {"scaleTargetRef": target, "minReplicas": scaling.min, "maxReplicas": scaling.max, "metrics": [metric]}
    return _build_object(workload, "autoscaling/v2", "HorizontalPodAutoscaler", spec)


def _build_budget(workload: WorkloadSpec) -> Json:
    spec = {"minAvailable": workload.pdb, "selector": {"matchLabels": _selector_labels(workload)}}
    return _build_object(workload, "policy/v1", "PodDisruptionBudget", spec)


def _build_object(workload: WorkloadSpec, api_version: str, kind: str, spec: Json) -> Json:
    meta = {"name": workload.name, "namespace": workload.namespace, "labels": workload_labels(workload)}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": spec}
