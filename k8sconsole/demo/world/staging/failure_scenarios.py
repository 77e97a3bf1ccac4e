"""Failures of deployments in a large cluster, as the status of their pods."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.clock import format_timestamp, parse_timestamp
from k8sconsole.demo.podspecs import qos_class
from k8sconsole.demo.world.kubelet.images import not_found_message
from k8sconsole.demo.world.seeds import seeded_fraction

Json = dict[str, Any]
_REGISTRY = "registry.demo.k8sconsole.dev"


@dataclass(frozen=True)
class FailureScenario:
    """The state of a deployment's pods, healthy or failed.

    - `suffix`: appended to the deployment's name, by which behaviours match it.
    - `container_state`: makes a container's state from image, start time and current time.
    - `unscheduled`: the pods have no node.
    """

    suffix: str
    container_state: Callable[[str, str, datetime], Json]
    tag: str = "1.4.2"
    phase: str = "Running"
    ready: bool = False
    unscheduled: bool = False

    def image_for(self, name: str) -> str:
        return f"{_REGISTRY}/large/{name.rpartition('-')[0]}:{self.tag}"

    def build_status(self, spec: Json, started: str, now: datetime) -> Json:
        """The status of a pod. `@name@` and the other marks are placeholders for the values of one pod."""
        if self.unscheduled:
            return _unscheduled_status(spec, started)
        container = spec["containers"][0]
        base = {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": self.ready,
            "started": self.ready,
            "restartCount": 0,
        }
        return {
            "phase": self.phase,
            "startTime": started,
            "hostIP": "@host@",
            "hostIPs": [{"ip": "@host@"}],
            "podIP": "@ip@",
            "podIPs": [{"ip": "@ip@"}],
            "qosClass": qos_class(spec),
            "conditions": _build_conditions(self.ready, started, container["name"]),
            "containerStatuses": [base | {"lastState": {}} | self.container_state(container["image"], started, now)],
        }


def _running_state(_image: str, started: str, _now: datetime) -> Json:
    return {"state": {"running": {"startedAt": started}}, "started": True, "containerID": "containerd://@uid@"}


def _crashing_state(_image: str, _started: str, now: datetime) -> Json:
    ended = now - timedelta(seconds=60)
    last = {
        "exitCode": 1,
        "reason": "Error",
        "startedAt": format_timestamp(ended - timedelta(seconds=40)),
        "finishedAt": format_timestamp(ended),
    }
    message = "back-off 5m0s restarting failed container=app pod=@name@(@uid@)"
    return {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}}, "lastState": {"terminated": last}, "restartCount": 37}


def _pull_failure_state(image: str, _started: str, _now: datetime) -> Json:
    message = f'Back-off pulling image "{image}": ErrImagePull: {not_found_message(image)}'
    return {"state": {"waiting": {"reason": "ImagePullBackOff", "message": message}}}


HEALTHY = FailureScenario("", _running_state, ready=True)
FAILURES = (
    FailureScenario("-crashing", _crashing_state),
    FailureScenario("-unpulled", _pull_failure_state, tag="does-not-exist", phase="Pending"),
    FailureScenario("-unready", _running_state),
    FailureScenario("-unplaced", _running_state, phase="Pending", unscheduled=True),
)


def choose_failure_scenario(share: float, *names: object) -> FailureScenario:
    """Choose a failure for `share` of all deployments, by their seeded names, and HEALTHY for the others."""
    draw = seeded_fraction("fate", *names)
    return FAILURES[int(draw / share * len(FAILURES))] if draw < share else HEALTHY


def _build_conditions(ready: bool, since: str, container: str) -> list[Json]:
    at = format_timestamp(parse_timestamp(since) + timedelta(seconds=4))
    why = {} if ready else {"reason": "ContainersNotReady", "message": f"containers with unready status: [{container}]"}
    unconditional = [
        {"type": type_, "status": "True", "lastTransitionTime": since}
        for type_ in ("PodScheduled", "PodReadyToStartContainers", "Initialized")
    ]
    return unconditional + [
        {"type": type_, "status": str(ready), **why, "lastTransitionTime": at} for type_ in ("Ready", "ContainersReady")
    ]


def _unscheduled_status(spec: Json, since: str) -> Json:
    message = "0 nodes are available: node(s) didn't match Pod's node affinity/selector."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": since}
    return {"phase": "Pending", "qosClass": qos_class(spec), "conditions": [condition]}
