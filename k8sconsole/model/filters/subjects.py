"""The subject of a filter: a row of a table, with its object loaded only where the filter needs it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from k8sconsole.model.objects import Cell, Row
from k8sconsole.model.tables.columns import CellKind
from k8sconsole.model.tables.kind import KindTable


class Subject(Protocol):
    """What a filter can read. namespace: empty for cluster-scoped objects. created_at: seconds since the epoch."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def cluster(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def created_at(self) -> float: ...

    def cell(self, column: str) -> tuple[CellKind, Cell] | None:
        """None when the kind's table has no such column."""
        ...

    def owners(self) -> Sequence[str]:
        """All owners up the chain, as ``Kind/name``."""
        ...

    def use(self, resource: str) -> float | None:
        """Millicores of ``cpu`` or bytes of ``memory`` in use; None where no metrics exist."""
        ...

    def body(self) -> Mapping[str, Any]:
        """The object, masked; empty when it is not known."""
        ...


class RowSubject:
    """A row and its table.

    load: returns the row's object; called at most once, and only by filters that need the object. chain: returns all owners up to the top.
    metrics: returns the usage of a resource. Without these the filter uses the row alone. clock_skew: seconds by which the clock that wrote
    the row's times is ahead of the one that the filter compares them with.
    """

    __slots__ = ("_body", "_chain", "_load", "_metrics", "_row", "_skew", "_table")

    def __init__(
        self,
        row: Row,
        table: KindTable,
        load: Callable[[Row], Mapping[str, Any] | None] | None = None,
        chain: Callable[[Row], Sequence[str]] | None = None,
        metrics: Callable[[Row, str], float | None] | None = None,
        clock_skew: float = 0.0,
    ) -> None:
        self._skew = clock_skew
        self._row = row
        self._table = table
        self._load = load
        self._chain = chain
        self._metrics = metrics
        self._body: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return self._row.name

    @property
    def namespace(self) -> str:
        return self._row.namespace

    @property
    def cluster(self) -> str:
        return self._row.cluster

    @property
    def labels(self) -> Mapping[str, str]:
        return self._row.labels

    @property
    def created_at(self) -> float:
        return self._row.created_at - self._skew if self._row.created_at else self._row.created_at

    def cell(self, column: str) -> tuple[CellKind, Cell] | None:
        at = self._table.index(column)
        if at is None or at >= len(self._row.cells):
            return None
        kind, cell = self._table.columns[at].kind, self._row.cells[at]
        return kind, cell - self._skew if kind is CellKind.TIME and isinstance(cell, int | float) else cell

    def owners(self) -> Sequence[str]:
        if self._chain is not None:
            return self._chain(self._row)
        shown = self.cell("OWNER")
        return [owner for owner in (self._row.owner, shown[1] if shown else None) if owner]

    def use(self, resource: str) -> float | None:
        return None if self._metrics is None else self._metrics(self._row, resource)

    def body(self) -> Mapping[str, Any]:
        if self._body is None:
            self._body = (self._load(self._row) if self._load is not None else None) or {}
        return self._body
