"""Expands a workload of a scenario file into its pod template."""

from typing import Any

from k8sconsole.demo.podspecs import fill_pod_spec
from k8sconsole.demo.world.behaviour import split_image
from k8sconsole.demo.world.staging.scenario_file import WorkloadSpec

Json = dict[str, Any]


def workload_labels(workload: WorkloadSpec) -> dict[str, str]:
    return {"app.kubernetes.io/name": workload.name, **workload.labels}


def build_template(workload: WorkloadSpec) -> Json:
    # The version label is on pods only, because it changes with the image.
    labels = {**workload_labels(workload), "app.kubernetes.io/version": split_image(workload.image)[1]}
    meta: Json = {"labels": labels}
    if workload.port and workload.probe == "/metrics":
        meta["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": str(workload.port)}
    return {"metadata": meta, "spec": build_pod_spec(workload)}


def build_pod_spec(workload: WorkloadSpec) -> Json:
    """With all defaults, as a server keeps it: otherwise the first change of a workload would seem to change its template."""
    spec: Json = {
        "restartPolicy": "Never" if workload.kind in ("Job", "CronJob") else "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": workload.account,
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "containers": [_build_container(workload), *_build_sidecars(workload)],
    }
    optional = {
        "initContainers": [_bare_container("init", workload.init)] if workload.init else [],
        "nodeSelector": workload.node_selector,
        "tolerations": workload.tolerations,
        "priorityClassName": workload.priority,
        "hostNetwork": workload.host_network,
        "volumes": _build_volumes(workload),
    }
    spec |= {name: value for name, value in optional.items() if value}
    fill_pod_spec(spec)
    return spec


def _build_container(workload: WorkloadSpec) -> Json:
    container = _bare_container(workload.container, workload.image)
    container["resources"] = {name: value for name, value in (("requests", workload.requests), ("limits", workload.limits)) if value}
    optional = {
        "command": workload.command,
        "args": workload.args,
        "env": _build_environment(workload),
        "ports": [{"name": "http", "containerPort": workload.port, "protocol": "TCP"}] if workload.port else [],
        "volumeMounts": _build_mounts(workload),
    }
    return container | {name: value for name, value in optional.items() if value} | _build_probes(workload)


def _bare_container(name: str, image: str) -> Json:
    ends = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    pull = "Always" if split_image(image)[1] == "latest" else "IfNotPresent"
    return {"name": name, "image": image, "imagePullPolicy": pull, "resources": {}, **ends}


def _build_sidecars(workload: WorkloadSpec) -> list[Json]:
    if not workload.sidecar:
        return []
    name = split_image(workload.sidecar)[0].rpartition("/")[2]
    return [_bare_container(name, workload.sidecar) | {"resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}}]


def _build_environment(workload: WorkloadSpec) -> list[Json]:
    variables: list[Json] = [{"name": name, "value": value} for name, value in workload.env.items()]
    for name, source in workload.secret_env.items():
        secret, _, key = source.partition("/")
        variables.append({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
    return variables


def _build_probes(workload: WorkloadSpec) -> Json:
    if not workload.probe:
        return {}
    get = {"httpGet": {"path": workload.probe, "port": workload.port, "scheme": "HTTP"}}
    timing = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    return {"readinessProbe": get | timing | {"initialDelaySeconds": 3}, "livenessProbe": get | timing | {"initialDelaySeconds": 15}}


def _build_volumes(workload: WorkloadSpec) -> list[Json]:
    volumes: list[Json] = []
    if workload.config:
        volumes.append({"name": "config", "configMap": {"name": workload.config, "defaultMode": 420}})
    if workload.disk and workload.kind != "StatefulSet":
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": f"{workload.name}-data"}})
    return volumes


def _build_mounts(workload: WorkloadSpec) -> list[Json]:
    mounts: list[Json] = []
    if workload.config:
        mounts.append({"name": "config", "mountPath": "/etc/config", "readOnly": True})
    if workload.disk:
        mounts.append({"name": "data", "mountPath": workload.disk.path})
    return mounts
