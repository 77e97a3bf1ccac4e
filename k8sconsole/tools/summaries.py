"""Summaries of long lists: how many rows have which status, and the unhealthy rows.

A summary is kept between calls and updated with the changes in the cache. Reading ten thousand rows again takes 0.1 s; reading the changes
takes a few milliseconds.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence

import msgspec

from k8sconsole.model.cache_records import RowQuery, Rows
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import Namespace
from k8sconsole.model.tables import Health, KindTable, grade_row
from k8sconsole.store.port import Store

UNHEALTHY = frozenset({Health.BAD, Health.WARN, Health.MOVING, Health.GOING})
MOST_SUMMARIES = 16
"""A summary of ten thousand rows takes about 2 MB."""
_MOST_STATUSES = 20

Key = tuple[Namespace, str]


class ListSummary:
    """The summary of all rows of one query. counts: how many rows have each value in the status column."""

    def __init__(self, table: KindTable) -> None:
        self.table = table
        self.revision: int | None = None
        self.counts: Counter[str] = Counter()
        self._status_column = table.index("STATUS")
        self._statuses: dict[Key, str] = {}
        self._unhealthy: dict[Key, Row] = {}

    @property
    def total(self) -> int:
        return len(self._statuses)

    def most_common(self) -> dict[str, int]:
        """The most frequent statuses and their counts, the most frequent first."""
        return dict(self.counts.most_common(_MOST_STATUSES))

    def unhealthy_rows(self) -> list[Row]:
        """Ordered by namespace and name."""
        return [self._unhealthy[key] for key in sorted(self._unhealthy)]

    def update(self, rows: Rows) -> None:
        """rows: all rows, or the changes since ``revision``."""
        if rows.whole:
            self.counts.clear()
            self._statuses.clear()
            self._unhealthy.clear()
        for ref in rows.gone:
            self._remove((ref.namespace, ref.name))
        for row in rows.rows:
            self._put(row)
        self.revision = rows.revision

    def _put(self, row: Row) -> None:
        key = (row.namespace, row.name)
        self._remove(key)
        column = self._status_column
        cell = row.cells[column] if column is not None and column < len(row.cells) else None
        status = self._statuses[key] = str(cell or "")
        if status:
            self.counts[status] += 1
        if grade_row(self.table, row.cells) in UNHEALTHY:
            self._unhealthy[key] = row

    def _remove(self, key: Key) -> None:
        status = self._statuses.pop(key, "")
        if status:
            self.counts[status] -= 1
            if not self.counts[status]:
                del self.counts[status]
        self._unhealthy.pop(key, None)


def summarise_rows(table: KindTable, rows: Sequence[Row]) -> ListSummary:
    """The summary of rows that were read for another purpose."""
    summary = ListSummary(table)
    summary.update(Rows(list(rows), len(rows), 0))
    return summary


class ListSummaries:
    """An LRU cache of summaries. Not thread-safe: use it from one event loop."""

    def __init__(self) -> None:
        self._summaries: OrderedDict[tuple[object, ...], ListSummary] = OrderedDict()

    async def fetch(self, store: Store, table: KindTable, query: RowQuery) -> ListSummary:
        """query: without a filter, a limit or a time in the past. Raises StoreError."""
        key = (query.resource, query.clusters, query.namespaces, tuple(column.name for column in table.columns))
        summary = self._summaries.get(key) or ListSummary(table)
        since = summary.revision
        rows = await store.objects.rows(msgspec.structs.replace(query, after_revision=since))
        if summary.revision != since:  # a concurrent call has updated it
            return summary
        summary.update(rows)
        self._summaries[key] = summary
        self._summaries.move_to_end(key)
        while len(self._summaries) > MOST_SUMMARIES:
            self._summaries.popitem(last=False)
        return summary
