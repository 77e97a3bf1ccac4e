"""Container logs, generated per request. Repeated requests return the same lines, and later ones also the new lines."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.clock import parse_timestamp
from k8sconsole.demo.status import ApiStatus, bad_request
from k8sconsole.demo.world.behaviour import Behaviour, Behaviours
from k8sconsole.demo.world.kinds import PODS
from k8sconsole.demo.world.kubelet.plans import find_behaviour
from k8sconsole.demo.world.logprofiles import PROFILES
from k8sconsole.demo.world.seeds import seeded_fraction, seeded_random

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
Line = tuple[datetime, str]
# The lines that a node keeps of a container's log; rotation removes the older ones.
_KEPT_LINES = 2000
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class _Run:
    """One run of a container, from its start to its end, or to now while it runs."""

    identity: str
    behaviour: Behaviour
    started: datetime
    until: datetime
    ended: bool

    def lines(self, after: datetime | None = None) -> Iterator[Line]:
        """The log lines, oldest first. Lines before `after` may be omitted, so that following generates only new lines."""
        profile = PROFILES.get(self.behaviour.logs, PROFILES[""])
        count = max(0, int((self.until - self.started).total_seconds() / profile.every))
        known = int((after - self.started).total_seconds() / profile.every) if after else 0
        first = max(0, count - _KEPT_LINES, known)
        if first == 0:
            yield from ((self.started, text) for text in profile.opening)
        for number in range(first, count + 1):
            at = self.started + timedelta(seconds=profile.every * (number + seeded_fraction(self.identity, number)))
            if at <= self.until:
                yield at, profile.write(seeded_random(self.identity, number), at)
        if self.ended:
            yield from ((self.until, text) for text in self.behaviour.last_words)


def read_lines(store: "ObjectStore", namespace: str, pod: str, container: str, *, previous: bool, now: datetime) -> Iterator[Line]:
    """The log of a container up to `now`, oldest first; with `previous`, that of its previous run.

    Raises a 404 status when the pod does not exist, and a 400 when the container has not started or has no previous run.
    """
    return _find_run(store, namespace, pod, container, previous, now).lines()


async def follow_lines(store: "ObjectStore", namespace: str, pod: str, container: str, *, since: datetime) -> AsyncIterator[Line]:
    """Yield the lines written after `since` as the store's clock advances. Ends when the container or its pod ends."""
    while True:
        try:
            run = _find_run(store, namespace, pod, container, False, store.clock.now())
        except ApiStatus:
            return
        for at, text in run.lines(since):
            if at > since:
                yield at, text
        if run.ended:
            return
        since = max(since, run.until)
        await asyncio.sleep(_POLL_SECONDS)


def _find_run(store: "ObjectStore", namespace: str, pod_name: str, container: str, previous: bool, now: datetime) -> _Run:
    pod = store.get(PODS, namespace, pod_name)
    spec = next((each for each in _collect_lists(pod["spec"], "containers", "initContainers") if each["name"] == container), None)
    if spec is None:
        raise bad_request(f"container {container} is not valid for pod {pod_name}")
    states = _collect_lists(pod.get("status", {}), "containerStatuses", "initContainerStatuses")
    status: Json = next((each for each in states if each["name"] == container), {"state": {}, "lastState": {}})
    started, ended = _run_period(status, pod_name, container, previous)
    identity = f"{pod['metadata']['uid']}/{container}/{started}"
    until = parse_timestamp(ended) if ended else now
    return _Run(identity, find_behaviour(pod, spec, Behaviours.attached_to(store)), parse_timestamp(started), until, ended is not None)


def _run_period(status: Json, pod: str, container: str, previous: bool) -> tuple[str, str | None]:
    """Start and end of the requested run; the end is None while it runs."""
    state, last = status["state"], status.get("lastState", {}).get("terminated")
    if previous:
        if last is None:
            raise bad_request(f'previous terminated container "{container}" in pod "{pod}" not found')
        return last["startedAt"], last["finishedAt"]
    if "running" in state:
        return state["running"]["startedAt"], None
    terminated = state.get("terminated") or last
    if terminated is None:
        reason = state.get("waiting", {}).get("reason", "ContainerCreating")
        why = "trying and failing to pull image" if "Pull" in reason else reason
        raise bad_request(f'container "{container}" in pod "{pod}" is waiting to start: {why}')
    return terminated["startedAt"], terminated["finishedAt"]


def _collect_lists(holder: Json, *names: str) -> list[Json]:
    return [each for name in names for each in holder.get(name, ())]
