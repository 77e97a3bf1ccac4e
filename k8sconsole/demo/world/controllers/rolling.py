"""The arithmetic of a rollout: the next replica count of each ReplicaSet. Pure functions.

The rules are those of the Deployment API. There are at most `replicas + maxSurge` pods and at least `replicas - maxUnavailable`
available ones. maxSurge rounds up and maxUnavailable down; when both are 0, one pod may be unavailable.
"""

from collections.abc import Sequence
from typing import Any

from k8sconsole.demo.world.amounts import scale_int_or_percent

Json = dict[str, Any]
Step = tuple[Json, int]
"""A ReplicaSet and its next replica count."""


def rollout_bounds(deployment: Json) -> tuple[int, int]:
    """maxSurge and maxUnavailable as numbers of pods."""
    replicas = desired_replicas(deployment)
    rolling = deployment["spec"].get("strategy", {}).get("rollingUpdate") or {}
    surge = scale_int_or_percent(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = scale_int_or_percent(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    return surge, unavailable if surge or unavailable else 1


def desired_replicas(deployment: Json) -> int:
    return int(deployment["spec"].get("replicas", 1))


def rolling_steps(deployment: Json, current: Json, old: Sequence[Json]) -> list[Step]:
    """The next steps: scale up the new set first; when it cannot grow, scale down the old ones."""
    grown = _grow_new(deployment, current, old)
    return grown or _shrink_old(deployment, current, old)


def recreate_steps(deployment: Json, current: Json, old: Sequence[Json], old_pods_left: bool) -> list[Step]:
    """The next steps of the Recreate strategy: all old pods end before new ones start."""
    scale_downs = [(each, 0) for each in old if _spec_replicas(each)]
    if scale_downs or old_pods_left:
        return scale_downs
    replicas = desired_replicas(deployment)
    return [(current, replicas)] if _spec_replicas(current) != replicas else []


def scaling_steps(deployment: Json, sets: Sequence[Json]) -> list[Step]:
    """The steps of a paused deployment, which is still scaled: its largest set takes the difference."""
    nonempty = [each for each in sets if _spec_replicas(each)]
    difference = desired_replicas(deployment) - sum(map(_spec_replicas, nonempty))
    if not nonempty or not difference:
        return []
    largest = max(nonempty, key=_spec_replicas)
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
    surplus = total - minimum - (_spec_replicas(current) - _available_replicas(current))
    sizes = {id(each): _spec_replicas(each) for each in old}
    # Unavailable pods go first, because removing them does not reduce availability.
    for each in old:
        idle = min(max(0, _spec_replicas(each) - _available_replicas(each)), max(0, surplus))
        sizes[id(each)] -= idle
        surplus -= idle
    free = min(surplus, _available_replicas(current) + sum(map(_available_replicas, old)) - minimum)
    for each in sorted(old, key=lambda each: str(each["metadata"]["creationTimestamp"])):
        share = min(sizes[id(each)], max(0, free))
        sizes[id(each)] -= share
        free -= share
    return [(each, sizes[id(each)]) for each in old if sizes[id(each)] != _spec_replicas(each)]


def _spec_replicas(replica_set: Json) -> int:
    return int(replica_set["spec"].get("replicas", 0))


def _available_replicas(replica_set: Json) -> int:
    return min(_spec_replicas(replica_set), int(replica_set.get("status", {}).get("availableReplicas", 0)))
