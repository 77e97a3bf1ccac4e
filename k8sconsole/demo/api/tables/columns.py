"""The definition of a kind's table: its columns, and the function that turns an object into cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]
Cells = list[Any]
Row = Callable[[Json, datetime], Cells]


@dataclass(frozen=True, slots=True)
class TableColumnDefinition:
    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""
    description: str = ""

    @property
    def definition(self) -> Json:
        return {"name": self.name, "type": self.type, "format": self.format, "description": self.description, "priority": self.priority}


@dataclass(frozen=True, slots=True)
class TablePrinter:
    columns: tuple[TableColumnDefinition, ...]
    row: Row


def define_columns(text: str, wide: str = "", numbers: str = "") -> tuple[TableColumnDefinition, ...]:
    """Columns from `|`-separated names: the default columns, the wide columns, and which of both are integers."""
    counted = set(numbers.split("|"))

    def one(name: str, priority: int) -> TableColumnDefinition:
        return TableColumnDefinition(name, "integer" if name in counted else "string", priority, "name" if name == "Name" else "")

    default = [one(name, 0) for name in text.split("|")]
    return (*default, *(one(name, 1) for name in wide.split("|") if name))
