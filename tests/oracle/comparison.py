"""One row of ours beside the server's: columns by name, texts as a person reads them.

Ours may be blank where the server prints ``<none>``, ``<unset>`` or ``<unknown>`` alone, and may count an age in another unit.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from k8sconsole.kit.text import strip_control
from k8sconsole.model.tables import CellKind, Column, KindTable, TableRow, format_cell
from tests.oracle.client import PrintedObject

_BLANK = ("", "<none>", "<unset>", "<unknown>")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 31_536_000}
_AGE = re.compile(r"(?:\d+[smhdy]){1,2}")
_RESTARTS = re.compile(r"(\d+)(?: \((.+?)(?: ago)?\))?")
_SLACK = 2


@dataclass(frozen=True)
class Difference:
    """column: its name. ours, theirs: the texts; ours is None where there is no such column."""

    resource: str
    column: str
    ours: str | None
    theirs: str


def find_differences(table: KindTable, row: TableRow, printed: PrintedObject) -> list[Difference]:
    """Every column of the server's row whose text is not ours."""
    if printed.error:
        raise ValueError(f"the server has no row for this {table.resource}: {printed.error}")
    found = []
    for name, cell in zip(printed.columns, printed.cells, strict=False):  # the printer of IP addresses has a cell without a column
        theirs, at = format_server_cell(cell), table.index(name)
        ours = None if at is None else format_cell(table.columns[at], row.cells[at], printed.now)
        if at is None or ours is None or not _is_same(table.columns[at], ours, theirs):
            found.append(Difference(table.resource, name, ours, theirs))
    return found


def format_server_cell(cell: Any) -> str:
    """A cell as kubectl prints it; control characters and line breaks as our faces show them."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return strip_control(str(cell)).replace("\n", " ").replace("\t", " ")


def _is_same(column: Column, ours: str, theirs: str) -> bool:
    if ours == theirs or (ours == "" and theirs in _BLANK):
        return True
    if column.kind is CellKind.RESTARTS:
        mine, wanted = _RESTARTS.fullmatch(ours), _RESTARTS.fullmatch(theirs)
        return bool(mine and wanted) and mine[1] == wanted[1] and (mine[2] == wanted[2] or is_same_age(mine[2] or "", wanted[2] or ""))
    return is_same_age(ours, theirs)


def is_same_age(ours: str, theirs: str) -> bool:
    """Whether two texts can be the same age: ``3h5m`` and ``3h`` can."""
    mine, wanted = _age_range(ours), _age_range(theirs)
    return bool(mine and wanted) and mine[0] < wanted[1] + _SLACK and wanted[0] < mine[1] + _SLACK


def _age_range(text: str) -> tuple[int, int] | None:
    """The seconds that an age may stand for: at least the first number, below the second."""
    if not _AGE.fullmatch(text):
        return None
    parts = [(int(count), _UNITS[unit]) for count, unit in re.findall(r"(\d+)([smhdy])", text)]
    least = sum(count * unit for count, unit in parts)
    return least, least + parts[-1][1]


def summarise(differences: list[Difference]) -> str:
    """One line for each column that differs: how often, and an example."""
    counts = Counter((each.resource, each.column) for each in differences)
    examples = {(each.resource, each.column): f"ours {each.ours!r}, the server's {each.theirs!r}" for each in differences}
    return "\n".join(f"{count} × {resource} {column}: {examples[resource, column]}" for (resource, column), count in counts.most_common())
