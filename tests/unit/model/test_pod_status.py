"""Every word that kubectl has for a pod, made by hand."""

from typing import Any

import pytest

from k8sconsole.model.tables import Health, format_cell, grade_row, grade_status
from tests.unit.model.pods import ENDED, NOW, PODS, cell, ended, pod, projected, running, waiting

READY = {"Ready": "True", "Initialized": "True"}
LOST = {"reason": "NodeLost"}

STATUSES: list[tuple[str, str, dict[str, Any]]] = [
    ("Running", "1/1", pod(running(), conditions=READY)),
    ("Pending", "0/1", pod(phase="Pending", containers=1)),
    (
        "SchedulingGated",
        "0/1",
        pod(phase="Pending", containers=1)
        | {"status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}},
    ),
    ("ContainerCreating", "0/1", pod(waiting("ContainerCreating"), phase="Pending")),
    ("CrashLoopBackOff", "0/1", pod(waiting("CrashLoopBackOff", restarts=14))),
    ("ImagePullBackOff", "0/1", pod(waiting("ImagePullBackOff"), phase="Pending")),
    ("Completed", "0/1", pod(ended(0, "Completed"), phase="Succeeded")),
    ("Error", "0/1", pod(ended(1, "Error"), phase="Failed")),
    ("OOMKilled", "0/1", pod(ended(137, "OOMKilled"))),
    ("ExitCode:3", "0/1", pod(ended(3))),
    ("Signal:9", "0/1", pod(ended(137, signal=9))),
    ("Evicted", "0/1", pod(phase="Failed", reason="Evicted", containers=1)),
    ("NodeLost", "1/1", pod(running(), conditions=READY, **LOST)),
    ("Unknown", "1/1", pod(running(), conditions=READY, deleted=True, **LOST)),
    ("Terminating", "1/1", pod(running(), conditions=READY, deleted=True)),
    ("Completed", "0/1", pod(ended(0, "Completed"), phase="Succeeded", deleted=True)),
    ("Error", "0/1", pod(ended(1, "Error"), phase="Failed", deleted=True)),
    ("Running", "1/2", pod(running("a"), ended(0, "Completed", "b"), conditions=READY)),
    ("NotReady", "1/2", pod(ended(0, "Completed", "a"), running("b"))),
    ("Error", "0/2", pod(ended(0, "Completed", "a"), ended(1, "Error", "b"), phase="Failed")),
    ("CrashLoopBackOff", "1/2", pod(waiting("CrashLoopBackOff", "a"), running("b"))),
    ("Running", "0/1", pod(running(ready=False), conditions={"Ready": "False"})),
    (
        "Init:0/2",
        "0/1",
        pod(waiting("PodInitializing"), phase="Pending", init=(running("i1", ready=False), waiting("PodInitializing", "i2"))),
    ),
    ("Init:1/2", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(ended(0, "Completed", "i1"), running("i2", ready=False)))),
    ("Init:Error", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(ended(1, "Error", "i1"),))),
    ("Init:ExitCode:2", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(ended(2, name="i1"),))),
    ("Init:Signal:15", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(ended(143, name="i1", signal=15),))),
    ("Init:CrashLoopBackOff", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(waiting("CrashLoopBackOff", "i1"),))),
    ("Init:ImagePullBackOff", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(waiting("ImagePullBackOff", "i1"),))),
    ("PodInitializing", "0/1", pod(waiting("PodInitializing"), phase="Pending", init=(ended(0, "Completed", "i1"),))),
    ("Running", "2/2", pod(running("web"), init=(running("mesh"),), sidecars=("mesh",), conditions=READY)),
    ("Running", "1/2", pod(running("web"), init=(running("mesh", ready=False),), sidecars=("mesh",), conditions=READY)),
    (
        "Init:0/2",
        "0/2",
        pod(
            waiting("PodInitializing"),
            phase="Pending",
            sidecars=("mesh",),
            init=(running("mesh", started=False, ready=False), waiting("PodInitializing", "i2")),
        ),
    ),
    (
        "Init:1/2",
        "1/2",
        pod(waiting("PodInitializing"), phase="Pending", sidecars=("mesh",), init=(running("mesh"), running("i2", ready=False))),
    ),
    ("CrashLoopBackOff", "1/2", pod(waiting("CrashLoopBackOff"), init=(running("mesh"),), sidecars=("mesh",), conditions=READY)),
    ("Completed", "0/2", pod(ended(0, "Completed"), phase="Succeeded", init=(ended(0, "Completed", "mesh"),), sidecars=("mesh",))),
    (
        "Init:CrashLoopBackOff",
        "1/2",
        pod(running("web"), init=(waiting("CrashLoopBackOff", "mesh"),), sidecars=("mesh",), conditions=READY),
    ),
]


@pytest.mark.parametrize(("word", "ready", "obj"), STATUSES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_pods_status_is_the_word_kubectl_prints(word: str, ready: str, obj: dict[str, Any]) -> None:
    assert (cell(obj, "STATUS"), "/".join(map(str, cell(obj, "READY")))) == (word, ready)


def test_restarts_are_summed_over_containers_and_tell_the_latest() -> None:
    early = {"exitCode": 1, "finishedAt": "2026-11-22T01:00:00Z"}
    late = {"exitCode": 1, "finishedAt": ENDED}
    assert cell(pod(running("a", restarts=2, last=late), running("b", restarts=12, last=early)), "RESTARTS") == [14, NOW - 38]


def test_restarts_of_finished_init_containers_do_not_count_but_a_sidecars_do() -> None:
    init = (ended(0, "Completed", "i1", restarts=5), running("mesh", restarts=2))
    assert cell(pod(running(restarts=1), init=init, sidecars=("mesh",), conditions=READY), "RESTARTS")[0] == 3


def test_restarts_of_an_init_container_count_while_it_keeps_the_pod_waiting() -> None:
    assert cell(pod(waiting("PodInitializing"), init=(waiting("CrashLoopBackOff", "i1", restarts=4),)), "RESTARTS")[0] == 4


def test_restarts_are_shown_with_the_time_since_the_last_one() -> None:
    column = PODS.columns[PODS.index("RESTARTS") or 0]
    assert format_cell(column, [14, NOW - 38], NOW) == "14 (38s)"
    assert format_cell(column, [3, None], NOW) == "3"
    assert format_cell(column, [0, None], NOW) == "0"


def test_a_zero_time_is_no_time() -> None:
    zero = {"exitCode": 1, "finishedAt": "0001-01-01T00:00:00Z"}
    assert cell(pod(running(restarts=1, last=zero)), "RESTARTS") == [1, None]


def _with_resources(obj: dict[str, Any], **by_container: dict[str, Any]) -> dict[str, Any]:
    for each in obj["spec"]["containers"] + obj["spec"].get("initContainers", []):
        each["resources"] = by_container.get(each["name"], {})
    return obj


def test_an_init_container_needs_its_amount_beside_the_sidecars_that_start_before_it() -> None:
    obj = pod(running("a"), init_containers=("mesh", "big"), sidecars=("mesh",))
    _with_resources(obj, c0={"requests": {"cpu": "100m"}}, mesh={"requests": {"cpu": "50m"}}, big={"requests": {"cpu": "1"}})
    assert cell(obj, "CPU/R") == 1050


def test_resources_of_the_whole_pod_replace_those_of_its_containers() -> None:
    obj = _with_resources(pod(running("a"), running("b")), c0={"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "1Gi"}})
    obj["spec"]["resources"] = {"requests": {"cpu": "300m", "memory": "1Mi", "nvidia.com/gpu": "1"}, "limits": {"cpu": "500m"}}
    assert [cell(obj, name) for name in ("CPU/R", "CPU/L", "MEM/R", "MEM/L")] == [300, 500, 1024**2, 1024**3]


def test_overhead_adds_to_requests_and_only_to_limits_that_are_set() -> None:
    obj = _with_resources(pod(running("a")), c0={"limits": {"cpu": "1", "memory": "0"}})
    obj["spec"]["overhead"] = {"cpu": "250m", "memory": "10Mi"}
    assert [cell(obj, name) for name in ("CPU/R", "CPU/L", "MEM/R", "MEM/L")] == [250, 1250, 10 * 1024**2, 0]


def test_a_pods_requests_are_what_the_scheduler_reckons_with() -> None:
    obj = pod(running("a"), running("b"), init_containers=("big", "mesh"), sidecars=("mesh",))
    amounts = {"c0": "100m", "c1": "0.2", "big": "1", "mesh": "50m"}
    for each in obj["spec"]["containers"] + obj["spec"]["initContainers"]:
        each["resources"] = {"requests": {"cpu": amounts[each["name"]], "memory": "64Mi"}}
    obj["spec"]["overhead"] = {"cpu": "10m"}
    assert cell(obj, "CPU/R") == 1010  # big starts before mesh
    assert cell(obj, "MEM/R") == 3 * 64 * 1024 * 1024
    assert cell(obj, "CPU/L") is None


def test_the_owner_of_a_deployments_pod_is_the_deployment() -> None:
    obj = pod(running())
    obj["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "web-7d9c4b8f5", "controller": True}]
    assert cell(obj, "OWNER") == "ReplicaSet/web-7d9c4b8f5"
    obj["metadata"]["labels"] = {"pod-template-hash": "7d9c4b8f5"}
    assert cell(obj, "OWNER") == "Deployment/web"
    assert projected(obj).owner == "ReplicaSet/web-7d9c4b8f5"


def test_wide_columns_tell_address_node_image_and_readiness_gates() -> None:
    obj = pod(running(), podIPs=[{"ip": "10.1.2.3"}, {"ip": "fd00::3"}], conditions={"Ready": "True", "lb": "False", "dns": "True"})
    obj["spec"]["readinessGates"] = [{"conditionType": "lb"}, {"conditionType": "dns"}]
    assert [cell(obj, name) for name in ("IP", "NODE", "IMAGE", "READINESS GATES")] == ["10.1.2.3", "node-1", "image:0", "1/2"]


@pytest.mark.parametrize(
    ("word", "grade"),
    [
        ("Running", Health.GOOD),
        ("Init:0/1", Health.MOVING),
        ("ContainerCreating", Health.MOVING),
        ("Init:CrashLoopBackOff", Health.BAD),
        ("ErrImagePull", Health.BAD),
        ("ExitCode:3", Health.BAD),
        ("CreateContainerConfigError", Health.BAD),
        ("Completed", Health.DONE),
        ("Terminating", Health.GOING),
        ("Ready,SchedulingDisabled", Health.WARN),
        ("NotReady,SchedulingDisabled", Health.BAD),
        ("Warning", Health.WARN),
        ("Sunny", Health.PLAIN),
    ],
)
def test_every_word_has_a_grade(word: str, grade: Health) -> None:
    assert grade_status(word) is grade


def test_a_running_pod_that_is_not_all_ready_is_worth_a_look() -> None:
    assert grade_row(PODS, projected(pod(running("a"), running("b", ready=False))).cells) is Health.WARN
    assert grade_row(PODS, projected(pod(running("a"))).cells) is Health.GOOD
    assert grade_row(PODS, projected(pod(ended(0, "Completed"), phase="Succeeded")).cells) is Health.DONE
