"""The columns of each kind's table, the kinds that a cluster serves, and the mapping of stored cells to other columns."""

import sqlite3
from collections.abc import Sequence
from threading import Lock
from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table, parse_printer_columns
from k8sconsole.store.sqlite.compression import unpack

CRDS = ResourceName("customresourcedefinitions.apiextensions.k8s.io")

_FIND_CRD = """SELECT o.resource_version, o.id FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND o.namespace = '' AND o.name = ?"""

CellMapping = tuple[int | None, ...] | None
"""For each column of a table the position of its stored cell, or None if it was not stored. None as a whole if the cells already fit."""

_builtin = {resource.name: resource for resource in BUILTIN}
_resource = msgspec.json.Decoder(ApiResource)


class TableCache:
    """The tables of all kinds, shared by the readers' threads.

    The table of a custom kind depends on its CRD and on the served version. It is built again when one of them has changed.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._tables: dict[tuple[ClusterName, ResourceName], tuple[tuple[str, str], KindTable]] = {}
        self._layouts: dict[int, tuple[str, ...]] = {}

    def table(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> KindTable:
        crd, source = None, ("", "")
        if resource not in _builtin:
            crd = connection.execute(_FIND_CRD, (CRDS, cluster, resource)).fetchone()
            source = (crd[0] if crd else "", _served_spec(connection, cluster, resource))
        with self._lock:
            cached = self._tables.get((cluster, resource))
        if cached is not None and cached[0] == source:
            return cached[1]
        table = _build_table(connection, cluster, resource, crd[1] if crd else None)
        with self._lock:
            self._tables[cluster, resource] = (source, table)
        return table

    def mapping(self, connection: sqlite3.Connection, layout: int, table: KindTable) -> CellMapping:
        """How cells of this layout fill the columns of ``table``."""
        stored = self._layout(connection, layout)
        if not stored or stored == table.layout:
            return None
        return tuple(stored.index(name) if name in stored else None for name in table.unique_names)

    def _layout(self, connection: sqlite3.Connection, layout: int) -> tuple[str, ...]:
        known = self._layouts.get(layout)
        if known is None:
            (text,) = connection.execute("SELECT columns FROM layouts WHERE id = ?", (layout,)).fetchone()
            known = self._layouts[layout] = tuple(msgspec.json.decode(text))
        return known


def map_cells(cells: tuple[Cell, ...], mapping: tuple[int | None, ...]) -> tuple[Cell, ...]:
    return tuple(cells[place] if place is not None and place < len(cells) else None for place in mapping)


def read_resources(connection: sqlite3.Connection, cluster: ClusterName) -> list[ApiResource]:
    """In the order in which the server's discovery names them, which decides where two groups have a kind of one name."""
    found = connection.execute("SELECT spec FROM api_resources WHERE cluster = ? ORDER BY json_extract(spec, '$.place'), name", (cluster,))
    return [_resource.decode(spec) for (spec,) in found]


def write_resources(connection: sqlite3.Connection, cluster: ClusterName, served: Sequence[ApiResource]) -> None:
    connection.execute("DELETE FROM api_resources WHERE cluster = ?", (cluster,))
    rows = ((cluster, each.name, _encode_resource(each, place)) for place, each in enumerate(served))
    connection.executemany("INSERT OR REPLACE INTO api_resources (cluster, name, spec) VALUES (?, ?, ?)", rows)


def _encode_resource(resource: ApiResource, place: int) -> str:
    """The kind as JSON. place: its place in the server's order."""
    return msgspec.json.encode({**msgspec.to_builtins(resource), "place": place}).decode()


def relayout(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> None:
    """Moves the rows to a layout with the same columns that no batch uses: its text has a blank at the end. Every batch then differs."""
    rows_of_kind = "FROM objects o JOIN kinds k ON k.id = o.kind_id WHERE k.cluster = ? AND k.resource = ?"
    connection.execute(
        f"INSERT OR IGNORE INTO layouts (columns) SELECT DISTINCT rtrim(l.columns) || ' ' FROM layouts l"  # noqa: S608 - a constant
        f" WHERE l.id IN (SELECT o.layout_id {rows_of_kind})",
        (cluster, resource),
    )
    connection.execute(
        "UPDATE objects SET layout_id = (SELECT b.id FROM layouts a JOIN layouts b ON b.columns = rtrim(a.columns) || ' '"
        " WHERE a.id = objects.layout_id) WHERE kind_id = (SELECT id FROM kinds WHERE cluster = ? AND resource = ?)",
        (cluster, resource),
    )
    connection.execute("UPDATE kinds SET resource_version = '' WHERE cluster = ? AND resource = ?", (cluster, resource))


def _served_spec(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> str:
    """The kind as the last discovery returned it, as JSON; empty if it was not found."""
    found = connection.execute("SELECT spec FROM api_resources WHERE cluster = ? AND name = ?", (cluster, resource)).fetchone()
    return str(found[0]) if found else ""


def _build_table(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName, crd_id: int | None) -> KindTable:
    served = _served_spec(connection, cluster, resource)
    known = _resource.decode(served) if served else _builtin.get(resource) or _unserved_kind(resource)
    if crd_id is None:
        return find_table(known)
    (packed,) = connection.execute("SELECT body FROM bodies WHERE id = ?", (crd_id,)).fetchone()
    crd: dict[str, Any] = msgspec.json.decode(unpack(packed))
    return find_table(known, parse_printer_columns(crd, known.version))


def _unserved_kind(resource: ResourceName) -> ApiResource:
    """For a kind that discovery no longer returns but that still has rows."""
    plural, _, group = resource.partition(".")
    return ApiResource(group=group, version="", kind=plural, plural=plural, namespaced=True)
