"""Reads the rows of one location from the console and keeps them current: the first screen, the rest, then what changes."""

from collections.abc import Sequence

import msgspec

from k8sconsole.errors import FilterError
from k8sconsole.model.cache_records import RowQuery, Rows, ScanState
from k8sconsole.model.filters import Filter, label_candidates, needs_body, needs_relations, parse_filter
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.browse.row_model import RowModel, row_key
from k8sconsole.tui.context import TuiContext

FIRST_ROWS = 200
"""Rows of the first read. They fill any screen; the rest is read while a person looks at them."""


class RowFreshness:
    """When each row was last known to be true: when it was read, or when a scan of its cluster confirmed all rows.

    stale: whether a cluster was not confirmed lately, so that rows must say when they were seen. Times are seconds since the epoch.
    """

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


class RowFeed:
    """model is None until the first read is done. Belongs to the application's loop; all reads raise ConsoleError."""

    def __init__(self, context: TuiContext, location: Location) -> None:
        self._context = context
        self.location = location
        self.model: RowModel | None = None
        self.freshness = RowFreshness()
        self.loading = True
        self._revision = 0

    @property
    def clusters(self) -> tuple[ClusterName, ...]:
        return self.location.clusters or self._context.selected

    @property
    def counts(self) -> tuple[int, int]:
        """Rows shown through the filter, and all rows."""
        return (self.model.shown, self.model.total) if self.model else (0, 0)

    # reading

    async def load_first(self) -> bool:
        """Makes a new model with the first rows; whether there are more."""
        cluster = next(iter(self.clusters), ClusterName(""))
        table = await self._context.console.clusters.table(cluster, self.location.resource)
        first = await self._read(limit=FIRST_ROWS)
        self.model = RowModel(table, self._context.now, self._context.clock_skew)
        self.model.sort_by(self.location.sort_column, self.location.descending)
        self.narrow()
        self._replace(first)
        return first.total > len(first.rows)

    async def load_all(self) -> None:
        self._replace(await self._read())

    async def prioritise(self) -> None:
        """Requests that the scanner reads this kind first."""
        for cluster in self.clusters:
            await self._context.console.scanning.focus(cluster, self.location.resource.name)

    async def rescan(self) -> None:
        """Requests that the scanner lists this kind again."""
        for cluster in self.clusters:
            await self._context.console.scanning.refresh(cluster, self.location.resource.name)

    async def follow(self) -> bool:
        """Reads what changed since the last read, or everything where the difference is no longer known; whether a row changed."""
        if self.model is None or self.loading:
            return False
        read = await self._read(after=self._revision)
        self._revision = max(self._revision, read.revision)
        if read.whole:
            self._replace(read)
            return True
        return self.model.apply(read.rows, read.gone)

    async def update_freshness(self) -> bool:
        """Reads the scan states; whether the rows became stale, or current again."""
        scans = await self._context.console.cache.scan_states()
        limit = self._context.now() - self._context.settings.console.stale_after
        return self.freshness.take(scans, self.location.resource.name, self.clusters, limit)

    async def _read(self, *, limit: int | None = None, after: int | None = None, wanted: Filter | None = None) -> Rows:
        location = self.location
        query = RowQuery(location.resource.name, self.clusters, location.within, filter=wanted, limit=limit, after_revision=after)
        return await self._context.console.cache.rows(query)

    def _replace(self, read: Rows) -> None:
        if self.model is not None:
            self.model.replace(read.rows)
            self._revision = read.revision

    # filter

    def change(self, **fields: object) -> None:
        """The same location with other fields."""
        self.location = msgspec.structs.replace(self.location, **fields)

    @property
    def filters_objects(self) -> bool:
        """Whether the filter asks for what rows do not carry: fields of the object, owners up the chain, usage, or a key that is no label
        of any row. Then only the console can apply it, and it says what is wrong with a key."""
        text = self.location.whole_filter
        try:
            wanted = parse_filter(text) if text else None
            return wanted is not None and (needs_body(wanted) or needs_relations(wanted) or self._has_unknown_key(wanted))
        except FilterError:
            return False

    def _has_unknown_key(self, wanted: Filter) -> bool:
        model = self.model
        if model is None or not model.rows:
            return False
        return any(all(key not in row.labels for row in model.rows.values()) for key in label_candidates(wanted, (model.table,)))

    def narrow(self) -> None:
        """Applies a filter of the rows' own fields."""
        if self.model is not None and not self.filters_objects:
            text = self.location.whole_filter
            self.model.narrow(parse_filter(text) if text else None, faults=self.location.faults)

    async def apply_filter(self) -> list[str]:
        """Applies the filter, whatever fields it asks for. Returns the console's warnings."""
        if self.model is None or not self.filters_objects:
            self.narrow()
            return []
        found = await self._read(wanted=parse_filter(self.location.whole_filter))
        kept = {row_key(row) for row in found.rows}
        self.model.narrow(None, faults=self.location.faults, by_body=lambda row: row_key(row) in kept)
        return list(found.warnings)
