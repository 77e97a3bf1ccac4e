"""Odd objects that configure the API server: admission, flow control; and those of dynamic resource allocation."""

from typing import Any

from tests.oracle.dice import Dice

Json = dict[str, Any]
_ADMISSION = "admissionregistration.k8s.io/v1"


def _object(dice: Dice, version: str, kind: str, **fields: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": dice.meta(), **fields}


def make_mutating_webhooks(dice: Dice) -> Json:
    return _object(dice, _ADMISSION, "MutatingWebhookConfiguration", webhooks=dice.many(lambda: {"name": "a.b.c"}))


def make_validating_webhooks(dice: Dice) -> Json:
    return _object(dice, _ADMISSION, "ValidatingWebhookConfiguration", webhooks=dice.many(lambda: {"name": "a.b.c"}))


def make_validating_policy(dice: Dice) -> Json:
    spec = {"validations": dice.many(lambda: {"expression": "true"}), "paramKind": _parameter_kind(dice)}
    return _object(dice, _ADMISSION, "ValidatingAdmissionPolicy", spec=dice.sparse(spec))


def make_mutating_policy(dice: Dice) -> Json:
    spec = {"mutations": dice.many(lambda: {"patchType": "JSONPatch"}), "paramKind": _parameter_kind(dice)}
    return _object(dice, _ADMISSION, "MutatingAdmissionPolicy", spec=dice.sparse(spec))


def _parameter_kind(dice: Dice) -> Json:
    return dice.sparse({"apiVersion": dice.pick("v1", "rules.example.com/v1"), "kind": "ConfigMap"})


def make_validating_policy_binding(dice: Dice) -> Json:
    return _policy_binding(dice, "ValidatingAdmissionPolicyBinding")


def make_mutating_policy_binding(dice: Dice) -> Json:
    return _policy_binding(dice, "MutatingAdmissionPolicyBinding")


def _policy_binding(dice: Dice, kind: str) -> Json:
    parameter = {"name": dice.pick("", "limits"), "namespace": dice.pick("", "shop")}
    return _object(dice, _ADMISSION, kind, spec=dice.sparse({"policyName": dice.name(), "paramRef": dice.sparse(parameter)}))


def make_flow_schema(dice: Dice) -> Json:
    spec = {
        "priorityLevelConfiguration": {"name": dice.name()},
        "matchingPrecedence": dice.pick(1, 1000, 10_000),
        "distinguisherMethod": {"type": dice.pick("ByUser", "ByNamespace")},
    }
    conditions = dice.conditions("Dangling", "Other")
    made = _object(dice, "flowcontrol.apiserver.k8s.io/v1", "FlowSchema", spec=dice.sparse(spec))
    return made | {"status": dice.sparse({"conditions": conditions})}


def make_priority_level(dice: Dice) -> Json:
    queuing = dice.sparse({"queues": dice.pick(0, 16, 128), "handSize": dice.pick(0, 6), "queueLengthLimit": dice.pick(0, 50, 100)})
    response = dice.sparse({"type": dice.pick("Queue", "Reject"), "queuing": queuing})
    limited = dice.sparse({"nominalConcurrencyShares": dice.pick(0, 5, 30), "limitResponse": response})
    spec = dice.sparse({"type": dice.pick("Limited", "Exempt"), "limited": limited})
    return _object(dice, "flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", spec=spec)


def make_device_class(dice: Dice) -> Json:
    return _object(dice, "resource.k8s.io/v1", "DeviceClass", spec={})


def make_resource_claim(dice: Dice) -> Json:
    status = {"allocation": dice.pick({}, None), "reservedFor": dice.many(lambda: {"resource": "pods", "name": "web", "uid": "u"})}
    return _object(dice, "resource.k8s.io/v1", "ResourceClaim", status=dice.sparse(status))


def make_resource_claim_template(dice: Dice) -> Json:
    return _object(dice, "resource.k8s.io/v1", "ResourceClaimTemplate", spec={})


def make_resource_slice(dice: Dice) -> Json:
    spec = {"nodeName": dice.pick("", "node-1"), "driver": "gpu.example.com", "pool": dice.sparse({"name": dice.name()})}
    return _object(dice, "resource.k8s.io/v1", "ResourceSlice", spec=dice.sparse(spec))


def make_device_taint(dice: Dice) -> Json:
    taint = {
        "key": "example.com/sick",
        "value": dice.pick("", "yes"),
        "effect": dice.pick("NoSchedule", "NoExecute"),
        "timeAdded": dice.time() or "2026-01-01T00:00:00Z",
    }
    return _object(dice, "resource.k8s.io/v1beta2", "DeviceTaintRule", spec={"taint": dice.sparse(taint, keep=("timeAdded",))})


def make_pool_request(dice: Dice) -> Json:
    def pool() -> Json:
        counts = {f"{word}Devices": dice.count() for word in ("total", "available", "allocated", "unavailable")}
        return dice.sparse(counts | {"validationError": dice.pick("", "odd")})

    status = {"poolCount": dice.count(), "pools": dice.many(pool), "conditions": dice.conditions("Complete", "Failed", "Other")}
    made = _object(dice, "resource.k8s.io/v1alpha3", "ResourcePoolStatusRequest", spec=dice.sparse({"driver": "gpu.example.com"}))
    return made | dice.sparse({"status": dice.sparse(status)})


def make_migration(dice: Dice) -> Json:
    resource = dice.sparse({"group": dice.pick("", "apps"), "resource": dice.pick("", "deployments")})
    conditions = dice.conditions("Running", "Failed", "Succeeded", "Other")
    made = _object(dice, "storagemigration.k8s.io/v1beta1", "StorageVersionMigration", spec=dice.sparse({"resource": resource}))
    return made | {"status": dice.sparse({"conditions": conditions})}


def make_storage_version(dice: Dice) -> Json:
    versions = dice.many(lambda: dice.sparse({"apiServerID": dice.name(), "encodingVersion": "apps/v1"}), most=5)
    status = {"commonEncodingVersion": dice.pick("", "apps/v1"), "storageVersions": versions}
    return _object(dice, "internal.apiserver.k8s.io/v1alpha1", "StorageVersion", spec={}, status=dice.sparse(status))


def make_pod_group(dice: Dice) -> Json:
    policy = dice.pick({"gang": {"minCount": 2}}, {"basic": {}}, {})
    ref = {"workload": {"workloadName": dice.name(), "podGroupTemplateName": "workers"}}
    conditions = dice.conditions("PodGroupScheduled", "DisruptionTarget", "Other")
    spec = dice.sparse({"schedulingPolicy": policy, "podGroupTemplateRef": ref})
    return _object(dice, "scheduling.k8s.io/v1alpha2", "PodGroup", spec=spec, status=dice.sparse({"conditions": conditions}))
