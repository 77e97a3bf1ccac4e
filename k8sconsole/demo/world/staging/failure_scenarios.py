"""What may have become of a deployment in a large cluster, as the status its pods show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.clock import moment, stamp
from k8sconsole.demo.podspecs import quality
from k8sconsole.demo.world.kubelet.images import refusal
from k8sconsole.demo.world.seeds import fraction

Json = dict[str, Any]
_REGISTRY = "registry.demo.k8sconsole.dev"


@dataclass(frozen=True)
class FailureScenario:
    """`suffix` goes onto the deployment's name, where behaviours find it again; `container` makes its container's state."""

    suffix: str
    container: Callable[[str, str, datetime], Json]
    tag: str = "1.4.2"
    phase: str = "Running"
    ready: bool = False
    unplaced: bool = False

    def image(self, name: str) -> str:
        return f"{_REGISTRY}/large/{name.rpartition('-')[0]}:{self.tag}"

    def status(self, spec: Json, started: str, now: datetime) -> Json:
        """The status of a pod; names, addresses and times of one pod are left as marks to be replaced."""
        if self.unplaced:
            return _unplaced(spec, started)
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
            "qosClass": quality(spec),
            "conditions": _conditions(self.ready, started, container["name"]),
            "containerStatuses": [base | {"lastState": {}} | self.container(container["image"], started, now)],
        }


def _running(_image: str, started: str, _now: datetime) -> Json:
    return {"state": {"running": {"startedAt": started}}, "started": True, "containerID": "containerd://@uid@"}


def _crashing(_image: str, _started: str, now: datetime) -> Json:
    ended = now - timedelta(seconds=60)
    last = {"exitCode": 1, "reason": "Error", "startedAt": stamp(ended - timedelta(seconds=40)), "finishedAt": stamp(ended)}
    wait = "back-off 5m0s restarting failed container=app pod=@name@(@uid@)"
    return {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": wait}}, "lastState": {"terminated": last}, "restartCount": 37}


def _unpulled(image: str, _started: str, _now: datetime) -> Json:
    wait = f'Back-off pulling image "{image}": ErrImagePull: {refusal(image)}'
    return {"state": {"waiting": {"reason": "ImagePullBackOff", "message": wait}}}


HEALTHY = FailureScenario("", _running, ready=True)
TROUBLES = (
    FailureScenario("-crashing", _crashing),
    FailureScenario("-unpulled", _unpulled, tag="does-not-exist", phase="Pending"),
    FailureScenario("-unready", _running),
    FailureScenario("-unplaced", _running, phase="Pending", unplaced=True),
)


def fate_of(share: float, *names: object) -> FailureScenario:
    """Whether a deployment is in trouble, and in which."""
    luck = fraction("fate", *names)
    return TROUBLES[int(luck / share * len(TROUBLES))] if luck < share else HEALTHY


def _conditions(ready: bool, since: str, container: str) -> list[Json]:
    at = stamp(moment(since) + timedelta(seconds=4))
    why = {} if ready else {"reason": "ContainersNotReady", "message": f"containers with unready status: [{container}]"}
    plain = [
        {"type": type_, "status": "True", "lastTransitionTime": since}
        for type_ in ("PodScheduled", "PodReadyToStartContainers", "Initialized")
    ]
    return plain + [{"type": type_, "status": str(ready), **why, "lastTransitionTime": at} for type_ in ("Ready", "ContainersReady")]


def _unplaced(spec: Json, since: str) -> Json:
    message = "0 nodes are available: node(s) didn't match Pod's node affinity/selector."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": since}
    return {"phase": "Pending", "qosClass": quality(spec), "conditions": [condition]}
