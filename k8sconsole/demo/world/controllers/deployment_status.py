"""What a Deployment says of itself: counts, and the conditions that `kubectl rollout status` waits for. Pure."""

from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.clock import moment, stamp
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.controllers.rolling import bounds, wanted_replicas

Json = dict[str, Any]
_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def status_of(deployment: Json, sets: list[Json], current: Json | None, now: datetime) -> tuple[Json, float | None]:
    """The new status, and the seconds after which a roll-out without progress is due to be called late."""
    before = deployment.get("status", {})
    counts = _counts(deployment, sets, current)
    status: Json = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    status |= {name: value for name, value in counts.items() if value}
    status["conditions"] = [dict(condition) for condition in before.get("conditions", ())]
    _put(status, _available(deployment, counts), now)
    look_again = _progress(deployment, before, status, counts, current, now)
    _failure(status, sets, now)
    return status, look_again


def _counts(deployment: Json, sets: list[Json], current: Json | None) -> dict[str, int]:
    replicas = sum(_of(each, "replicas") for each in sets)
    available = sum(_of(each, "availableReplicas") for each in sets)
    wanted = sum(each["spec"].get("replicas", 0) for each in sets)
    updated = _of(current, "replicas") if current else 0
    ready = sum(_of(each, "readyReplicas") for each in sets)
    return dict(zip(_COUNTS, (replicas, updated, ready, available, max(0, wanted - available)), strict=True))


def _available(deployment: Json, counts: dict[str, int]) -> Json:
    enough = counts["availableReplicas"] >= wanted_replicas(deployment) - bounds(deployment)[1]
    return {
        "type": "Available",
        "status": str(enough),
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }


def _progress(deployment: Json, before: Json, status: Json, counts: dict[str, int], current: Json | None, now: datetime) -> float | None:
    limit = deployment["spec"].get("progressDeadlineSeconds", 600)
    if deployment["spec"].get("paused"):
        _put(status, _said("Unknown", "DeploymentPaused", "Deployment is paused"), now)
        return None
    if current is None:
        return None
    subject = f'ReplicaSet "{current["metadata"]["name"]}"'
    old = conditions.find(before, "Progressing")
    if _complete(deployment, counts):
        _put(status, _said("True", "NewReplicaSetAvailable", f"{subject} has successfully progressed."), now)
        return None
    since = moment(old["lastUpdateTime"]) if old else now
    moved = old is None or old["reason"] in ("NewReplicaSetAvailable", "DeploymentPaused") or _moved(before, counts, deployment)
    if moved:
        _put(status, _said("True", "ReplicaSetUpdated", f"{subject} is progressing."), now, updated=True)
        return float(limit)
    if now - since >= timedelta(seconds=limit):
        _put(status, _said("False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing."), now)
        return None
    return (since + timedelta(seconds=limit) - now).total_seconds()


def _complete(deployment: Json, counts: dict[str, int]) -> bool:
    wanted = wanted_replicas(deployment)
    return counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == wanted


def _moved(before: Json, counts: dict[str, int], deployment: Json) -> bool:
    """Progress is more updated, ready or available pods, fewer old ones, or another spec to work towards."""
    if before.get("observedGeneration") != deployment["metadata"].get("generation", 1):
        return True
    grown = any(counts[name] > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    old_before = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return grown or counts["replicas"] - counts["updatedReplicas"] < old_before


def _failure(status: Json, sets: list[Json], now: datetime) -> None:
    """A ReplicaSet that may not create its pods makes its Deployment say so."""
    failures = [failure for each in sets if (failure := conditions.find(each.get("status", {}), "ReplicaFailure"))]
    if failures:
        said = {name: failures[0][name] for name in ("type", "status", "reason", "message")}
        _put(status, said, now)
    else:
        conditions.drop(status, "ReplicaFailure")


def _said(status: str, reason: str, message: str) -> Json:
    return {"type": "Progressing", "status": status, "reason": reason, "message": message}


def _put(status: Json, condition: Json, now: datetime, *, updated: bool = False) -> None:
    """`lastUpdateTime` moves with whatever the condition says."""
    old = conditions.find(status, condition["type"])
    same = old is not None and all(old[name] == condition[name] for name in ("status", "reason", "message"))
    last = old["lastUpdateTime"] if old and same and not updated else stamp(now)
    conditions.put(status, condition | {"lastUpdateTime": last}, stamp(now))


def _of(replica_set: Json, count: str) -> int:
    return int(replica_set.get("status", {}).get(count, 0))
