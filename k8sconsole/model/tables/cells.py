"""A cell as text, and as something to sort by. Nothing here raises, whatever an old cache or a strange object put into a cell."""

from k8sconsole.kit.text import format_age, strip_control
from k8sconsole.model.objects import Cell
from k8sconsole.model.quantities import format_bytes_short, format_cpu, format_duration_short
from k8sconsole.model.tables.columns import CellKind, Column

SortKey = tuple[int, float, float, str]


def format_cell(column: Column, cell: Cell, now: float) -> str:
    """One line of plain text, safe to lay on a terminal; an empty cell is empty text. now is in seconds since the epoch."""
    if cell is None:
        return ""
    match column.kind, cell:
        case CellKind.TIME, int() | float():
            return format_age(now - cell)
        case CellKind.READY, [ready, wanted]:
            return f"{_whole(ready)}/{_whole(wanted)}"
        case CellKind.RESTARTS, [count, at]:
            return f"{_whole(count)} ({format_age(now - at)})" if count and isinstance(at, int | float) else _whole(count)
        case CellKind.SPAN, [int() | float() as begin, end]:
            return format_duration_short((end if isinstance(end, int | float) else now) - begin)
        case CellKind.CPU, int():
            return format_cpu(cell)
        case CellKind.BYTES, int():
            return format_bytes_short(cell)
        case CellKind.OWNER, str():
            return strip_control(cell.partition("/")[2] or cell)
    return _words(cell)


def _whole(value: object) -> str:
    return str(value) if isinstance(value, int) else "0" if value is None else _words(value)


def _words(cell: Cell) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case str():
            return strip_control(cell).replace("\n", " ").replace("\t", " ")
        case list() | tuple():
            return ",".join(_words(part) for part in cell)
    return strip_control(str(cell))


def sort_key(column: Column, cell: Cell) -> SortKey:
    """Sorts any cells of one column among each other: by amount, by age (youngest first), by share of what is ready, or by text in any
    case; empty cells last."""
    match column.kind, cell:
        case _, None | "":
            return (1, 0.0, 0.0, "")
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
    return (0, 0.0, 0.0, _words(cell).casefold())
