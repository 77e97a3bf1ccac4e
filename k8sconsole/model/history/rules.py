"""What is kept of the past, as a person writes it. How it is kept is the store's business."""

from fnmatch import fnmatchcase

import msgspec

from k8sconsole.model.refs import ResourceName

DAY = 86400.0
DEFAULT_NOISE: dict[str, tuple[str, ...]] = {  # docs/history.md lists them
    "*": ("metadata.resourceVersion", "metadata.annotations['control-plane.alpha.kubernetes.io/leader']"),
    "nodes": ("status.conditions.lastHeartbeatTime", "metadata.annotations['node.alpha.kubernetes.io/ttl']"),
    "leases.coordination.k8s.io": ("spec.renewTime",),
    "endpoints": ("metadata.annotations['endpoints.kubernetes.io/last-change-trigger-time']",),
    "endpointslices.discovery.k8s.io": ("metadata.annotations['endpoints.kubernetes.io/last-change-trigger-time']",),
    "secrets": ("!metadata.resourceVersion",),
}


class HistoryRules(msgspec.Struct, frozen=True):
    """What is remembered of how things were."""

    enabled: bool = True
    """Whether former versions are kept at all."""
    max_age: float = 14 * DAY
    """Seconds a version is kept after it was superseded or deleted."""
    max_versions: int = 1000
    """Versions kept of one object; the oldest go first."""
    max_bytes: int = 2_000_000_000
    """Bytes all former versions together may take in the file; the oldest go first."""
    max_age_of: dict[str, float] = {}
    """max_age of single kinds, named as kubectl writes them, such as ``{"events": 604800}``."""
    max_versions_of: dict[str, int] = {}
    """max_versions of single kinds."""
    without: tuple[str, ...] = ("*.metrics.k8s.io",)
    """Kinds of which no history is kept; globs."""
    noise: dict[str, tuple[str, ...]] = {}
    """Kind to the fields in which a change makes no version, beside the built-in ones; ``*`` is every kind, ``!field`` takes one out."""

    def keeps(self, resource: ResourceName) -> bool:
        return self.enabled and not any(fnmatchcase(resource, glob) for glob in self.without)

    def age_of(self, resource: ResourceName) -> float:
        return self.max_age_of.get(resource, self.max_age)

    def versions_of(self, resource: ResourceName) -> int:
        return self.max_versions_of.get(resource, self.max_versions)
