"""Tables: each object's JSON becomes one row of typed cells, for every kind. Also formatting, sorting and grading of cells.

This package has the columns of each kind (one module per family), CRDs' printer columns, and words that no field holds, such as a pod's
STATUS. Columns declare their widths; the faces lay them out. ``describe`` has the long form of one object.
"""

from k8sconsole.model.objects import TableRow
from k8sconsole.model.tables.catalogue import find_table, is_custom
from k8sconsole.model.tables.cells import format_cell, sort_key
from k8sconsole.model.tables.columns import CellKind, Column
from k8sconsole.model.tables.custom import PrinterColumn, parse_printer_columns
from k8sconsole.model.tables.health import Health, grade_row, grade_status
from k8sconsole.model.tables.kind import KindTable

__all__ = [
    "CellKind",
    "Column",
    "Health",
    "KindTable",
    "PrinterColumn",
    "TableRow",
    "find_table",
    "format_cell",
    "grade_row",
    "grade_status",
    "is_custom",
    "parse_printer_columns",
    "sort_key",
]
