"""Tables: one object's JSON in, one line of typed cells out, for every kind; and what faces need to draw, sort and grade the cells.

Here live the columns of each kind (one module a family), CRDs' own printer columns, and the words that exist in no field, such as a pod's
STATUS. Widths are only declared here; laying them out is the face's. Long forms of one object live next door in ``describe``.
"""

from k8sconsole.model.tables.catalogue import find_table
from k8sconsole.model.tables.cells import format_cell, sort_key
from k8sconsole.model.tables.columns import CellKind, Column
from k8sconsole.model.tables.custom import PrinterColumn, parse_printer_columns
from k8sconsole.model.tables.health import Health, grade_row, grade_status
from k8sconsole.model.tables.kind import KindTable, TableRow

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
    "parse_printer_columns",
    "sort_key",
]
