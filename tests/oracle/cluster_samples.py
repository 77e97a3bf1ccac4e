"""Odd nodes, namespaces, events, configuration and permissions."""

from typing import Any

from tests.oracle.dice import Dice

Json = dict[str, Any]


def _object(dice: Dice, version: str, kind: str, **fields: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": dice.meta(), **fields}


def make_node(dice: Dice) -> Json:
    roles = {key: dice.pick("", "true") for key in dice.some(("node-role.kubernetes.io/worker", "node-role.kubernetes.io/control-plane"))}
    roles |= dice.pick({}, {}, {"kubernetes.io/role": dice.pick("", "master", "worker")}, {"node-role.kubernetes.io/": ""})
    info = {
        "kubeletVersion": "v1.36.3",
        "osImage": dice.pick("Debian GNU/Linux 13", ""),
        "kernelVersion": dice.pick("6.12.0", ""),
        "architecture": dice.pick("amd64", ""),
        "containerRuntimeVersion": dice.pick("containerd://2.1.0", ""),
    }
    address = ("InternalIP", "ExternalIP", "Hostname", "InternalDNS")
    status = {
        "conditions": dice.conditions("Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable", "KernelDeadlock"),
        "addresses": dice.many(lambda: {"type": dice.choice(address), "address": dice.pick("10.0.0.1", "10.0.0.2", "fd00::9", "")}, most=4),
        "nodeInfo": dice.sparse(info),
        "allocatable": dice.quantities("cpu", "memory"),
    }
    taint = {"key": "dedicated", "value": dice.pick("", "gpu"), "effect": dice.pick("NoSchedule", "NoExecute")}
    node = _object(dice, "v1", "Node", status=dice.sparse(status))
    node["metadata"]["labels"] = (node["metadata"].get("labels") or {}) | roles
    return node | {"spec": dice.sparse({"unschedulable": dice.flag(), "taints": dice.many(lambda: taint)})}


def make_namespace(dice: Dice) -> Json:
    return _object(dice, "v1", "Namespace", status=dice.sparse({"phase": dice.pick("Active", "Terminating", "")}))


def make_event(dice: Dice) -> Json:
    """Of the core group: as old components write it, as new ones do, and with a series."""
    about = {"kind": dice.pick("Pod", "Node", ""), "name": dice.pick("web-1", ""), "fieldPath": dice.pick("spec.containers{web}", "")}
    fields = {
        "involvedObject": dice.sparse(about),
        "source": dice.sparse({"component": dice.pick("kubelet", ""), "host": dice.pick("node-1", "")}),
        "reportingComponent": dice.pick("scheduler", ""),
        "reportingInstance": dice.pick("scheduler-0", ""),
        "message": dice.text(),
        "firstTimestamp": dice.time(),
        "lastTimestamp": dice.time(),
        "eventTime": dice.micro_time(),
        "count": dice.count(),
        "series": _series(dice),
    }
    return _object(dice, "v1", "Event", **_happening(dice), **dice.sparse(fields))


def make_new_event(dice: Dice) -> Json:
    """Of the group events.k8s.io."""
    about = {"kind": dice.pick("Pod", "Node", ""), "name": dice.pick("web-1", ""), "fieldPath": dice.pick("spec.containers{web}", "")}
    fields = {
        "regarding": dice.sparse(about),
        "deprecatedSource": dice.sparse({"component": dice.pick("kubelet", ""), "host": dice.pick("node-1", "")}),
        "reportingController": dice.pick("scheduler", ""),
        "reportingInstance": dice.pick("scheduler-0", ""),
        "note": dice.text(),
        "deprecatedFirstTimestamp": dice.time(),
        "deprecatedLastTimestamp": dice.time(),
        "eventTime": dice.micro_time(),
        "deprecatedCount": dice.count(),
        "series": _series(dice),
    }
    return _object(dice, "events.k8s.io/v1", "Event", **_happening(dice), **dice.sparse(fields))


def _happening(dice: Dice) -> Json:
    return dice.sparse({"type": dice.pick("Normal", "Warning", ""), "reason": dice.pick("BackOff", "Scheduled", "")})


def _series(dice: Dice) -> Json | None:
    return dice.sparse({"count": dice.count(), "lastObservedTime": dice.micro_time()}) if dice.chance(0.3) else None


def make_config_map(dice: Dice) -> Json:
    fields = {"data": dice.labels(), "binaryData": dict.fromkeys(dice.labels(), "aGk=")}
    return _object(dice, "v1", "ConfigMap", **dice.sparse(fields))


def make_secret(dice: Dice) -> Json:
    kinds = ("Opaque", "kubernetes.io/tls", "helm.sh/release.v1", "")
    return _object(dice, "v1", "Secret", **dice.sparse({"type": dice.choice(kinds), "data": dict.fromkeys(dice.labels(), "aGk=")}))


def make_quota(dice: Dice) -> Json:
    names = ("pods", "requests.cpu", "limits.cpu", "limits.memory", "count/jobs.batch", "limits", "cpu", "limitsx.y")
    return _object(dice, "v1", "ResourceQuota", status=dice.sparse({"hard": dice.quantities(*names), "used": dice.quantities(*names)}))


def make_role_binding(dice: Dice) -> Json:
    return _binding(dice, "RoleBinding")


def make_cluster_role_binding(dice: Dice) -> Json:
    return _binding(dice, "ClusterRoleBinding")


def _binding(dice: Dice, kind: str) -> Json:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": dice.pick("Role", "ClusterRole"), "name": dice.pick("admin", "view")}

    def subject() -> Json:
        return dice.sparse(
            {"kind": dice.pick("User", "Group", "ServiceAccount", "Robot"), "name": dice.name(), "namespace": dice.pick("shop", "")}
        )

    return _object(
        dice, "rbac.authorization.k8s.io/v1", kind, **dice.sparse({"roleRef": dice.sparse(role), "subjects": dice.many(subject, most=4)})
    )


def make_certificate_request(dice: Dice) -> Json:
    spec = {
        "signerName": dice.pick("kubernetes.io/kubelet-serving", ""),
        "username": dice.pick("system:node:a", ""),
        "expirationSeconds": dice.pick(600, 3600, 86_400, 100_000_000),
        "request": "aGk=",
    }
    status = {"conditions": dice.conditions("Approved", "Denied", "Failed", "Other"), "certificate": dice.pick("", "aGk=")}
    return _object(dice, "certificates.k8s.io/v1", "CertificateSigningRequest", spec=dice.sparse(spec), status=dice.sparse(status))


def make_pod_certificate_request(dice: Dice) -> Json:
    spec = {"podName": dice.name(), "serviceAccountName": dice.name(), "nodeName": dice.name(), "signerName": "example.com/x"}
    spec |= {"unverifiedUserAnnotations": dice.labels()}
    conditions = dice.conditions("Issued", "Denied", "Failed", "Other")
    made = _object(dice, "certificates.k8s.io/v1beta1", "PodCertificateRequest", spec=dice.sparse(spec))
    return made | {"status": dice.sparse({"conditions": conditions})}


def make_trust_bundle(dice: Dice) -> Json:
    return _object(
        dice, "certificates.k8s.io/v1beta1", "ClusterTrustBundle", spec=dice.sparse({"signerName": dice.pick("", "example.com/x")})
    )


def make_lease(dice: Dice) -> Json:
    return _object(dice, "coordination.k8s.io/v1", "Lease", spec=dice.sparse({"holderIdentity": dice.pick("", "node-1_abc")}))


def make_lease_candidate(dice: Dice) -> Json:
    spec = {"leaseName": dice.name(), "binaryVersion": "1.36.3", "emulationVersion": dice.pick("", "1.36")}
    return _object(dice, "coordination.k8s.io/v1beta1", "LeaseCandidate", spec=dice.sparse(spec))


def make_priority_class(dice: Dice) -> Json:
    fields = {"value": dice.count(), "globalDefault": dice.flag(), "preemptionPolicy": dice.pick("Never", "PreemptLowerPriority")}
    return _object(dice, "scheduling.k8s.io/v1", "PriorityClass", **dice.sparse(fields))


def make_runtime_class(dice: Dice) -> Json:
    return _object(dice, "node.k8s.io/v1", "RuntimeClass", **dice.sparse({"handler": dice.pick("runsc", "")}))


def make_service_account(dice: Dice) -> Json:
    return _object(dice, "v1", "ServiceAccount", secrets=dice.many(lambda: {"name": dice.name()}))


def make_component_status(dice: Dice) -> Json:
    def condition() -> Json:
        return _plain_condition(dice) | {"error": dice.pick("", "no route")}

    return _object(dice, "v1", "ComponentStatus", **dice.sparse({"conditions": dice.many(condition)}))


def _plain_condition(dice: Dice) -> Json:
    found = dice.condition("Healthy", "Other")
    return {key: found[key] for key in ("type", "status", "message") if key in found}
