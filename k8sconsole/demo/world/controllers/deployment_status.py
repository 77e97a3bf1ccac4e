"""The status of a Deployment: counts, and the conditions that `kubectl rollout status` waits for. Pure functions."""

from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.clock import format_timestamp, parse_timestamp
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.controllers.rolling import desired_replicas, rollout_bounds

Json = dict[str, Any]
_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def compute_status(deployment: Json, sets: list[Json], current: Json | None, now: datetime) -> tuple[Json, float | None]:
    """The new status, and the seconds until a rollout without progress exceeds its deadline, or None."""
    before = deployment.get("status", {})
    counts = _count_replicas(deployment, sets, current)
    status: Json = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    status |= {name: value for name, value in counts.items() if value}
    status["conditions"] = [dict(condition) for condition in before.get("conditions", ())]
    _set_with_update_time(status, _available_condition(deployment, counts), now)
    recheck_after = _set_progressing(deployment, before, status, counts, current, now)
    _set_replica_failure(status, sets, now)
    return status, recheck_after


def _count_replicas(deployment: Json, sets: list[Json], current: Json | None) -> dict[str, int]:
    replicas = sum(_status_count(each, "replicas") for each in sets)
    available = sum(_status_count(each, "availableReplicas") for each in sets)
    desired = sum(each["spec"].get("replicas", 0) for each in sets)
    updated = _status_count(current, "replicas") if current else 0
    ready = sum(_status_count(each, "readyReplicas") for each in sets)
    return dict(zip(_COUNTS, (replicas, updated, ready, available, max(0, desired - available)), strict=True))


def _available_condition(deployment: Json, counts: dict[str, int]) -> Json:
    enough = counts["availableReplicas"] >= desired_replicas(deployment) - rollout_bounds(deployment)[1]
    return {
        "type": "Available",
        "status": str(enough),
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }


def _set_progressing(
    deployment: Json, before: Json, status: Json, counts: dict[str, int], current: Json | None, now: datetime
) -> float | None:
    limit = deployment["spec"].get("progressDeadlineSeconds", 600)
    if deployment["spec"].get("paused"):
        _set_with_update_time(status, _progressing_condition("Unknown", "DeploymentPaused", "Deployment is paused"), now)
        return None
    if current is None:
        return None
    subject = f'ReplicaSet "{current["metadata"]["name"]}"'
    old = conditions.find_condition(before, "Progressing")
    if _is_complete(deployment, counts):
        _set_with_update_time(
            status, _progressing_condition("True", "NewReplicaSetAvailable", f"{subject} has successfully progressed."), now
        )
        return None
    since = parse_timestamp(old["lastUpdateTime"]) if old else now
    progressed = (
        old is None or old["reason"] in ("NewReplicaSetAvailable", "DeploymentPaused") or _has_progressed(before, counts, deployment)
    )
    if progressed:
        _set_with_update_time(status, _progressing_condition("True", "ReplicaSetUpdated", f"{subject} is progressing."), now, updated=True)
        return float(limit)
    if now - since >= timedelta(seconds=limit):
        _set_with_update_time(
            status, _progressing_condition("False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing."), now
        )
        return None
    return (since + timedelta(seconds=limit) - now).total_seconds()


def _is_complete(deployment: Json, counts: dict[str, int]) -> bool:
    desired = desired_replicas(deployment)
    return counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == desired


def _has_progressed(before: Json, counts: dict[str, int], deployment: Json) -> bool:
    """Whether there is progress: more updated, ready or available pods, fewer old pods, or a new spec."""
    if before.get("observedGeneration") != deployment["metadata"].get("generation", 1):
        return True
    grown = any(counts[name] > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    old_before = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return grown or counts["replicas"] - counts["updatedReplicas"] < old_before


def _set_replica_failure(status: Json, sets: list[Json], now: datetime) -> None:
    """Copy the ReplicaFailure condition of a ReplicaSet that cannot create pods."""
    failures = [failure for each in sets if (failure := conditions.find_condition(each.get("status", {}), "ReplicaFailure"))]
    if failures:
        failure = {name: failures[0][name] for name in ("type", "status", "reason", "message")}
        _set_with_update_time(status, failure, now)
    else:
        conditions.remove_condition(status, "ReplicaFailure")


def _progressing_condition(status: str, reason: str, message: str) -> Json:
    return {"type": "Progressing", "status": status, "reason": reason, "message": message}


def _set_with_update_time(status: Json, condition: Json, now: datetime, *, updated: bool = False) -> None:
    """Set a condition. `lastUpdateTime` changes with its status, reason or message, or when `updated` is set."""
    old = conditions.find_condition(status, condition["type"])
    same = old is not None and all(old[name] == condition[name] for name in ("status", "reason", "message"))
    last = old["lastUpdateTime"] if old and same and not updated else format_timestamp(now)
    conditions.set_condition(status, condition | {"lastUpdateTime": last}, format_timestamp(now))


def _status_count(replica_set: Json, count: str) -> int:
    return int(replica_set.get("status", {}).get(count, 0))
