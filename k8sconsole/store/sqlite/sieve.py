"""A row held against a filter; its body is unpacked only for a filter that asks for a field beyond the row."""

from k8sconsole.model.filters import Filter
from k8sconsole.model.objects import Row
from k8sconsole.model.tables import KindTable


class Sieve:
    """warnings: what a person should know about the answer, in the filter's words."""

    def __init__(self, filter: Filter | None) -> None:
        self._filter = filter
        self.needs_body = False
        self.warnings: tuple[str, ...] = ()

    def keeps(self, row: Row, table: KindTable, packed: bytes | None) -> bool:
        return self._filter is None
