"""How often, how much, and in which order clusters are read."""

import msgspec

from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.model.resources import Tier, tier

_DUPLICATES = frozenset({"events.events.k8s.io"})
"""The same objects under a second name."""

_METRICS_GROUP = "metrics.k8s.io"


class ScanPlan(msgspec.Struct, frozen=True):
    """Seconds, except: batch (objects of a list's first write), page (objects a request), concurrency (lists at a time, for each cluster).

    static_interval, dynamic_interval: how long a kind of that tier may go unconfirmed before it is listed again; metrics_interval: how
    often usage is read; forbidden_interval: what was forbidden is not asked for again before. timeout: for one kind's list. namespaces:
    read these only; empty means all. watch: whether to go on watching after a list.
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

    def interval(self, resource: ApiResource) -> float:
        if resource.group == _METRICS_GROUP:
            return self.metrics_interval
        return self.dynamic_interval if tier(resource.name) is Tier.DYNAMIC else self.static_interval

    def follows(self, resource: ApiResource) -> bool:
        """Whether its changes are watched between two lists."""
        return self.watch and is_watched(resource)

    def retry_forbidden(self, resource: ApiResource) -> float:
        """What was forbidden is asked for again at the kind's own pace, and never more than once a minute."""
        return max(self.forbidden_interval, self.interval(resource))


def is_read(resource: ApiResource) -> bool:
    """Whether this kind's objects can be listed and are not another kind's under a second name."""
    return "list" in resource.verbs and resource.name not in _DUPLICATES


def is_watched(resource: ApiResource) -> bool:
    return "watch" in resource.verbs


_ORDER = {Tier.DYNAMIC: 1, Tier.STATIC: 2, Tier.OTHER: 3}


def urgency(resource: ResourceName, focused: frozenset[ResourceName]) -> int:
    """Smaller goes first: what is looked at, then what changes often, then what changes rarely, then the rest."""
    return 0 if resource in focused else _ORDER[tier(resource)]
