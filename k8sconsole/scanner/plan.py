"""How often, how much, and in which order clusters are read."""

import msgspec

from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.model.resources import METRICS_GROUP, Tier, tier_of

_DUPLICATES = frozenset({"events.events.k8s.io"})
"""Kinds that hold another kind's objects under a second name."""


class ScanPlan(msgspec.Struct, frozen=True):
    """The scanner's settings. All times are in seconds.

    static_interval, dynamic_interval: how long a kind of that tier may stay unconfirmed before it is listed again.
    metrics_interval: how often resource usage is read.
    forbidden_interval: the shortest time before a forbidden list is tried again.
    timeout: for the list of one kind.
    batch: objects in the first write of a list.
    page: objects per request.
    concurrency: lists at a time, per cluster.
    namespaces: the only namespaces to read; empty means all.
    watch: whether a list is followed by a watch.
    watches: connections for watches, per cluster. Where more are needed, some kinds are watched in turns.
    """

    static_interval: float = 1800.0
    dynamic_interval: float = 300.0
    metrics_interval: float = 30.0
    forbidden_interval: float = 60.0
    cleanup_interval: float = 300.0
    timeout: float = 120.0
    batch: int = 100
    page: int = 500
    concurrency: int = 3
    namespaces: tuple[str, ...] = ()
    watch: bool = True
    watches: int = 150

    def interval(self, resource: ApiResource) -> float:
        if resource.group == METRICS_GROUP:
            return self.metrics_interval
        return self.dynamic_interval if tier_of(resource.name) is Tier.DYNAMIC else self.static_interval

    def should_watch(self, resource: ApiResource) -> bool:
        """Whether this kind is watched between two lists."""
        return self.watch and is_watched(resource)

    def forbidden_retry_interval(self, resource: ApiResource) -> float:
        """Seconds before a forbidden list is tried again: the kind's own interval, but never less than forbidden_interval."""
        return max(self.forbidden_interval, self.interval(resource))


def is_read(resource: ApiResource) -> bool:
    """Whether this kind's objects can be listed and are not another kind's under a second name."""
    return "list" in resource.verbs and resource.name not in _DUPLICATES


def is_watched(resource: ApiResource) -> bool:
    return "watch" in resource.verbs


_ORDER = {Tier.DYNAMIC: 1, Tier.STATIC: 2, Tier.OTHER: 3}


def urgency(resource: ResourceName, focused: frozenset[ResourceName]) -> int:
    """The smallest number goes first: the kind on the screen, kinds that change often, kinds that change rarely, the rest."""
    return 0 if resource in focused else _ORDER[tier_of(resource)]
