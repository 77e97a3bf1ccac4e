"""The table of a kind: its columns, and how an object becomes one row of cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

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
    """columns: in kubectl's order; the faces add NAMESPACE and CLUSTER. read: decodes an object. readers: one per column."""

    resource: ResourceName
    columns: tuple[Column, ...]
    read: Callable[[bytes | msgspec.Raw], Any] = field(repr=False)
    readers: tuple[Callable[[Any], Cell], ...] = field(repr=False)

    def index(self, name: str) -> int | None:
        """The index of a column; None without such a column. The name may be in any case, with ``-`` or ``_`` for spaces."""
        return self._positions.get(_normalise(name))

    def project(self, raw: bytes | msgspec.Raw) -> TableRow:
        """The row of an object. Works for any JSON object. Raises msgspec.DecodeError when raw is not JSON."""
        obj = self.read(raw)
        meta: Meta = obj.metadata
        cells = tuple([reader(obj) for reader in self.readers])
        created = to_epoch_seconds(meta.creation_timestamp) or 0.0
        namespace = Namespace(meta.namespace)
        return TableRow(namespace, meta.name, meta.uid, meta.resource_version, created, meta.labels, meta.owner, cells)

    @property
    def _positions(self) -> dict[str, int]:
        found: dict[str, int] | None = self.__dict__.get("_index")
        if found is None:
            found = self.__dict__["_index"] = {_normalise(column.name): at for at, column in enumerate(self.columns)}
        return found


@lru_cache(maxsize=1024)
def _normalise(name: str) -> str:
    return name.upper().replace("-", " ").replace("_", " ")


def build_table(resource: str, shape: type[T], fields: Sequence[Field[T]]) -> KindTable:
    """A table whose objects are decoded as ``shape``."""
    return build_table_from(resource, lambda raw: decode(raw, shape), fields)


def build_table_from(resource: str, read: Callable[[bytes | msgspec.Raw], T], fields: Sequence[Field[T]]) -> KindTable:
    """A table whose objects are decoded by ``read``."""
    columns = tuple(column for column, _ in fields)
    return KindTable(ResourceName(resource), columns, read, tuple(reader for _, reader in fields))


def read_name(obj: HasMeta) -> Cell:
    return obj.metadata.name


def read_created_at(obj: HasMeta) -> Cell:
    return to_epoch_seconds(obj.metadata.creation_timestamp)
