"""What a rollout waits for: each pod that is not ready, with the reason that Kubernetes gives."""

from typing import Any

from k8sconsole.model.rollouts import compute_rollout_state, explain_waiting

Json = dict[str, Any]


def waits_of(*pods: Json, conditions: tuple[Json, ...] = (), **status: int) -> tuple[str, ...]:
    workload = {"spec": {"replicas": 2, "minReadySeconds": 30}, "status": {"conditions": list(conditions), **status}}
    return explain_waiting(workload, compute_rollout_state("deployments.apps", workload), pods)


def _pod(name: str, *containers: Json, **conditions: str) -> Json:
    found = [{"type": kind, "status": "False", "message": message} for kind, message in conditions.items()]
    return {"metadata": {"name": name}, "status": {"conditions": found, "containerStatuses": list(containers)}}


READY: Json = {"metadata": {"name": "ready"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def test_a_pod_that_cannot_start_is_named_with_the_servers_reason() -> None:
    waiting = {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x:9"'}}}
    last = {"exitCode": 137, "reason": "OOMKilled"}
    crashed = {"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": last}}
    assert waits_of(_pod("a", waiting), _pod("b", crashed)) == (
        'a is not ready: container app waits (ImagePullBackOff): Back-off pulling image "x:9"',
        "b is not ready: container app waits (CrashLoopBackOff, last exit 137 OOMKilled)",
    )


def test_a_pod_without_a_node_a_probe_and_a_refused_pod_say_so() -> None:
    probed = {"name": "app", "ready": False, "started": True, "state": {"running": {}}}
    refused = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: compute"}
    assert waits_of(_pod("a", PodScheduled="0/3 nodes are available"), _pod("b", probed), conditions=(refused,)) == (
        "pods cannot be created: exceeded quota: compute",
        "a is not scheduled: 0/3 nodes are available",
        "b is not ready: container app has not passed its readiness probe",
    )


def test_missing_pods_and_pods_that_are_ready_too_shortly_are_counted() -> None:
    assert waits_of(READY, readyReplicas=1) == (
        "1 of 2 pods do not exist",
        "1 ready pods count as available 30s after they became ready (minReadySeconds)",
    )
