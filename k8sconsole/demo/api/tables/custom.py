"""Tables of custom kinds, from the additionalPrinterColumns and their JSON paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import format_age, format_creation_age
from k8sconsole.demo.api.tables.columns import TableColumnDefinition, TablePrinter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_STEP = re.compile(
    r"\.(?P<field>(?:[^.\[\\]|\\.)+)"
    r"|\[(?P<index>-?\d+)\]"
    r"|\[(?P<all>\*)\]"
    r"|\[['\"](?P<quoted>[^'\"]+)['\"]\]"
    r"|\[\?\(@\.(?P<key>[^=\s)]+)\s*==\s*['\"](?P<value>[^'\"]*)['\"]\)\]"
)


def find_json_path(obj: Any, path: str) -> list[Any]:
    """The values that a JSON path selects. Supported: fields, indices, `[*]`, and filters such as `[?(@.type=="Ready")]`."""
    values = [obj]
    for step in _STEP.finditer(path):
        values = [found for value in values for found in _follow_path_step(value, step)]
    return values


def _follow_path_step(value: Any, step: re.Match[str]) -> Iterator[Any]:
    name = step["field"] or step["quoted"]
    if name:
        name = re.sub(r"\\(.)", r"\1", name)
        if isinstance(value, dict) and name in value:
            yield value[name]
    elif not isinstance(value, list):
        return
    elif step["all"]:
        yield from value
    elif step["key"]:
        yield from (each for each in value if isinstance(each, dict) and str(each.get(step["key"])) == step["value"])
    elif -len(value) <= int(step["index"]) < len(value):
        yield value[int(step["index"])]


def custom_printer(columns: list[Json]) -> TablePrinter:
    """The table of a custom kind. A kind without columns gets name and age."""
    if not columns:
        return TablePrinter(
            (TableColumnDefinition("Name", format="name"), TableColumnDefinition("Age", "date")),
            lambda obj, now: [obj["metadata"]["name"], format_creation_age(obj, now)],
        )
    definitions = [TableColumnDefinition("Name", format="name"), *(_column_definition(each) for each in columns)]

    def row(obj: Json, now: datetime) -> Cells:
        return [obj["metadata"]["name"], *(_format_cell(obj, each, now) for each in columns)]

    return TablePrinter(tuple(definitions), row)


def _column_definition(each: Json) -> TableColumnDefinition:
    return TableColumnDefinition(each["name"], each["type"], each.get("priority", 0), each.get("format", ""), each.get("description", ""))


def _format_cell(obj: Json, column: Json, now: datetime) -> Any:
    found = find_json_path(obj, column["jsonPath"])
    if not found:
        return None
    value, kind = found[0], column["type"]
    if kind == "string":
        return _format_value(value)
    if kind == "date":
        return _format_date(value, now) if isinstance(value, str) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if kind == "integer" else float(value)


def _format_date(text: str, now: datetime) -> str:
    """The age since a date; invalid for text that is no RFC 3339 time."""
    if text and not _DATE.fullmatch(text):
        return "<invalid>"
    try:
        return format_age(text, now)
    except (ValueError, OverflowError):
        return "<invalid>"


def _format_value(value: Any) -> str:
    import msgspec

    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
