"""Tables of kinds without a built-in one: a CRD's printer columns, or name, age and a guessed status."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, Column, flag, number, text, time
from k8sconsole.model.tables.jsonpath import PathError, find_values
from k8sconsole.model.tables.kind import KindTable, build_table_from, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import convert_leniently
from k8sconsole.model.tables.shapes import Meta


class PrinterColumn(msgspec.Struct, frozen=True):
    """One of a CRD's additionalPrinterColumns. type: OpenAPI's string, integer, number, boolean or date. priority: above 0 is wide."""

    name: str
    type: str
    path: str
    priority: int = 0


COUNT = "count"
FLAG = "flag"
"""Types that no CRD can have. COUNT: the number of values at the path. FLAG: true or false, false for an absent field."""


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


def build_printed_table(resource: str, printed: Sequence[PrinterColumn], *, fixed: bool = False) -> KindTable:
    """A table of NAME and the printer columns. AGE is added where it is absent, unless the columns are ``fixed``."""
    fields = [(NAME, read_name), *(_build_field(column) for column in printed if column.name.upper() != "NAME")]
    if not fixed and not any(column.name == "AGE" for column, _ in fields):
        fields.append((AGE, read_created_at))
    return build_table_from(resource, read_raw_object, fields)


def _build_field(printed: PrinterColumn) -> tuple[Column, Callable[[RawObject], Cell]]:
    name, wide = printed.name.upper(), printed.priority > 0
    if name == "AGE":
        return AGE, read_created_at
    if name in ("STATUS", "STATE", "PHASE", "READY") and printed.type == "string":
        return msgspec.structs.replace(STATUS, name=name, wide=wide), _read_text_at(printed.path)
    match printed.type:
        case "date":
            return time(name, wide=wide), _read_time_at(printed.path)
        case "integer" | "number":
            return number(name, wide=wide), _read_number_at(printed.path)
        case "flag":
            return flag(name), lambda obj: next(
                (value for value in find_readable_values(printed.path, obj.body) if isinstance(value, bool)), False
            )
        case "count":
            return number(name, wide=wide), lambda obj: len(find_readable_values(printed.path, obj.body))
    return text(name, wish=20, wide=wide), _read_text_at(printed.path)


def find_readable_values(path: str, body: dict[str, Any]) -> list[Any]:
    try:
        return find_values(path, body)
    except PathError:
        return []


def _read_text_at(path: str) -> Callable[[RawObject], Cell]:
    def read(obj: RawObject) -> Cell:
        found = find_readable_values(path, obj.body)
        words = [_format_json(value) for value in found if value is not None]
        return ",".join(words) if words else None

    return read


def _format_json(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _read_number_at(path: str) -> Callable[[RawObject], Cell]:
    def read(obj: RawObject) -> Cell:
        return next((value for value in find_readable_values(path, obj.body) if isinstance(value, int | float)), None)

    return read


def _read_time_at(path: str) -> Callable[[RawObject], Cell]:
    def read(obj: RawObject) -> Cell:
        return next((parse_object_time(value) for value in find_readable_values(path, obj.body)), None)

    return read


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
