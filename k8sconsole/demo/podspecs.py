"""Defaults for pod specs in pods and templates, and pod admission, shared by the API server and the controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.resources import RESOURCES

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
_SPEC: Json = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}
_PROBE: Json = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_TOLERATED_SECONDS = 300
_FILE_MODE = 420
_WITH_DEFAULT_MODE = {"configMap", "secret", "projected", "downwardAPI"}
_PODS = RESOURCES["/pods"]
_NODES = RESOURCES["/nodes"]
_ACCOUNTS = RESOURCES["/serviceaccounts"]
_PRIORITIES = RESOURCES["scheduling.k8s.io/priorityclasses"]
_RANGES = RESOURCES["/limitranges"]
_TOPOLOGY = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
_GATED: Json = {
    "type": "PodScheduled",
    "status": "False",
    "lastTransitionTime": None,
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a mount path


def fill_pod_spec(spec: Json) -> None:
    """Set the defaults of a pod spec, in a pod or in a template, in place."""
    for key, value in _SPEC.items():
        spec.setdefault(key, value)
    spec.setdefault("securityContext", {})
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or ():
            _fill_container(container)
    for volume in spec.get("volumes") or ():
        _fill_volume(volume)


def _fill_container(container: Json) -> None:
    container.setdefault("resources", {})
    limits = container["resources"].get("limits")
    if limits:
        container["resources"]["requests"] = {**limits, **(container["resources"].get("requests") or {})}
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", _default_pull_policy(container.get("image", "")))
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for probe in (container[name] for name in _PROBES if container.get(name)):
        _fill_probe(probe)
    for variable in container.get("env") or ():
        field = (variable.get("valueFrom") or {}).get("fieldRef")
        if field:
            field.setdefault("apiVersion", "v1")


def _default_pull_policy(image: str) -> str:
    name = image.rsplit("/", 1)[-1]
    tag = name.split(":", 1)[1] if ":" in name else "latest"
    return "Always" if tag == "latest" and "@" not in image else "IfNotPresent"


def _fill_probe(probe: Json) -> None:
    for key, value in _PROBE.items():
        probe.setdefault(key, value)
    if probe.get("httpGet"):
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")
    if probe.get("grpc"):
        probe["grpc"].setdefault("service", "")


def _fill_volume(volume: Json) -> None:
    for source in volume.keys() & _WITH_DEFAULT_MODE:
        volume[source].setdefault("defaultMode", _FILE_MODE)
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken"):
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    if len(volume) == 1:
        volume["emptyDir"] = {}


def admit_pod(store: ObjectStore, pod: Json, suffix: str) -> None:
    """Admit a new pod in place; `suffix` ends the name of its token volume.

    Raises a 403 status when its service account or priority class does not exist.
    """
    spec, meta = pod["spec"], pod["metadata"]
    account = spec.get("serviceAccountName") or "default"
    if store.has(_ACCOUNTS, meta["namespace"], account):
        found = store.get_shared(_ACCOUNTS, meta["namespace"], account)
        mounts = spec.get("automountServiceAccountToken", found.get("automountServiceAccountToken", True))
    elif account == "default":
        mounts = spec.get("automountServiceAccountToken", True)
    else:
        why = f'error looking up service account {meta["namespace"]}/{account}: serviceaccount "{account}" not found'
        raise status.forbidden(_PODS, meta.get("name", ""), why)
    _set_priority(store, pod)
    for limits in store.iterate(_RANGES, meta["namespace"]):
        apply_limit_range(spec, limits)
    add_admission_fields(pod, suffix if mounts else "")
    if store.has(_NODES, "", spec.get("nodeName", "")):
        copy_topology_labels(pod, store.get_shared(_NODES, "", spec["nodeName"]))


def copy_topology_labels(pod: Json, node: Json) -> None:
    """Copy the region and zone labels of the node onto the pod bound to it, replacing the pod's own."""
    labels = node["metadata"].get("labels") or {}
    if found := {key: labels[key] for key in _TOPOLOGY if key in labels}:
        pod["metadata"]["labels"] = {**(pod["metadata"].get("labels") or {}), **found}


def _set_priority(store: ObjectStore, pod: Json) -> None:
    spec, name = pod["spec"], pod["spec"].get("priorityClassName")
    if not name:
        return
    if not store.has(_PRIORITIES, "", name):
        raise status.forbidden(_PODS, pod["metadata"].get("name", ""), f"no PriorityClass with name {name} was found")
    found = store.get_shared(_PRIORITIES, "", name)
    spec["priority"] = found["value"]
    spec["preemptionPolicy"] = found.get("preemptionPolicy", "PreemptLowerPriority")


def add_admission_fields(pod: Json, suffix: str) -> None:
    """Add the service account, priority, tolerations and QoS class that every pod gets.

    A token volume is mounted only when `suffix` is not empty.
    """
    spec = pod["spec"]
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    _add_default_tolerations(spec)
    if suffix:
        _mount_token(spec, f"kube-api-access-{suffix}")
    pod["status"] = {"phase": "Pending", "qosClass": qos_class(spec)}
    if spec.get("schedulingGates"):
        pod["status"]["conditions"] = [dict(_GATED)]


def _add_default_tolerations(spec: Json) -> None:
    present = {each.get("key") for each in spec.get("tolerations") or ()}
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if key not in present:
            toleration = {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATED_SECONDS}
            spec.setdefault("tolerations", []).append(toleration)


def _mount_token(spec: Json, name: str) -> None:
    containers = [each for field in ("initContainers", "containers") for each in spec.get(field) or ()]
    bare = [each for each in containers if all(mount["mountPath"] != TOKEN_PATH for mount in each.get("volumeMounts") or ())]
    for container in bare:
        container.setdefault("volumeMounts", []).append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})
    if bare:
        spec.setdefault("volumes", []).append(_build_token_volume(name))


def _build_token_volume(name: str) -> Json:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": _FILE_MODE}}


def qos_class(spec: Json) -> str:
    """The QoS class of a pod spec: Guaranteed, Burstable or BestEffort."""
    resources = [each.get("resources") or {} for field in ("initContainers", "containers") for each in spec.get(field) or ()]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    return "Guaranteed" if all(_is_guaranteed(each) for each in resources) else "Burstable"


def _is_guaranteed(resources: Json) -> bool:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return all(name in limits and requests.get(name, limits[name]) == limits[name] for name in ("cpu", "memory"))


def apply_limit_range(spec: Json, limit_range: Json) -> None:
    """Give containers the default requests and limits of a LimitRange where they have none."""
    for limit in limit_range["spec"].get("limits") or ():
        if limit.get("type") != "Container":
            continue
        for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
            resources = container.setdefault("resources", {})
            for field, defaults in (("limits", limit.get("default")), ("requests", limit.get("defaultRequest"))):
                if defaults:
                    resources[field] = {**defaults, **(resources.get(field) or {})}
