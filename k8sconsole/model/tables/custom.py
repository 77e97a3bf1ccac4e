"""Tables of kinds without a built-in one: a CRD's printer columns, or name, age and a guessed status.

Source of a printer column's cell: pkg/registry/customresource/tableconvertor in kubernetes/apiextensions-apiserver.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import msgspec

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.kit.jsonpath import PathError, parse_column_path, print_value
from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, Column, flag, number, text, time
from k8sconsole.model.tables.kind import KindTable, build_table_from, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import convert_leniently
from k8sconsole.model.tables.shapes import Meta


class PrinterColumn(msgspec.Struct, frozen=True):
    """One of a CRD's additionalPrinterColumns. type: OpenAPI's string, integer, number, boolean or date. priority: above 0 is wide."""

    name: str
    type: str
    path: str
    priority: int = 0


INVALID = "<invalid>"
"""The cell of a date column whose value is no date, as the API server writes it."""

_CREATED_AT = (".metadata.creationTimestamp", "metadata.creationTimestamp")
_ZERO_TIME = datetime(1, 1, 1, tzinfo=UTC).timestamp()
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d{1,2}):(\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
"""What Go's ``time.Parse`` takes as RFC 3339."""


class RawObject(msgspec.Struct, frozen=True):
    """An object with all its fields, for paths that are known only at run time."""

    metadata: Meta
    body: dict[str, Any]


def read_raw_object(raw: bytes | msgspec.Raw) -> RawObject:
    value = msgspec.json.decode(raw)
    body = value if isinstance(value, dict) else {}
    return RawObject(convert_leniently(body.get("metadata"), Meta), body)


def parse_printer_columns(crd: dict[str, Any], version: str) -> tuple[PrinterColumn, ...]:
    """The printer columns of one version of a CustomResourceDefinition. Malformed ones are left out."""
    spec = crd.get("spec")
    versions = spec.get("versions") if isinstance(spec, dict) else None
    for each in versions if isinstance(versions, list) else []:
        if isinstance(each, dict) and each.get("name") == version:
            columns = each.get("additionalPrinterColumns")
            return tuple(column for item in (columns if isinstance(columns, list) else []) if (column := _printer_column(item)))
    return ()


def _printer_column(item: Any) -> PrinterColumn | None:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not isinstance(item.get("jsonPath"), str):
        return None
    priority = item.get("priority")
    return PrinterColumn(item["name"], str(item.get("type", "string")), item["jsonPath"], priority if isinstance(priority, int) else 0)


def build_printed_table(resource: str, printed: Sequence[PrinterColumn]) -> KindTable:
    """A table of NAME and the printer columns, and of AGE where none has that name.

    A path that cannot be parsed ends the columns, as on the API server. A column may be named NAME or AGE and have a path of its own.
    """
    fields = [(NAME, read_name), *(_build_field(column) for column in takewhile(_is_readable, printed))]
    if not any(column.name == AGE.name for column, _ in fields):
        fields.append((AGE, read_created_at))
    definition = tuple(f"{column.type} {column.path}" for column in printed)
    return build_table_from(resource, read_raw_object, fields, definition)


def _is_readable(printed: PrinterColumn) -> bool:
    try:
        parse_column_path(printed.path)
    except PathError:
        return False
    return True


def _build_field(printed: PrinterColumn) -> tuple[Column, Callable[[RawObject], Cell]]:
    name, wide = printed.name.upper(), printed.priority > 0
    if name == AGE.name and printed.type == "date":
        aged = msgspec.structs.replace(AGE, wide=wide)
        return aged, read_created_at if printed.path in _CREATED_AT else _read_at(printed.path, _time_cell)
    match printed.type:
        case "date":
            return time(name, wide=wide), _read_at(printed.path, _time_cell)
        case "integer":
            return number(name, wide=wide), _read_at(printed.path, _integer_cell)
        case "number":
            return number(name, wide=wide), _read_at(printed.path, _number_cell)
        case "boolean":
            return flag(name, wide=wide), _read_at(printed.path, lambda value: value if isinstance(value, bool) else None)
        case "string":
            return text_column(name, wide=wide), _read_at(printed.path, print_value)
    return text_column(name, wide=wide), lambda obj: None


def text_column(name: str, *, wide: bool) -> Column:
    """A column of text whose kind is known by its name alone: some names mean a status."""
    if name in ("STATUS", "STATE", "PHASE", "READY"):
        return msgspec.structs.replace(STATUS, name=name, wide=wide)
    return text(name, wish=20, wide=wide)


def _read_at(path: str, convert: Callable[[Any], Cell]) -> Callable[[RawObject], Cell]:
    """Reads the first value at the path. The cell is empty where nothing is there or a step of the path cannot be applied."""
    compiled = parse_column_path(path)

    def read(obj: RawObject) -> Cell:
        found = compiled.find_first(obj.body)
        return convert(found[0]) if found else None

    return read


def _integer_cell(value: Any) -> Cell:
    """A whole number of 64 bits; of a fraction its whole part."""
    if type(value) not in (int, float):
        return None
    whole = int(value)
    return whole if -(2**63) <= whole < 2**63 else -(2**63)


def _number_cell(value: Any) -> Cell:
    if type(value) not in (int, float):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else float(value)


def _time_cell(value: Any) -> Cell:
    """Seconds since the epoch; empty for an unknown time, and INVALID for a text that is no RFC 3339 time."""
    if not isinstance(value, str) or value in ("", "null"):
        return None
    try:
        at = _parse_go_time(value)
    except ValueError:
        return INVALID
    return None if at == _ZERO_TIME else at


def _parse_go_time(value: str) -> float:
    found = _TIME.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is not an RFC 3339 time")
    day, hour, rest, fraction, sign, *offset = found.groups()
    if day.startswith("0000"):
        return _ZERO_TIME - 1
    if int(hour) > 23:
        raise ValueError(f"{value!r} has no hour")
    at = datetime.fromisoformat(f"{day}T{hour:0>2}:{rest}+00:00").timestamp()
    hours, minutes = (int(part or 0) for part in offset)
    if hours > 24 or minutes > 60:
        raise ValueError(f"{value!r} has no valid time zone")
    at += float(f"0.{fraction}") if fraction else 0.0
    return at - (hours * 3600 + minutes * 60) * (-1 if sign == "-" else 1)


def parse_object_time(value: object) -> float | None:
    """RFC 3339 as seconds since the epoch; None for any other value, and for the zero time that means unknown."""
    if not isinstance(value, str):
        return None
    try:
        at = parse_rfc3339(value)
    except ValueError:
        return None
    return at if at >= 0 else None


def guess_status(obj: RawObject) -> Cell:
    """Terminating; else status.phase or status.state; else the condition Ready, Available or the like, as in ``kubectl get nodes``."""
    if obj.metadata.deletion_timestamp is not None:
        return "Terminating"
    status = obj.body.get("status")
    if not isinstance(status, dict):
        return None
    word = next((status[key] for key in ("phase", "state") if isinstance(status.get(key), str) and status[key]), None)
    return word or _status_from_conditions(status.get("conditions"))


def _status_from_conditions(conditions: object) -> str | None:
    usable = [each for each in conditions if isinstance(each, dict)] if isinstance(conditions, list) else []
    for kind in ("Ready", "Available", "Succeeded", "Complete", "Failed", "Healthy", "Synced"):
        for condition in usable:
            if condition.get("type") == kind:
                return {"True": kind, "False": f"Not{kind}"}.get(str(condition.get("status")), "Unknown")
    return None


def build_generic_table(resource: str) -> KindTable:
    return build_table_from(resource, read_raw_object, ((NAME, read_name), (STATUS, guess_status), (AGE, read_created_at)))
