"""Of long lists: how many rows are in which state, and those that are unwell.

Kept from call to call and brought up to date by what changed in the cache since: ten thousand rows read anew take a tenth of a second, what
changed among them a few milliseconds.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence

import msgspec

from k8sconsole.model.cache_records import RowQuery, Rows
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import Namespace
from k8sconsole.model.tables import Health, KindTable, grade_row
from k8sconsole.store.port import Store

SICK = frozenset({Health.BAD, Health.WARN, Health.MOVING, Health.GOING})
MOST = 16
"""Overviews kept; one of ten thousand rows takes some two MB."""
_COMMONEST = 20

Key = tuple[Namespace, str]


class Overview:
    """Of all rows of one query. counts: how many have which word in the status column."""

    def __init__(self, table: KindTable) -> None:
        self.table = table
        self.revision: int | None = None
        self.counts: Counter[str] = Counter()
        self._status = table.index("STATUS")
        self._words: dict[Key, str] = {}
        self._sick: dict[Key, Row] = {}

    @property
    def total(self) -> int:
        return len(self._words)

    def commonest(self) -> dict[str, int]:
        """The most frequent first."""
        return dict(self.counts.most_common(_COMMONEST))

    def sick(self) -> list[Row]:
        """In the order of namespace and name."""
        return [self._sick[key] for key in sorted(self._sick)]

    def take(self, rows: Rows) -> None:
        """rows: everything, or what changed since ``revision``."""
        if rows.whole:
            self.counts.clear()
            self._words.clear()
            self._sick.clear()
        for ref in rows.gone:
            self._leave((ref.namespace, ref.name))
        for row in rows.rows:
            self._join(row)
        self.revision = rows.revision

    def _join(self, row: Row) -> None:
        key = (row.namespace, row.name)
        self._leave(key)
        cell = row.cells[self._status] if self._status is not None and self._status < len(row.cells) else None
        word = self._words[key] = str(cell or "")
        if word:
            self.counts[word] += 1
        if grade_row(self.table, row.cells) in SICK:
            self._sick[key] = row

    def _leave(self, key: Key) -> None:
        word = self._words.pop(key, "")
        if word:
            self.counts[word] -= 1
            if not self.counts[word]:
                del self.counts[word]
        self._sick.pop(key, None)


def overview_of(table: KindTable, rows: Sequence[Row]) -> Overview:
    """Of rows that were read anyway."""
    made = Overview(table)
    made.take(Rows(list(rows), len(rows), 0))
    return made


class Overviews:
    """Lives on one loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Overview] = OrderedDict()

    async def of(self, store: Store, table: KindTable, query: RowQuery) -> Overview:
        """query: without a filter, a limit or a moment of the past. Raises StoreError."""
        key = (query.resource, query.clusters, query.namespaces, tuple(column.name for column in table.columns))
        known = self._kept.get(key) or Overview(table)
        since = known.revision
        rows = await store.objects.rows(msgspec.structs.replace(query, after_revision=since))
        if known.revision != since:  # a call beside this one has brought it up to date meanwhile
            return known
        known.take(rows)
        self._kept[key] = known
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return known
