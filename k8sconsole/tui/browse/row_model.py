"""The rows of one location in memory: ordered, filtered, with recent changes marked. No widget is involved."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from k8sconsole.model.filters import Filter, RowSubject, Text, build_predicate, searchable_texts
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, ObjectRef
from k8sconsole.model.tables import KindTable, grade_row, sort_key
from k8sconsole.model.tables.health import Health

Key = Hashable
Name = tuple[str, str, str]
"""Cluster, namespace, name."""
_OTHER = "\0"
"""No object's uid."""
BRIGHT = 2.0
"""Seconds that a change stays visible."""
PLAIN_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
FAULTS = frozenset({Health.BAD, Health.WARN, Health.GOING})


def row_key(row: Row) -> Key:
    """Which object: a later one of the same name has another key."""
    return (row.cluster, row.uid or (row.namespace, row.name))


def _name_of(row: Row) -> Name:
    return (row.cluster, row.namespace, row.name)


class RowModel:
    """keys: in order and through the filter, those that went moments ago included. now() in seconds since the epoch.
    clock_skew(cluster): seconds by which its server's clock is ahead of that."""

    def __init__(
        self, table: KindTable, now: Callable[[], float], clock_skew: Callable[[ClusterName], float] = lambda cluster: 0.0
    ) -> None:
        self._clock_skew = clock_skew
        self.table = table
        self._now = now
        self.rows: dict[Key, Row] = {}
        self._keys: list[Key] = []
        self._places: dict[Key, int] | None = None
        self._sort = ("NAME", False)
        self._order: dict[Key, object] = {}
        self._texts: dict[Key, str] = {}
        self._filter: Filter | None = None
        self._filter_body: Callable[[Row], bool] | None = None
        self._faults = False
        self._changed: dict[Key, tuple[float, frozenset[int]]] = {}
        self._arrived: dict[Key, float] = {}
        self._gone: dict[Key, float] = {}

    @property
    def keys(self) -> Sequence[Key]:
        return self._keys

    @property
    def total(self) -> int:
        """How many there are in the place, filter or not."""
        return len(self.rows) - len(self._gone)

    @property
    def shown(self) -> int:
        return len(self._keys) - sum(key in self._gone for key in self._keys) if self._gone else len(self._keys)

    def place(self, key: Key) -> int | None:
        if key in self._gone:
            return None
        if self._places is None:
            self._places = {one: at for at, one in enumerate(self._keys)}
        return self._places.get(key)

    def changed_cells(self, key: Key) -> frozenset[int]:
        at, cells = self._changed.get(key, (0.0, frozenset()))
        return cells if self._now() - at < BRIGHT else frozenset()

    def sign(self, key: Key) -> str:
        if key in self._gone:
            return "gone"
        return "new" if self._now() - self._arrived.get(key, float("-inf")) < BRIGHT else ""

    # rows coming and going

    def replace(self, rows: Iterable[Row]) -> None:
        """Replaces all rows of the location."""
        self.rows = {row_key(row): row for row in rows}
        self._gone.clear()
        self._texts.clear()
        self._rearrange()

    def apply(self, rows: Iterable[Row], gone: Iterable[ObjectRef]) -> bool:
        """What changed since; whether anything visible did."""
        now = self._now()
        rows = list(rows)
        successors = {_name_of(row): row_key(row) for row in rows if row_key(row) not in self.rows}
        touched = {row_key(row) for row in rows if self._take(row, now)}
        touched |= self._leave({(ref.cluster, ref.namespace, ref.name): ref.uid for ref in gone}, successors, now)
        if touched:
            self._reorder(touched)
        return bool(touched)

    def _leave(self, gone: Mapping[Name, str], successors: Mapping[Name, Key], now: float) -> set[Key]:
        """Those that were deleted (gone: name to uid, empty when unknown), and those whose name another object now has:
        a StatefulSet's pod, or everything in a rebuilt cluster."""
        if not gone and not successors:
            return set()
        left = {
            key
            for key, row in self.rows.items()
            if key not in self._gone and (gone.get(name := _name_of(row), _OTHER) in ("", row.uid) or successors.get(name, key) != key)
        }
        self._gone.update(dict.fromkeys(left, now))
        return left

    def _take(self, row: Row, now: float) -> bool:
        key = row_key(row)
        before = self.rows.get(key)
        revived = self._gone.pop(key, None) is not None
        if before is not None and before.cells == row.cells and before.labels == row.labels and not revived:
            self.rows[key] = row
            return False
        if before is None:
            self._arrived[key] = now
        else:
            differing = frozenset(at for at, (old, new) in enumerate(zip(before.cells, row.cells, strict=False)) if old != new)
            self._changed[key] = (now, differing)
        self.rows[key] = row
        self._order.pop(key, None)
        self._texts.pop(key, None)
        return True

    def settle(self) -> bool:
        """Ends the highlight of changes older than two seconds; whether rows left the table."""
        past = self._now() - BRIGHT
        self._changed = {key: entry for key, entry in self._changed.items() if entry[0] > past}
        self._arrived = {key: at for key, at in self._arrived.items() if at > past}
        left = [key for key, at in self._gone.items() if at <= past]
        for key in left:
            del self._gone[key]
            self.rows.pop(key, None)
            self._order.pop(key, None)
            self._texts.pop(key, None)
        if left:
            self._reorder(set(left))
        return bool(left)

    # order and filter

    def sort_by(self, column: str, descending: bool) -> None:
        """column: one of the table's, or NAMESPACE or CLUSTER. NAME means namespace and name."""
        self._sort = (column, descending)
        self._order.clear()
        self._rearrange()

    def narrow(self, wanted: Filter | None, *, faults: bool = False, by_body: Callable[[Row], bool] | None = None) -> None:
        """Only rows that match. by_body decides in place of the filter where it asks for fields that rows do not carry."""
        extends = self._extends(wanted, faults, by_body)
        self._filter, self._faults, self._filter_body = wanted, faults, by_body
        self._rearrange(self._keys if extends else None)

    def _extends(self, wanted: Filter | None, faults: bool, by_body: Callable[[Row], bool] | None) -> bool:
        """A plain word that grew can only match fewer rows: those shown are enough to look at."""
        before = self._filter.text if self._filter else ""
        if wanted is None or by_body or self._filter_body or faults != self._faults:
            return False
        return bool(PLAIN_WORD.fullmatch(wanted.text) and PLAIN_WORD.fullmatch(before)) and wanted.text.startswith(before)

    def _rearrange(self, among: Sequence[Key] | None = None) -> None:
        self._arrange(self._kept(self.rows if among is None else [key for key in among if key in self.rows]))

    def _reorder(self, touched: set[Key]) -> None:
        """Only these rows are looked at again; the others keep their order, which leaves the sort little to do."""
        others = [key for key in self._keys if key not in touched]
        self._arrange(others + self._kept([key for key in touched if key in self.rows]))

    def _kept(self, keys: Iterable[Key]) -> list[Key]:
        if self._filter is None and not self._faults and self._filter_body is None:
            return list(keys)
        if self._filter is not None and isinstance(self._filter.root, Text) and not self._faults and self._filter_body is None:
            return self._with_word(self._filter.root.word.casefold(), keys)
        keep = self._keeps()
        return [key for key in keys if keep(self.rows[key])]

    def _with_word(self, word: str, keys: Iterable[Key]) -> list[Key]:
        """What the filter of one plain word keeps, ten times as fast: every row's searched text is put together once."""
        texts, rows, table = self._texts, self.rows, self.table
        kept: list[Key] = []
        for key in keys:
            text = texts.get(key)
            if text is None:
                text = texts[key] = "\n".join(searchable_texts(RowSubject(rows[key], table))).casefold()
            if word in text:
                kept.append(key)
        return kept

    def _arrange(self, keys: list[Key]) -> None:
        order, order_of, rows = self._order, self._order_of(), self.rows
        if not order:
            order.update((key, order_of(rows[key])) for key in keys)
        else:
            order.update((key, order_of(rows[key])) for key in keys if key not in order)
        keys.sort(key=order.__getitem__, reverse=self._sort[1])  # type: ignore[arg-type]
        self._keys, self._places = keys, None

    def _keeps(self) -> Callable[[Row], bool]:
        by_body, faults, table = self._filter_body, self._faults, self.table
        wanted = build_predicate(self._filter, self._now()) if self._filter is not None else None

        def keep(row: Row) -> bool:
            if faults and grade_row(table, row.cells) not in FAULTS:
                return False
            if by_body is not None:
                return by_body(row)
            return wanted is None or wanted(RowSubject(row, table, clock_skew=self._clock_skew(row.cluster)))

        return keep

    def _order_of(self) -> Callable[[Row], object]:
        """What a row is sorted by."""
        column = self._sort[0]
        if column == "CLUSTER":
            return lambda row: (row.cluster, row.namespace, row.name)
        at = self.table.index(column) if column != "NAME" else None
        if at is None:
            return lambda row: (row.namespace, row.name, row.cluster)
        sorted_column = self.table.columns[at]
        return lambda row: (sort_key(sorted_column, row.cells[at] if at < len(row.cells) else None), row.namespace, row.name, row.cluster)
