"""The table of a kind: its columns, and how an object becomes one row of cells."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar
from zlib import crc32

import msgspec

from k8sconsole.model.objects import Cell, TableRow
from k8sconsole.model.refs import Namespace, ResourceName
from k8sconsole.model.tables.columns import Column
from k8sconsole.model.tables.shape_decoder import decode
from k8sconsole.model.tables.shapes import Meta, to_epoch_seconds


class HasMeta(Protocol):
    @property
    def metadata(self) -> Meta: ...


T = TypeVar("T", bound=HasMeta)
Field = tuple[Column, Callable[[T], Cell]]


@dataclass(frozen=True)
class KindTable:
    """columns: in kubectl's order; the faces add NAMESPACE and CLUSTER. read: decodes an object. readers: one per column.

    definition: where a CRD defines the cells, its types and paths, so that a change is noticed.
    """

    resource: ResourceName
    columns: tuple[Column, ...]
    read: Callable[[bytes | msgspec.Raw], Any] = field(repr=False)
    readers: tuple[Callable[[Any], Cell], ...] = field(repr=False)
    definition: tuple[str, ...] = ()

    def index(self, name: str) -> int | None:
        """The index of a column; None without such a column. The name may be in any case, with ``-`` or ``_`` for spaces."""
        return self._positions.get(_normalise(name))

    @cached_property
    def unique_names(self) -> tuple[str, ...]:
        """The columns' names; of equal names the second one is ``NAME 2``."""
        names = [column.name for column in self.columns]
        earlier = [names[:at].count(name) for at, name in enumerate(names)]
        return tuple(f"{name} {count + 1}" if count else name for name, count in zip(names, earlier, strict=True))

    def narrow_columns(self, rows: Iterable[Sequence[Cell]], *, replies: bool = False) -> list[tuple[int, Column]]:
        """The columns of a narrow table with their indices: those that are not wide, and notable ones that hold something.

        rows: cells. replies: whether the columns that only replies have belong to it.
        """
        notable = [at for at, column in enumerate(self.columns) if column.wide and column.notable]
        held = {at for cells in rows for at in notable if at < len(cells) and cells[at] not in (None, "")} if notable else set()
        return [(at, column) for at, column in enumerate(self.columns) if not column.wide or at in held or (replies and column.in_replies)]

    def project(self, raw: bytes | msgspec.Raw) -> TableRow:
        """The row of an object. Works for any JSON object. Raises msgspec.DecodeError when raw is not JSON."""
        obj = self.read(raw)
        meta: Meta = obj.metadata
        cells = tuple([reader(obj) for reader in self.readers])
        created = to_epoch_seconds(meta.creation_timestamp) or 0.0
        namespace = Namespace(meta.namespace)
        return TableRow(namespace, meta.name, meta.uid, meta.resource_version, created, meta.labels, meta.owner, cells)

    @cached_property
    def layout(self) -> tuple[str, ...]:
        """What the cells of a stored row are: the unique names, and a checksum of the definition where there is one."""
        checksum = crc32("\n".join(self.definition).encode(errors="replace"))
        return (*self.unique_names, f"#{checksum:08x}") if self.definition else self.unique_names

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {_normalise(name): at for at, name in enumerate(self.unique_names)}


@lru_cache(maxsize=1024)
def _normalise(name: str) -> str:
    return name.upper().replace("-", " ").replace("_", " ")


def build_table(resource: str, shape: type[T], fields: Sequence[Field[T]]) -> KindTable:
    """A table whose objects are decoded as ``shape``."""
    return build_table_from(resource, lambda raw: decode(raw, shape), fields)


def build_table_from(
    resource: str, read: Callable[[bytes | msgspec.Raw], T], fields: Sequence[Field[T]], definition: tuple[str, ...] = ()
) -> KindTable:
    """A table whose objects are decoded by ``read``."""
    columns = tuple(column for column, _ in fields)
    return KindTable(ResourceName(resource), columns, read, tuple(reader for _, reader in fields), definition)


def read_name(obj: HasMeta) -> Cell:
    return obj.metadata.name


def read_created_at(obj: HasMeta) -> Cell:
    return to_epoch_seconds(obj.metadata.creation_timestamp)
