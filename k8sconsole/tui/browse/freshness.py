"""When what is shown was last known to be true: each row when it was read, all rows of a cluster when its scan confirmed them."""

from collections.abc import Sequence

from k8sconsole.model.cache_records import ScanState
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, ResourceName


class RowFreshness:
    """stale: whether any cluster was not confirmed lately, so that rows must say when they were seen. Times: seconds since the epoch."""

    def __init__(self) -> None:
        self.scans: Sequence[ScanState] = ()
        self.stale = False
        self._at: dict[ClusterName, float] = {}

    def take(self, scans: Sequence[ScanState], resource: ResourceName, clusters: Sequence[ClusterName], limit: float) -> bool:
        """scans: all there are; limit: what was confirmed before is stale. Whether ``stale`` is now another."""
        self.scans = scans
        self._at = {one.cluster: one.confirmed_at or 0.0 for one in scans if one.resource == resource}
        before, self.stale = self.stale, any(self._at.get(cluster, 0.0) < limit for cluster in clusters)
        return self.stale != before

    def seen_at(self, row: Row) -> float:
        return max(row.observed_at, self._at.get(row.cluster, 0.0))
