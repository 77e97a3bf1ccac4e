"""An object as the cache keeps it, and as a table shows it."""

from typing import Any

import msgspec

from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName

Cell = Any
"""A JSON value whose meaning its Column tells: text, a number, a time in seconds since the epoch, a pair."""


class ParsedObject(msgspec.Struct, frozen=True):
    """What the parser makes of one object of a list or watch.

    body is compact JSON, masked and without managedFields; cells stand in the order of the kind's table; created_at in epoch seconds.
    owner is the controlling owner as ``Kind/name``, empty without one. extra: a JSON object with the few fields of the body that the cache
    file's typed tables show to a plain SQL client, empty for kinds without such a table. by: the field manager that wrote this version,
    empty where nobody looked.
    """

    namespace: Namespace
    name: str
    uid: str
    resource_version: str
    created_at: float
    labels: dict[str, str]
    owner: str
    cells: tuple[Cell, ...]
    body: bytes
    extra: bytes = b""
    by: str = ""


class DeletedObject(msgspec.Struct, frozen=True):
    """An object that was seen to be deleted; resource_version is the deletion's own, empty where it was only found missing."""

    namespace: Namespace
    name: str
    resource_version: str = ""
    by: str = ""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line of a table. observed_at: when this version was seen. revision: the store's own counter, larger for what was written later.

    Never part of a cycle; ten thousand of them would keep the garbage collector busy, hence ``gc=False``.
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
