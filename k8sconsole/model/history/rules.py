"""Which history is kept, as the settings state it. ``store`` applies these rules."""

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
    """The history of objects: what is recorded, and for how long."""

    enabled: bool = True
    """Whether earlier versions of objects are kept."""
    max_age: float = 14 * DAY
    """Seconds for which a version is kept after the next version or the deletion."""
    max_versions: int = 1000
    """Versions kept per object; the oldest are dropped first."""
    max_bytes: int = 2_000_000_000
    """Bytes that all earlier versions together may take in the file; the oldest are dropped first."""
    max_age_of: dict[str, float] = {}
    """max_age for single kinds, named as kubectl writes them, such as ``{"events": 604800}``."""
    max_versions_of: dict[str, int] = {}
    """max_versions for single kinds."""
    without: tuple[str, ...] = ("*.metrics.k8s.io",)
    """Kinds without history; globs."""
    noise: dict[str, tuple[str, ...]] = {}
    """Kind to fields whose changes make no version, added to the built-in ones. ``*`` is every kind; ``!field`` removes a field."""

    def keeps(self, resource: ResourceName) -> bool:
        return self.enabled and not any(fnmatchcase(resource, glob) for glob in self.without)

    def age_of(self, resource: ResourceName) -> float:
        return self.max_age_of.get(resource, self.max_age)

    def versions_of(self, resource: ResourceName) -> int:
        return self.max_versions_of.get(resource, self.max_versions)
