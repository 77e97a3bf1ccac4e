"""The Table object of lists, single objects and watch events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables import cluster, custom, network, pods, policy, storage, workloads

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import TablePrinter
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_PRINTERS: dict[str, TablePrinter] = {
    **pods.PRINTERS,
    **workloads.PRINTERS,
    **network.PRINTERS,
    **storage.PRINTERS,
    **cluster.PRINTERS,
    **policy.PRINTERS,
}


def find_printer(resource: ServedResource) -> TablePrinter:
    if resource.custom:
        return custom.custom_printer(list(resource.columns))
    return _PRINTERS.get(resource.key, policy.DEFAULT)


def metadata_only(obj: Json) -> Json:
    """The PartialObjectMetadata of an object."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _build_row(printer: TablePrinter, obj: Json, now: datetime, include: str) -> Json:
    row: Json = {"cells": printer.row(obj, now)}
    if include != "None":
        row["object"] = obj if include == "Object" else metadata_only(obj)
    return row


def build_table(printer: TablePrinter, objects: Iterable[Json], meta: Json, now: datetime, include: str) -> Json:
    """Build a Table. `include` is what each row carries in addition to its cells: Metadata (the default), Object or None."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": [column.definition for column in printer.columns],
        "rows": [_build_row(printer, obj, now, include) for obj in objects],
    }
