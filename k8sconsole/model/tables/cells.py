"""Cells as text and as sort keys. These functions never raise, whatever an old cache or an unusual object has put into a cell."""

from k8sconsole.kit.text import format_age, strip_control
from k8sconsole.model.objects import Cell
from k8sconsole.model.quantities import format_bytes_short, format_cpu, format_duration_short
from k8sconsole.model.tables.columns import CellKind, Column

SortKey = tuple[int, float, float, str]
_INVALID = "<invalid>"
"""What kubectl prints for an age that has not begun."""
_CLOCK_SLACK = 5.0
"""Seconds by which clocks may disagree before an age is not valid. kubectl, whose ages the server counts, allows two."""
_LONGEST = float(2**63 // 10**9)
"""Seconds: the longest duration that Kubernetes can express, 292 years."""


def format_cell(column: Column, cell: Cell, now: float) -> str:
    """A cell as one line of text that is safe on a terminal; empty for an empty cell. now: seconds since the epoch."""
    if cell is None:
        return ""
    match column.kind, cell:
        case CellKind.TIME, int() | float():
            return _format_age(now - cell)
        case CellKind.READY, [ready, wanted]:
            return f"{_format_count(ready)}/{_format_count(wanted)}"
        case CellKind.RESTARTS, [count, at]:
            return f"{_format_count(count)} ({_format_age(now - at)})" if count and isinstance(at, int | float) else _format_count(count)
        case CellKind.SPAN, [int() | float() as begin, end]:
            return _format_span(end - begin) if isinstance(end, int | float) else _format_span(now - begin, _CLOCK_SLACK)
        case CellKind.CPU, int():
            return format_cpu(cell)
        case CellKind.BYTES, int():
            return format_bytes_short(cell)
        case CellKind.SWITCH, bool():
            return str(cell)
        case CellKind.OWNER, str():
            return strip_control(cell.partition("/")[2] or cell)
    return _format_any(cell)


def _format_age(seconds: float) -> str:
    """A time as its age; one in the future as the API server writes it."""
    return format_age(min(seconds, _LONGEST)) if seconds >= -_CLOCK_SLACK else _INVALID


def _format_span(seconds: float, slack: float = 2.0) -> str:
    return format_duration_short(min(seconds, _LONGEST)) if seconds > -slack else _INVALID


def _format_count(value: object) -> str:
    return str(value) if isinstance(value, int) else "0" if value is None else _format_any(value)


def _format_any(cell: Cell) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case str():
            return strip_control(cell).replace("\n", " ").replace("\t", " ")
        case list() | tuple():
            return ",".join(_format_any(part) for part in cell)
    return strip_control(str(cell))


def sort_key(column: Column, cell: Cell) -> SortKey:
    """A key that sorts the cells of one column: by amount, by age (youngest first), by share of ready, or by text in any case.

    Empty cells and invalid times come last.
    """
    match column.kind, cell:
        case _, None | "":
            return (1, 0.0, 0.0, "")
        case CellKind.TIME, str():
            return (1, 0.0, 0.0, cell)
        case CellKind.TIME, int() | float():
            return (0, -float(cell), 0.0, "")
        case CellKind.READY, [int() | float() as ready, int() | float() as wanted]:
            return (0, ready / wanted if wanted else 1.0, float(wanted), "")
        case CellKind.RESTARTS, [int() | float() as count, at]:
            return (0, float(count), float(at) if isinstance(at, int | float) else 0.0, "")
        case CellKind.SPAN, [int() | float() as begin, end]:
            return (0, end - begin, 0.0, "") if isinstance(end, int | float) else (0, float("inf"), -float(begin), "")
        case _, int() | float():
            return (0, float(cell), 0.0, "")
    return (0, 0.0, 0.0, _format_any(cell).casefold())
