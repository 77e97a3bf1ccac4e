"""What a ResourceQuota counts, and whether a pod exceeds it."""

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.world.amounts import Amounts, format_quantity, parse_quantities, sum_amounts, sum_limits, sum_requests
from k8sconsole.demo.world.kinds import (
    CLAIMS,
    CONFIG_MAPS,
    CRON_JOBS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    QUOTAS,
    REPLICA_SETS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
)

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]

COUNTED: dict[str, ServedResource] = {
    "persistentvolumeclaims": CLAIMS,
    "configmaps": CONFIG_MAPS,
    "secrets": SECRETS,
    "services": SERVICES,
    "count/deployments.apps": DEPLOYMENTS,
    "count/replicasets.apps": REPLICA_SETS,
    "count/statefulsets.apps": STATEFUL_SETS,
    "count/jobs.batch": JOBS,
    "count/cronjobs.batch": CRON_JOBS,
}


def pod_quota_usage(pod: Json) -> Amounts:
    """What one pod uses of a quota; a finished pod uses nothing."""
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return {}
    requested, limited = sum_requests(pod["spec"]), sum_limits(pod["spec"])
    used = {f"requests.{name}": value for name, value in requested.items() if name != "pods"}
    used |= {f"limits.{name}": value for name, value in limited.items()}
    unprefixed = {name: requested[name] for name in ("cpu", "memory", "pods") if name in requested}
    return used | unprefixed | {"count/pods": 1000}


def namespace_usage(store: "ObjectStore", namespace: str, hard: Amounts) -> Amounts:
    """What a namespace uses of each resource in `hard`."""
    used = dict.fromkeys(hard, 0)
    if not hard.keys() <= COUNTED.keys():
        taken = sum_amounts(pod_quota_usage(pod) for pod in store.iterate(PODS, namespace))
        used |= {name: value for name, value in taken.items() if name in hard}
    for name in hard.keys() & COUNTED.keys():
        used[name] = store.count(COUNTED[name], namespace) * 1000
    return used


def find_quota_refusal(store: "ObjectStore", pod: Json) -> str:
    """The API server's message when a new pod exceeds a quota of its namespace; "" when it fits."""
    namespace = pod["metadata"]["namespace"]
    for quota in store.iterate(QUOTAS, namespace):
        hard = parse_quantities(quota.get("spec", {}).get("hard"))
        requested = {name: value for name, value in pod_quota_usage(pod).items() if name in hard}
        used = namespace_usage(store, namespace, hard) if requested else {}
        exceeded = sorted(name for name, value in requested.items() if used[name] + value > hard[name])
        if exceeded:
            parts = (("requested", requested), ("used", used), ("limited", hard))
            details = ", ".join(
                f"{label}: " + ",".join(f"{name}={format_quantity(name, values[name])}" for name in exceeded) for label, values in parts
            )
            return f"exceeded quota: {quota['metadata']['name']}, {details}"
    return ""
