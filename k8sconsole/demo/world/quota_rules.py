"""What a ResourceQuota counts, and when it refuses a pod."""

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
    """What one pod takes from a quota; a pod that is done takes nothing."""
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return {}
    asked, capped = sum_requests(pod["spec"]), sum_limits(pod["spec"])
    used = {f"requests.{name}": value for name, value in asked.items() if name != "pods"}
    used |= {f"limits.{name}": value for name, value in capped.items()}
    plain = {name: asked[name] for name in ("cpu", "memory", "pods") if name in asked}
    return used | plain | {"count/pods": 1000}


def namespace_usage(store: "ObjectStore", namespace: str, hard: Amounts) -> Amounts:
    """What a namespace uses of each resource a quota limits."""
    used = dict.fromkeys(hard, 0)
    if not hard.keys() <= COUNTED.keys():
        taken = sum_amounts(pod_quota_usage(pod) for pod in store.iterate(PODS, namespace))
        used |= {name: value for name, value in taken.items() if name in hard}
    for name in hard.keys() & COUNTED.keys():
        used[name] = store.count(COUNTED[name], namespace) * 1000
    return used


def find_quota_refusal(store: "ObjectStore", pod: Json) -> str:
    """Why a new pod exceeds a quota of its namespace, in the API server's words; empty where it fits."""
    namespace = pod["metadata"]["namespace"]
    for quota in store.iterate(QUOTAS, namespace):
        hard = parse_quantities(quota.get("spec", {}).get("hard"))
        asked = {name: value for name, value in pod_quota_usage(pod).items() if name in hard}
        used = namespace_usage(store, namespace, hard) if asked else {}
        over = sorted(name for name, value in asked.items() if used[name] + value > hard[name])
        if over:
            parts = (("requested", asked), ("used", used), ("limited", hard))
            said = ", ".join(
                f"{word}: " + ",".join(f"{name}={format_quantity(name, values[name])}" for name in over) for word, values in parts
            )
            return f"exceeded quota: {quota['metadata']['name']}, {said}"
    return ""
