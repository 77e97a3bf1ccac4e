"""Rows of the demo's own Table beside the server's."""

from datetime import UTC, datetime
from typing import Any

from k8sconsole.demo.api.tables.render import find_printer
from k8sconsole.demo.resources import RESOURCES
from tests.oracle.client import PrintedObject
from tests.oracle.comparison import Difference, format_server_cell, is_same_age

Json = dict[str, Any]


def demo_key(resource: str) -> str:
    """The demo's key of a kind: ``apps/deployments`` for ``deployments.apps``."""
    plural, _, group = resource.partition(".")
    return f"{group}/{plural}"


def find_demo_differences(resource: str, obj: Json, printed: PrintedObject) -> list[Difference]:
    """Every cell of the demo's row that is not the server's. obj: with the server's defaults."""
    printer = find_printer(RESOURCES[demo_key(resource)])
    cells = printer.row(obj, datetime.fromtimestamp(printed.now, UTC))
    names = [column.name for column in printer.columns]
    if names != printed.columns:
        return [Difference(resource, "columns", ",".join(names), ",".join(printed.columns))]
    shown = zip(names, map(format_server_cell, cells), map(format_server_cell, printed.cells), strict=False)
    return [Difference(resource, name, ours, theirs) for name, ours, theirs in shown if ours != theirs and not is_same_age(ours, theirs)]
