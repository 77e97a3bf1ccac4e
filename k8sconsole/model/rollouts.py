"""The progress of a rollout, computed from a workload's status by the rules of ``kubectl rollout status``.

The rules: a status is valid only once the controller has observed the newest generation. A Deployment is stuck when the reason of its
condition Progressing is ProgressDeadlineExceeded. All pods must be updated and available, and no old pod may remain.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class RolloutState(msgspec.Struct, frozen=True):
    """desired, updated, ready, available: numbers of pods. message: what the rollout waits for, or that it is complete.

    revision: empty where the kind has none. waits_for: why pods cannot be created, and each pod that is not ready with its reason.
    """

    done: bool
    stuck: bool
    desired: int
    updated: int
    ready: int
    available: int
    message: str
    revision: str = ""
    waits_for: tuple[str, ...] = ()


def compute_rollout_state(kind: str, workload: Mapping[str, Any]) -> RolloutState:
    """The state of a workload's rollout. kind: deployments.apps, statefulsets.apps or daemonsets.apps; KeyError for any other."""
    meta, status = workload.get("metadata") or {}, workload.get("status") or {}
    state = _KINDS[kind](workload.get("spec") or {}, status, meta)
    if int(meta.get("generation") or 0) > int(status.get("observedGeneration") or 0):
        return msgspec.structs.replace(state, done=False, stuck=False, message="waiting for the controller to observe the newest change")
    return state


def explain_waiting(workload: Mapping[str, Any], state: RolloutState, pods: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    """What an unfinished rollout waits for. pods: those that the workload's selector matches; None where they are not known."""
    conditions = (workload.get("status") or {}).get("conditions") or []
    refused = [f"pods cannot be created: {one.get('message', '')}" for one in conditions if one.get("type") == "ReplicaFailure"]
    paused = ["the rollout is paused"] if (workload.get("spec") or {}).get("paused") else []
    if pods is None:
        return (*paused, *refused)
    return (*paused, *refused, *_explain_counts(workload, state, len(pods)), *(words for pod in pods if (words := _explain_pod(pod))))


def _explain_counts(workload: Mapping[str, Any], state: RolloutState, pods: int) -> list[str]:
    """The pods that do not exist, and those that are ready but not for long enough."""
    found = [f"{state.desired - pods} of {state.desired} pods do not exist"] if pods < state.desired else []
    least = (workload.get("spec") or {}).get("minReadySeconds")
    if least and state.available < state.ready:
        found.append(f"{state.ready - state.available} ready pods count as available {least}s after they became ready (minReadySeconds)")
    return found


def _explain_pod(pod: Mapping[str, Any]) -> str:
    """Why a pod is not ready, in one line; empty for a ready one."""
    meta, status = pod.get("metadata") or {}, pod.get("status") or {}
    conditions = {one.get("type"): one for one in status.get("conditions") or []}
    if meta.get("deletionTimestamp"):
        return f"{meta.get('name')} is terminating"
    if (conditions.get("Ready") or {}).get("status") == "True":
        return ""
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        return f"{meta.get('name')} is not scheduled: {scheduled.get('message') or scheduled.get('reason', '')}"
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    reasons = [words for one in containers if (words := _explain_container(one))]
    why = "; ".join(reasons) or (conditions.get("Ready") or {}).get("message") or status.get("message") or "its conditions do not say why"
    return f"{meta.get('name')} is not ready: {why}"


def _explain_container(container: Mapping[str, Any]) -> str:
    """Why a container does not run or is not ready; empty for one that is, and for a finished init container."""
    state, name = container.get("state") or {}, container.get("name")
    waiting, ended = state.get("waiting"), state.get("terminated")
    if waiting is not None:
        last = ((container.get("lastState") or {}).get("terminated")) or {}
        exit_text = f", last exit {last.get('exitCode')} {last.get('reason', '')}".rstrip() if last else ""
        message = f": {waiting['message']}" if waiting.get("message") else ""
        return f"container {name} waits ({waiting.get('reason') or 'no reason'}{exit_text}){message}"
    if ended is not None and ended.get("exitCode"):
        return f"container {name} ended with {ended.get('exitCode')} {ended.get('reason', '')}".rstrip()
    if state.get("running") is not None and container.get("started") is False:
        return f"container {name} has not passed its startup probe"
    if state.get("running") is not None and not container.get("ready"):
        return f"container {name} has not passed its readiness probe"
    return ""


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any], meta: Mapping[str, Any]) -> RolloutState:
    desired = int(spec.get("replicas", 1))
    updated, available, whole = _count(status, "updatedReplicas"), _count(status, "availableReplicas"), _count(status, "replicas")
    late = next((one for one in status.get("conditions") or [] if one.get("reason") == "ProgressDeadlineExceeded"), None)
    waits = (
        (updated < desired, f"{updated} of {desired} pods use the new template"),
        (whole > updated, f"{whole - updated} pods of the old template remain"),
        (available < updated, f"{available} of {updated} new pods are available"),
    )
    waited = next((words for waiting, words in waits if waiting), "")
    stuck = late is not None and bool(waited)
    message = f"{late.get('message', '') or 'progress deadline exceeded'}: {waited}" if late and stuck else waited
    revision = str((meta.get("annotations") or {}).get("deployment.kubernetes.io/revision", ""))
    return RolloutState(
        not waited, stuck, desired, updated, _count(status, "readyReplicas"), available, message or "rolled out", revision
    )  # fmt: skip


def _daemon_set(spec: Mapping[str, Any], status: Mapping[str, Any], meta: Mapping[str, Any]) -> RolloutState:
    desired, updated = _count(status, "desiredNumberScheduled"), _count(status, "updatedNumberScheduled")
    available = _count(status, "numberAvailable")
    waits = (
        (updated < desired, f"{updated} of {desired} nodes have the new pod{_on_delete(spec)}"),
        (available < desired, f"{available} of {desired} pods are available"),
    )
    waited = next((words for waiting, words in waits if waiting), "")
    return RolloutState(not waited, False, desired, updated, _count(status, "numberReady"), available, waited or "rolled out")


def _stateful_set(spec: Mapping[str, Any], status: Mapping[str, Any], meta: Mapping[str, Any]) -> RolloutState:
    desired = int(spec.get("replicas", 1))
    ready = _count(status, "readyReplicas")
    newest, current = str(status.get("updateRevision", "")), str(status.get("currentRevision", ""))
    updated = desired if newest == current else _count(status, "updatedReplicas")
    partition = int(((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0)
    waits = (
        (ready < desired, f"{ready} of {desired} pods are ready"),
        (updated < desired - partition, f"{updated} of {desired - partition} pods use the new template{_on_delete(spec)}"),
    )
    waited = next((words for waiting, words in waits if waiting), "")
    completed = f"rolled out up to its partition of {partition}" if partition and updated < desired else "rolled out"
    return RolloutState(not waited, False, desired, updated, ready, _count(status, "availableReplicas"), waited or completed, newest)


def _count(status: Mapping[str, Any], name: str) -> int:
    return int(status.get(name) or 0)


def _on_delete(spec: Mapping[str, Any]) -> str:
    return "; the strategy is OnDelete, so a pod is replaced only when it is deleted" if _strategy(spec) == "OnDelete" else ""


def _strategy(spec: Mapping[str, Any]) -> str:
    return str((spec.get("updateStrategy") or {}).get("type", ""))


_KINDS = {"deployments.apps": _deployment, "statefulsets.apps": _stateful_set, "daemonsets.apps": _daemon_set}
