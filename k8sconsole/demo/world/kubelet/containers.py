"""The states of one container: waiting, running, terminated, and restarted. The next status follows from status, plan and time.

Lifecycle and restart back-off follow the Kubernetes documentation ("Pod Lifecycle", "Container restarts"): 10 s, doubled with each
restart, at most five minutes. The first restart is immediate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.clock import format_timestamp, parse_timestamp
from k8sconsole.demo.world.kubelet.images import ImagePull

Json = dict[str, Any]
_FIRST_BACK_OFF = 10.0
_LONGEST_BACK_OFF = 300.0
PROBE_EVENT_INTERVAL = timedelta(minutes=5)
"""How often a probe that keeps failing is reported, close to the rate limit of the real kubelet's events."""


@dataclass(frozen=True)
class ContainerPlan:
    """What a container will do. `starts_after` counts from its creation, other times from its start, in seconds; None: never."""

    name: str
    image: str
    restart: str
    starts_after: float = 1.0
    exits_after: float | None = None
    exit_code: int = 0
    reason: str = "Completed"
    ready_after: float | None = 0.0
    probe_failure: str = ""
    sick_after: float | None = None
    sidecar: bool = False
    """An init container that is restarted always: it runs beside the containers and ends with them."""
    pod: str = ""
    """`name_namespace(uid)`, as in the kubelet's messages."""


@dataclass
class ContainerTransition:
    """A container's new status, when it changes next, and the events to record (type, reason, message)."""

    status: Json
    due: datetime | None = None
    events: list[tuple[str, str, str]] = field(default_factory=list)

    def add_event(self, type_: str, reason: str, message: str) -> None:
        self.events.append((type_, reason, message))


def waiting_status(plan: ContainerPlan, *, waiting: str) -> Json:
    """The status of a container that has not started; `waiting` is the reason."""
    return {
        "name": plan.name,
        "image": plan.image,
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": waiting}},
        "lastState": {},
    }


def advance_container(status: Json, plan: ContainerPlan, since: datetime, now: datetime, image_pull: ImagePull) -> ContainerTransition:
    """Advance a container to its state at `now`. `since` is when it could start; `image_pull` holds its image pull attempts."""
    result = ContainerTransition(dict(status))
    for _ in range(8):
        before = result.status["state"]
        _advance_state(result, plan, since, now, image_pull)
        if result.status["state"] == before:
            break
    _update_readiness(result, plan, now)
    return result


def _advance_state(result: ContainerTransition, plan: ContainerPlan, since: datetime, now: datetime, image_pull: ImagePull) -> None:
    state: Mapping[str, Any] = result.status["state"]
    result.due = None
    if "running" in state:
        _advance_running(result, plan, parse_timestamp(state["running"]["startedAt"]), now)
    elif "terminated" in state:
        _advance_terminated(result, plan, state["terminated"], now)
    elif state["waiting"]["reason"] == "CrashLoopBackOff":
        ended = result.status["lastState"]["terminated"]["finishedAt"]
        due = parse_timestamp(ended) + timedelta(seconds=back_off_seconds(result.status["restartCount"]))
        _run_when_due(result, due, now, lambda: _start(result, plan, now, restarts=result.status["restartCount"] + 1))
    else:
        _advance_waiting(result, plan, since, now, image_pull)


def _advance_waiting(result: ContainerTransition, plan: ContainerPlan, since: datetime, now: datetime, image_pull: ImagePull) -> None:
    """Pull the image, then start the container. A failed pull is retried with a growing back-off."""
    result.status["state"], result.due, pull_events = image_pull.advance(result.status["state"], plan.image, since, plan.starts_after, now)
    result.events += pull_events
    if result.due is None:
        _start(result, plan, now, restarts=result.status["restartCount"])


def _advance_running(result: ContainerTransition, plan: ContainerPlan, started: datetime, now: datetime) -> None:
    if plan.sick_after is not None and (plan.exits_after is None or plan.sick_after < plan.exits_after):
        _run_when_due(result, started + timedelta(seconds=plan.sick_after), now, lambda: _kill_unhealthy(result, plan, started, now))
    elif plan.exits_after is not None:
        _run_when_due(
            result,
            started + timedelta(seconds=plan.exits_after),
            now,
            lambda: _terminate(result, plan.exit_code, plan.reason, started, now),
        )


def _kill_unhealthy(result: ContainerTransition, plan: ContainerPlan, started: datetime, now: datetime) -> None:
    result.add_event("Warning", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500")
    result.add_event("Normal", "Killing", f"Container {plan.name} failed liveness probe, will be restarted")
    _terminate(result, 137, "Error", started, now)


def _terminate(result: ContainerTransition, code: int, reason: str, started: datetime, now: datetime) -> None:
    ended = {"exitCode": code, "reason": reason, "startedAt": format_timestamp(started), "finishedAt": format_timestamp(now)}
    container = result.status.get("containerID")
    result.status |= {"ready": False, "started": False, "state": {"terminated": ended | ({"containerID": container} if container else {})}}


def _advance_terminated(result: ContainerTransition, plan: ContainerPlan, terminated: Json, now: datetime) -> None:
    if plan.restart == "Never" or (plan.restart == "OnFailure" and terminated["exitCode"] == 0):
        return
    restarts = result.status["restartCount"]
    result.status["lastState"] = {"terminated": terminated}
    if restarts == 0:
        _start(result, plan, now, restarts=1)
        return
    wait = f"back-off {format_go_duration(back_off_seconds(restarts))} restarting failed container={plan.name} pod={plan.pod}"
    result.status["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": wait}}
    result.add_event("Warning", "BackOff", f"Back-off restarting failed container {plan.name} in pod {plan.pod}")


def _start(result: ContainerTransition, plan: ContainerPlan, now: datetime, *, restarts: int) -> None:
    if restarts:
        result.add_event("Normal", "Pulled", f'Container image "{plan.image}" already present on machine')
    result.add_event("Normal", "Created", f"Created container: {plan.name}")
    result.add_event("Normal", "Started", f"Started container {plan.name}")
    result.status |= {"state": {"running": {"startedAt": format_timestamp(now)}}, "started": True, "restartCount": restarts}


def _update_readiness(result: ContainerTransition, plan: ContainerPlan, now: datetime) -> None:
    running = result.status["state"].get("running")
    if running is None or plan.ready_after is None:
        result.status["ready"] = False
        if running is not None and plan.probe_failure:
            result.add_event("Warning", "Unhealthy", plan.probe_failure)
            result.due = min(now + PROBE_EVENT_INTERVAL, result.due or now + PROBE_EVENT_INTERVAL)
        return
    ready_at = parse_timestamp(running["startedAt"]) + timedelta(seconds=plan.ready_after)
    result.status["ready"] = ready_at <= now
    if ready_at > now:
        result.due = min(ready_at, result.due or ready_at)


def back_off_seconds(restarts: int) -> float:
    """Seconds before the next restart of a container with this number of restarts."""
    return min(_LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2.0 ** max(0, min(restarts, 10) - 1))


def format_go_duration(seconds: float) -> str:
    """Format a duration as Go does: `10s`, `1m20s`, `5m0s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _run_when_due(result: ContainerTransition, due: datetime, now: datetime, act: Any) -> None:
    if due <= now:
        act()
    else:
        result.due = due
