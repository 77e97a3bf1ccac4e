"""Tables of custom kinds, from the additionalPrinterColumns and their JSON paths."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import format_age, format_creation_age
from k8sconsole.demo.api.tables.columns import TableColumnDefinition, TablePrinter
from k8sconsole.kit.jsonpath import PathError, parse_column_path, print_value

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def custom_printer(columns: list[Json]) -> TablePrinter:
    """The table of a custom kind. A kind without columns gets name and age."""
    if not columns:
        return TablePrinter(
            (TableColumnDefinition("Name", format="name"), TableColumnDefinition("Age", "date")),
            lambda obj, now: [obj["metadata"]["name"], format_creation_age(obj, now)],
        )
    paths = [(each, parse_column_path(each["jsonPath"])) for each in takewhile(_is_readable, columns)]
    definitions = [TableColumnDefinition("Name", format="name"), *(_column_definition(each) for each, _ in paths)]

    def row(obj: Json, now: datetime) -> Cells:
        return [obj["metadata"]["name"], *(_format_cell(path.find_first(obj), each["type"], now) for each, path in paths)]

    return TablePrinter(tuple(definitions), row)


def _is_readable(column: Json) -> bool:
    """Whether the path can be parsed; the first one that cannot ends the columns."""
    try:
        parse_column_path(column["jsonPath"])
    except PathError:
        return False
    return True


def _column_definition(each: Json) -> TableColumnDefinition:
    return TableColumnDefinition(each["name"], each["type"], each.get("priority", 0), each.get("format", ""), each.get("description", ""))


def _format_cell(found: list[Any], kind: str, now: datetime) -> Any:
    """found: the first value at the column's path, or nothing."""
    if not found:
        return None
    value = found[0]
    if kind == "string":
        return print_value(value)
    if kind == "date":
        return _format_date(value, now) if isinstance(value, str) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if kind == "number":
        return float(value)
    return int(value) if abs(value) < 2**63 else -(2**63)  # as Go converts a number that does not fit


def _format_date(text: str, now: datetime) -> str:
    """The age since a date; invalid for text that is no RFC 3339 time."""
    if text and not _DATE.fullmatch(text):
        return "<invalid>"
    try:
        return format_age(text, now)
    except (ValueError, OverflowError):
        return "<invalid>"
