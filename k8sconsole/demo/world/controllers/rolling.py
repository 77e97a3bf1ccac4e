"""The arithmetic of a roll-out: which ReplicaSet is to have how many replicas next. Pure.

The rules are those of the Deployment API: never more than `replicas + maxSurge` pods, never fewer than `replicas - maxUnavailable`
available ones; surge rounds up, unavailability down, and where both come out as nothing, one may be unavailable.
"""

from collections.abc import Sequence
from typing import Any

from k8sconsole.demo.world.amounts import scale_int_or_percent

Json = dict[str, Any]
Step = tuple[Json, int]
"""A ReplicaSet and the replicas it is to have."""


def rollout_bounds(deployment: Json) -> tuple[int, int]:
    """maxSurge and maxUnavailable in pods."""
    replicas = desired_replicas(deployment)
    rolling = deployment["spec"].get("strategy", {}).get("rollingUpdate") or {}
    surge = scale_int_or_percent(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = scale_int_or_percent(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    return surge, unavailable if surge or unavailable else 1


def desired_replicas(deployment: Json) -> int:
    return int(deployment["spec"].get("replicas", 1))


def rolling_steps(deployment: Json, current: Json, old: Sequence[Json]) -> list[Step]:
    """The next steps: the new set grows first; what it could not gain, the old ones may free."""
    grown = _grow_new(deployment, current, old)
    return grown or _shrink_old(deployment, current, old)


def recreate_steps(deployment: Json, current: Json, old: Sequence[Json], old_pods_left: bool) -> list[Step]:
    """Everything old goes before anything new comes."""
    going = [(each, 0) for each in old if _spec_replicas(each)]
    if going or old_pods_left:
        return going
    replicas = desired_replicas(deployment)
    return [(current, replicas)] if _spec_replicas(current) != replicas else []


def scaling_steps(deployment: Json, sets: Sequence[Json]) -> list[Step]:
    """A paused deployment is still scaled: its largest set takes the difference."""
    alive = [each for each in sets if _spec_replicas(each)]
    difference = desired_replicas(deployment) - sum(map(_spec_replicas, alive))
    if not alive or not difference:
        return []
    largest = max(alive, key=_spec_replicas)
    return [(largest, max(0, _spec_replicas(largest) + difference))]


def _grow_new(deployment: Json, current: Json, old: Sequence[Json]) -> list[Step]:
    replicas, (surge, _) = desired_replicas(deployment), rollout_bounds(deployment)
    size, total = _spec_replicas(current), _spec_replicas(current) + sum(map(_spec_replicas, old))
    if size > replicas:
        return [(current, replicas)]
    gain = min(replicas + surge - total, replicas - size)
    return [(current, size + gain)] if gain > 0 else []


def _shrink_old(deployment: Json, current: Json, old: Sequence[Json]) -> list[Step]:
    replicas, (_, unavailable) = desired_replicas(deployment), rollout_bounds(deployment)
    total = _spec_replicas(current) + sum(map(_spec_replicas, old))
    minimum = replicas - unavailable
    spare = total - minimum - (_spec_replicas(current) - _available_replicas(current))
    sizes = {id(each): _spec_replicas(each) for each in old}
    # Pods that serve nobody go first; they cost no availability.
    for each in old:
        idle = min(max(0, _spec_replicas(each) - _available_replicas(each)), max(0, spare))
        sizes[id(each)] -= idle
        spare -= idle
    free = min(spare, _available_replicas(current) + sum(map(_available_replicas, old)) - minimum)
    for each in sorted(old, key=lambda each: str(each["metadata"]["creationTimestamp"])):
        share = min(sizes[id(each)], max(0, free))
        sizes[id(each)] -= share
        free -= share
    return [(each, sizes[id(each)]) for each in old if sizes[id(each)] != _spec_replicas(each)]


def _spec_replicas(replica_set: Json) -> int:
    return int(replica_set["spec"].get("replicas", 0))


def _available_replicas(replica_set: Json) -> int:
    return min(_spec_replicas(replica_set), int(replica_set.get("status", {}).get("availableReplicas", 0)))
