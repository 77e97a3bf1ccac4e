"""Builds container plans from a pod's spec and the scenario's behaviours."""

from typing import Any

from k8sconsole.demo.world.behaviour import Behaviour, Behaviours, parse_command, workload_name
from k8sconsole.demo.world.kubelet.containers import ContainerPlan
from k8sconsole.demo.world.seeds import seeded_fraction

Json = dict[str, Any]
_JOB_SECONDS = 5.0
_INIT_SECONDS = 2.0


def build_plans(pod: Json, behaviours: Behaviours) -> list[ContainerPlan]:
    """The plans of a pod's containers, in order."""
    return [_build_plan(pod, container, behaviours, init=False) for container in pod["spec"].get("containers", ())]


def build_init_plans(pod: Json, behaviours: Behaviours) -> list[ContainerPlan]:
    """The plans of a pod's init containers. Each must succeed before the next starts; a sidecar must have started."""
    return [_build_plan(pod, container, behaviours, init=True) for container in pod["spec"].get("initContainers", ())]


def find_behaviour(pod: Json, container: Json, behaviours: Behaviours) -> Behaviour:
    """The scenario's behaviour of a container, else the behaviour that its command implies."""
    meta = pod["metadata"]
    listed = behaviours.find(meta["namespace"], workload_name(meta), container["name"], container["image"])
    return listed if listed != Behaviour() else parse_command(container) or listed


def _build_plan(pod: Json, container: Json, behaviours: Behaviours, *, init: bool) -> ContainerPlan:
    behaviour, meta = find_behaviour(pod, container, behaviours), pod["metadata"]
    restart = pod["spec"].get("restartPolicy", "Always")
    sidecar = init and container.get("restartPolicy") == "Always"
    init = init and not sidecar
    default_exit = _INIT_SECONDS if init else _JOB_SECONDS if _belongs_to_job(pod) and not sidecar else None
    code = 137 if behaviour.oom else behaviour.exit_code
    return ContainerPlan(
        name=container["name"],
        image=container["image"],
        restart="Always" if sidecar else "OnFailure" if init and restart != "Never" else restart,
        sidecar=sidecar,
        # The pods of one workload start at slightly different times.
        starts_after=behaviour.starts_after + round(seeded_fraction(meta["uid"], container["name"]), 3),
        exits_after=behaviour.exits_after if behaviour.exits_after is not None else default_exit,
        exit_code=code,
        reason="OOMKilled" if behaviour.oom else "Error" if code else "Completed",
        ready_after=None if behaviour.unready else _ready_after(container, behaviour),
        probe_failure=f"Readiness probe failed: {behaviour.unready}" if behaviour.unready else "",
        sick_after=behaviour.sick_after,
        pod=f"{meta['name']}_{meta['namespace']}({meta['uid']})",
    )


def _ready_after(container: Json, behaviour: Behaviour) -> float:
    probe = container.get("readinessProbe")
    if behaviour.ready_after is not None:
        return behaviour.ready_after
    return float(probe.get("initialDelaySeconds", 0)) + 1.0 if probe else 0.0


def _belongs_to_job(pod: Json) -> bool:
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", ()))
