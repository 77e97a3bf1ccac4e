"""A row held against a filter; its body is unpacked only for a filter that asks for a field beyond the row."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from k8sconsole.model.filters import Filter, RowSubject, build_predicate, explain_unanswerable, needs_body
from k8sconsole.model.objects import Row
from k8sconsole.model.tables import KindTable
from k8sconsole.store.sqlite.relations import Relations


class RowFilter:
    """now in seconds since the epoch: ages are reckoned from it. A sieve without a filter keeps everything."""

    def __init__(self, filter: Filter | None, relations: Relations, now: float) -> None:
        self._filter = filter
        self._relations = relations
        self._matches = None if filter is None else build_predicate(filter, now)
        self.needs_body = filter is not None and needs_body(filter)

    def keeps(self, row: Row, table: KindTable, body: Callable[[], bytes] | None) -> bool:
        if self._matches is None:
            return True

        def load(_: Row) -> Mapping[str, Any] | None:
            return None if body is None else msgspec.json.decode(body())

        return self._matches(RowSubject(row, table, load, self._relations.owners, self._relations.use))

    def warnings(self) -> tuple[str, ...]:
        """What a person should know about the answer: terms that nothing here can answer."""
        if self._filter is None or not explain_unanswerable(self._filter, metrics=False):
            return ()
        return explain_unanswerable(self._filter, metrics=self._relations.has_metrics())
