"""From a workload's short form to the objects a team would have applied for it."""

from typing import Any

from k8sconsole.demo.world.staging.podspec import labels_of, pod_spec, template_of
from k8sconsole.demo.world.staging.vocabulary import AutoscalerSpec, DiskSpec, WorkloadSpec

Json = dict[str, Any]
_API = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1"}


def manifests(workload: WorkloadSpec) -> list[Json]:
    """Everything for one workload, in the order of applying: what it needs first, the workload itself last but for what scales it."""
    found = [_service(workload)] if _has_service(workload) else []
    if workload.host:
        found.append(_ingress(workload))
    if workload.disk and workload.kind != "StatefulSet":
        found.append(claim(workload.namespace, f"{workload.name}-data", workload.disk))
    found.append(main(workload))
    if workload.hpa:
        found.append(_autoscaler(workload, workload.hpa))
    if workload.pdb is not None:
        found.append(_budget(workload))
    return found


def main(workload: WorkloadSpec) -> Json:
    """The workload object itself."""
    spec = {
        "Deployment": _deployment,
        "StatefulSet": _stateful,
        "DaemonSet": _daemon,
        "Job": _job,
        "CronJob": _cron,
        "Pod": pod_spec,
    }[workload.kind](workload)
    annotations = {**workload.annotations}
    meta = {"name": workload.name, "namespace": workload.namespace, "labels": labels_of(workload)}
    return {
        "apiVersion": _API[workload.kind],
        "kind": workload.kind,
        "metadata": meta | ({"annotations": annotations} if annotations else {}),
        "spec": spec,
    }


def claim(namespace: str, name: str, disk: DiskSpec) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": _claim_spec(disk),
        "status": {"phase": "Pending"},
    }


def _claim_spec(disk: DiskSpec) -> Json:
    asked = {"requests": {"storage": disk.size}}
    return {"accessModes": ["ReadWriteOnce"], "resources": asked, "storageClassName": disk.storage_class, "volumeMode": "Filesystem"}


def _deployment(workload: WorkloadSpec) -> Json:
    return {
        "replicas": workload.replicas,
        "selector": {"matchLabels": _selector(workload)},
        "strategy": workload.strategy or {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": workload.deadline,
        "template": template_of(workload),
    }


def _stateful(workload: WorkloadSpec) -> Json:
    spec: Json = {
        "replicas": workload.replicas,
        "serviceName": workload.name,
        "podManagementPolicy": "OrderedReady",
        "selector": {"matchLabels": _selector(workload)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": 10,
        "template": template_of(workload),
    }
    if workload.disk:
        template = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": _claim_spec(workload.disk)}
        spec["volumeClaimTemplates"] = [template]
    return spec


def _daemon(workload: WorkloadSpec) -> Json:
    return {
        "selector": {"matchLabels": _selector(workload)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        "revisionHistoryLimit": 10,
        "template": template_of(workload),
    }


def _job(workload: WorkloadSpec) -> Json:
    usual = {"completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
    template = template_of(workload)
    template["spec"].setdefault("restartPolicy", "Never")
    return usual | workload.job | {"template": template}


def _cron(workload: WorkloadSpec) -> Json:
    return {
        "schedule": workload.schedule,
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {"metadata": {"labels": labels_of(workload)}, "spec": _job(workload)},
    }


def _selector(workload: WorkloadSpec) -> dict[str, str]:
    return {"app.kubernetes.io/name": workload.name}


def _has_service(workload: WorkloadSpec) -> bool:
    return bool(workload.port and workload.service) and workload.kind in ("Deployment", "StatefulSet")


def _service(workload: WorkloadSpec) -> Json:
    outside = workload.service == "LoadBalancer"
    spec: Json = {
        "type": workload.service,
        "selector": _selector(workload),
        "ports": [{"name": "http", "port": 80 if outside else workload.port, "targetPort": workload.port, "protocol": "TCP"}],
        "sessionAffinity": "None",
    }
    if workload.kind == "StatefulSet":
        spec |= {"clusterIP": "None", "clusterIPs": ["None"]}
    return _around(workload, "v1", "Service", spec) | {"status": {"loadBalancer": {}}}


def _ingress(workload: WorkloadSpec) -> Json:
    backend = {"service": {"name": workload.name, "port": {"number": workload.port}}}
    rule = {"host": workload.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "nginx", "rules": [rule], "tls": [{"hosts": [workload.host], "secretName": f"{workload.name}-tls"}]}
    balancer = {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}
    return _around(workload, "networking.k8s.io/v1", "Ingress", spec) | {"status": balancer}


def _autoscaler(workload: WorkloadSpec, scaling: AutoscalerSpec) -> Json:
    target = {"apiVersion": "apps/v1", "kind": workload.kind, "name": workload.name}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": scaling.cpu}}}
    spec = {"scaleTargetRef": target, "minReplicas": scaling.min, "maxReplicas": scaling.max, "metrics": [metric]}
    return _around(workload, "autoscaling/v2", "HorizontalPodAutoscaler", spec)


def _budget(workload: WorkloadSpec) -> Json:
    spec = {"minAvailable": workload.pdb, "selector": {"matchLabels": _selector(workload)}}
    return _around(workload, "policy/v1", "PodDisruptionBudget", spec)


def _around(workload: WorkloadSpec, api_version: str, kind: str, spec: Json) -> Json:
    meta = {"name": workload.name, "namespace": workload.namespace, "labels": labels_of(workload)}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": spec}
