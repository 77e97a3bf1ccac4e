"""Under which columns a kind's cells are shown, and how cells kept under other columns are carried over to them."""

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

DEFINITIONS = ResourceName("customresourcedefinitions.apiextensions.k8s.io")

_DEFINITION = """SELECT o.resource_version, o.id FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND o.namespace = '' AND o.name = ?"""

Arrangement = tuple[int | None, ...] | None

_builtin = {resource.name: resource for resource in BUILTIN}
_resource = msgspec.json.Decoder(ApiResource)


class TableCache:
    """Shared by the readers. A custom kind's table follows its definition, and the version of it that is served: it is made anew when
    either is another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[tuple[ClusterName, ResourceName], tuple[tuple[str, str], KindTable]] = {}
        self._layouts: dict[int, tuple[str, ...]] = {}

    def of(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> KindTable:
        definition, stamp = None, ("", "")
        if resource not in _builtin:
            definition = connection.execute(_DEFINITION, (DEFINITIONS, cluster, resource)).fetchone()
            stamp = (definition[0] if definition else "", _served(connection, cluster, resource))
        with self._lock:
            made = self._made.get((cluster, resource))
        if made is not None and made[0] == stamp:
            return made[1]
        table = _table(connection, cluster, resource, definition[1] if definition else None)
        with self._lock:
            self._made[cluster, resource] = (stamp, table)
        return table

    def arrangement(self, connection: sqlite3.Connection, layout: int, table: KindTable) -> Arrangement:
        """How cells kept under that layout are put under ``table``'s columns: None when they stand there already; None in it for what the
        layout does not know."""
        kept = self._layout(connection, layout)
        wanted = tuple(column.name for column in table.columns)
        if not kept or kept == wanted:
            return None
        return tuple(kept.index(name) if name in kept else None for name in wanted)

    def _layout(self, connection: sqlite3.Connection, layout: int) -> tuple[str, ...]:
        known = self._layouts.get(layout)
        if known is None:
            (text,) = connection.execute("SELECT columns FROM layouts WHERE id = ?", (layout,)).fetchone()
            known = self._layouts[layout] = tuple(msgspec.json.decode(text))
        return known


def arranged(cells: tuple[Cell, ...], arrangement: tuple[int | None, ...]) -> tuple[Cell, ...]:
    return tuple(cells[place] if place is not None and place < len(cells) else None for place in arrangement)


def read_resources(connection: sqlite3.Connection, cluster: ClusterName) -> list[ApiResource]:
    found = connection.execute("SELECT spec FROM api_resources WHERE cluster = ? ORDER BY name", (cluster,))
    return [_resource.decode(spec) for (spec,) in found]


def write_resources(connection: sqlite3.Connection, cluster: ClusterName, served: Sequence[ApiResource]) -> None:
    connection.execute("DELETE FROM api_resources WHERE cluster = ?", (cluster,))
    rows = ((cluster, each.name, msgspec.json.encode(each).decode()) for each in served)
    connection.executemany("INSERT OR REPLACE INTO api_resources (cluster, name, spec) VALUES (?, ?, ?)", rows)


def _served(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> str:
    """The kind as it was discovered last; empty when it was not."""
    found = connection.execute("SELECT spec FROM api_resources WHERE cluster = ? AND name = ?", (cluster, resource)).fetchone()
    return str(found[0]) if found else ""


def relayout(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> None:
    """Rows under a layout of the same columns that no batch names: a blank behind them makes it another one."""
    mine = "FROM objects o JOIN kinds k ON k.id = o.kind_id WHERE k.cluster = ? AND k.resource = ?"
    connection.execute(
        f"INSERT OR IGNORE INTO layouts (columns) SELECT DISTINCT rtrim(l.columns) || ' ' FROM layouts l"  # noqa: S608 - a constant
        f" WHERE l.id IN (SELECT o.layout_id {mine})",
        (cluster, resource),
    )
    connection.execute(
        "UPDATE objects SET layout_id = (SELECT b.id FROM layouts a JOIN layouts b ON b.columns = rtrim(a.columns) || ' '"
        " WHERE a.id = objects.layout_id) WHERE kind_id = (SELECT id FROM kinds WHERE cluster = ? AND resource = ?)",
        (cluster, resource),
    )
    connection.execute("UPDATE kinds SET resource_version = '' WHERE cluster = ? AND resource = ?", (cluster, resource))


def _table(connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName, definition: int | None) -> KindTable:
    served = _served(connection, cluster, resource)
    known = _resource.decode(served) if served else _builtin.get(resource) or _unserved(resource)
    if definition is None:
        return find_table(known)
    (packed,) = connection.execute("SELECT body FROM bodies WHERE id = ?", (definition,)).fetchone()
    crd: dict[str, Any] = msgspec.json.decode(unpack(packed))
    return find_table(known, parse_printer_columns(crd, known.version))


def _unserved(resource: ResourceName) -> ApiResource:
    """A kind that is no longer discovered but whose rows are still here."""
    plural, _, group = resource.partition(".")
    return ApiResource(group=group, version="", kind=plural, plural=plural, namespaced=True)
