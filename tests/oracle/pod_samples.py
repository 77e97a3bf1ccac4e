"""Odd pods and pod templates."""

from typing import Any

from tests.oracle.dice import Dice

Json = dict[str, Any]
_REASONS = ("", "CrashLoopBackOff", "ImagePullBackOff", "ContainerCreating", "PodInitializing", "CreateContainerConfigError")
_ENDS = ("", "Completed", "Error", "OOMKilled", "ContainerCannotRun", "StartError")
_GATES = ("example.com/lb", "example.com/dns")


def make_pod(dice: Dice) -> Json:
    containers = [_container(dice, f"c{at}") for at in range(dice.pick(0, 1, 1, 1, 2, 3))]
    first = [_container(dice, f"i{at}") for at in range(dice.pick(0, 0, 1, 2, 3))]
    spec = {
        "containers": containers,
        "initContainers": first,
        "ephemeralContainers": [{"name": "debug", "image": "busybox"}],
        "nodeName": dice.name(),
        "readinessGates": [{"conditionType": gate} for gate in dice.some(_GATES)],
        "overhead": dice.quantities("cpu", "memory"),
        "resources": {"requests": dice.quantities("cpu", "memory")},
        "restartPolicy": dice.pick("Always", "OnFailure", "Never"),
        "schedulingGates": [{"name": "example.com/gate"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": dice.meta(),
        "spec": dice.sparse(spec, keep=("containers",)),
        "status": _pod_status(dice, containers, first),
    }


def _pod_status(dice: Dice, containers: list[Json], first: list[Json]) -> Json:
    return dice.sparse(
        {
            "phase": dice.pick("Pending", "Running", "Running", "Succeeded", "Failed", "Unknown", ""),
            "reason": dice.pick("", "", "", "Evicted", "NodeLost", "Shutdown", "NodeAffinity"),
            "message": dice.text(),
            "podIP": dice.pick("", "10.1.2.3", "fd00::1"),
            "podIPs": dice.many(lambda: {"ip": dice.pick("10.1.2.3", "10.1.2.4", "fd00::1")}, most=2),
            "nominatedNodeName": dice.pick("", "", "node-9"),
            "conditions": dice.conditions("PodScheduled", "Initialized", "Ready", "ContainersReady", *_GATES),
            "initContainerStatuses": _statuses(dice, first),
            "containerStatuses": _statuses(dice, containers),
            "ephemeralContainerStatuses": _statuses(dice, [{"name": "debug"}]),
        }
    )


def _container(dice: Dice, name: str) -> Json:
    resources = {"requests": dice.quantities("cpu", "memory"), "limits": dice.quantities("cpu", "memory")}
    fields = {"name": name, "image": f"registry/{name}:1", "resources": resources, "restartPolicy": dice.pick("Always", "Always", "Never")}
    return fields if dice.chance(0.5) else {"name": name, "image": dice.pick("", "nginx")}


def _statuses(dice: Dice, containers: list[Json]) -> list[Json]:
    """Statuses of most of the containers, rarely in another order, or of one that the spec does not have."""
    found = [_status(dice, each["name"]) for each in containers if dice.chance(0.9)]
    if dice.chance(0.05):
        dice.shuffle(found)
    return [*found, _status(dice, "stranger")] if dice.chance(0.03) else found


def _status(dice: Dice, name: str) -> Json:
    fields = {
        "name": name,
        "ready": dice.flag(),
        "started": dice.pick(True, True, False),
        "restartCount": dice.count(),
        "state": _state(dice),
        "lastState": dice.pick({}, {"terminated": _terminated(dice)}),
    }
    return dice.sparse(fields, keep=("name",))


def _state(dice: Dice) -> Json:
    states: dict[str, Json] = {
        "waiting": dice.sparse({"reason": dice.choice(_REASONS), "message": dice.text()}),
        "running": dice.sparse({"startedAt": dice.time()}),
        "terminated": _terminated(dice),
    }
    chosen = dice.pick("waiting", "running", "running", "terminated", "terminated", "")
    return {chosen: states[chosen]} if chosen else states if dice.chance(0.1) else {}


def _terminated(dice: Dice) -> Json:
    fields = {
        "exitCode": dice.pick(0, 0, 1, 137, 143),
        "signal": dice.pick(0, 0, 9),
        "reason": dice.choice(_ENDS),
        "finishedAt": dice.time(),
    }
    return dice.sparse(fields)


def make_template(dice: Dice) -> Json:
    spec = {"containers": dice.many(lambda: _container(dice, dice.name())), "nodeSelector": dice.labels()}
    return dice.sparse({"metadata": {"labels": dice.labels()}, "spec": dice.sparse(spec)})


def make_pod_template(dice: Dice) -> Json:
    return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": dice.meta(), "template": make_template(dice)}
