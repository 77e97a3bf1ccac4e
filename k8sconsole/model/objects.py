"""An object as the cache stores it, and as a table shows it."""

from typing import Any

import msgspec

from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName

Cell = Any
"""A JSON value: text, a number, a time in seconds since the epoch, or a pair. The kind of its Column gives its meaning."""


class TableRow(msgspec.Struct, frozen=True):
    """One object as its table shows it.

    created_at: seconds since the epoch, 0 when unknown. owner: the controlling owner as ``Kind/name``, empty without one. cells: in the
    order of the kind's columns.
    """

    namespace: Namespace
    name: str
    uid: str
    resource_version: str
    created_at: float
    labels: dict[str, str]
    owner: str
    cells: tuple[Cell, ...]


class ParsedObject(TableRow, frozen=True):
    """One object of a list or a watch event, as the parser returns it.

    body: compact JSON, masked and without managedFields. extra: a JSON object with the fields that the typed tables of the cache file
    need, empty for kinds without a typed table. by: the field manager that wrote this version, empty where it is unknown.
    """

    body: bytes
    extra: bytes = b""
    by: str = ""


class DeletedObject(msgspec.Struct, frozen=True):
    """A deleted object. resource_version: that of the deletion, empty where a list merely no longer held the object."""

    namespace: Namespace
    name: str
    resource_version: str = ""
    by: str = ""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of a table. observed_at: when this version was observed. revision: the store's counter; a later write has a larger one.

    ``gc=False``: a row is never part of a reference cycle, and ten thousand of them would slow the garbage collector down.
    """

    cluster: ClusterName
    resource: ResourceName
    namespace: Namespace
    name: str
    uid: str
    resource_version: str
    created_at: float
    observed_at: float
    labels: dict[str, str]
    owner: str
    cells: tuple[Cell, ...]
    revision: int = 0

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.cluster, self.resource, self.namespace, self.name, self.uid)
