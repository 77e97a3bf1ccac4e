"""Printer columns of custom resources, ours beside those of the API server's table converter."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8sconsole.demo.api.tables.custom import custom_printer
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tables import CellKind, KindTable, find_table, format_cell, parse_printer_columns
from tests.oracle.client import PrintedColumns, print_columns
from tests.oracle.column_samples import make_columns, make_object
from tests.oracle.comparison import format_server_cell, is_same_age
from tests.oracle.dice import Dice, Json

pytestmark = pytest.mark.real

WIDGET = ApiResource("example.com", "v1", "Widget", "widgets", True)
SEED = 15


def find_column_differences(columns: list[Json], objects: list[Json], printed: PrintedColumns) -> list[str]:
    crd = {"spec": {"versions": [{"name": "v1", "additionalPrinterColumns": columns}]}}
    table = find_table(WIDGET, parse_printer_columns(crd, "v1"))
    shown = [column.name for column in table.columns[: len(printed.columns)]]
    # a kind without a readable column has our general table
    if shown != [name.upper() for name in printed.columns] and len(printed.columns) > 1:
        return [f"columns {shown}, not {printed.columns}: {columns}"]
    found = []
    for obj, theirs in zip(objects, printed.rows, strict=True):
        mine = _cells(table, obj, printed.now)
        for at, cell in enumerate(theirs):
            date = table.columns[at].kind is CellKind.TIME
            if not _is_same(mine[at], cell, date=date) and not (
                _has_free_order(columns[at - 1]["jsonPath"])
                and any(_is_same(_cells(table, other, printed.now)[at], cell, date=date) for other in _reorder(obj))
            ):
                found.append(f"{columns[at - 1]}: {mine[at]!r}, not {cell!r}: {msgspec.json.encode(obj).decode()}")
    return found


def _cells(table: KindTable, obj: Json, now: float) -> list[str]:
    row = table.project(msgspec.json.encode(obj))
    return [format_cell(column, cell, now) for column, cell in zip(table.columns, row.cells, strict=True)]


def _has_free_order(path: str) -> bool:
    """Whether the first value depends on the order of an object's keys, which Go takes at random."""
    return ".*" in path or ".." in path


def _reorder(obj: Json) -> Iterator[Json]:
    """The object with its keys in many orders."""
    dice = random.Random(SEED)

    def shuffle(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffle(item) for item in value]
        return {key: shuffle(value[key]) for key in dice.sample(list(value), len(value))} if isinstance(value, dict) else value

    return (shuffle(obj) for _ in range(3000))


def _is_same(mine: str, theirs: Any, *, date: bool) -> bool:
    if isinstance(theirs, int | float) and not isinstance(theirs, bool):
        return bool(mine) and float(mine) == float(theirs)
    wanted = format_server_cell(theirs)
    return mine == wanted or (mine == "" and wanted == "<unknown>") or (date and is_same_age(mine, wanted))


def make_requests(wanted: int, seed: int) -> list[tuple[list[Json], list[Json]]]:
    """Sets of columns, at least so many together, each with four objects."""
    dice = Dice(seed, time.time())
    requests, count = [], 0
    while count < wanted:
        columns = make_columns(dice)
        requests.append((columns, [make_object(dice) for _ in range(4)]))
        count += len(columns)
    return requests


def check_columns(oracle: Path, wanted: int, seed: int) -> list[str]:
    """The differences between our cells and the table converter's."""
    requests = make_requests(wanted, seed)
    answers = zip(requests, print_columns(oracle, requests), strict=True)
    return [each for (columns, objects), printed in answers for each in find_column_differences(columns, objects, printed)]


def test_a_hundred_columns_show_what_the_table_converter_shows(printers_oracle: Path) -> None:
    assert check_columns(printers_oracle, 100, SEED + 1) == []


@pytest.mark.long
def test_two_thousand_columns_show_what_the_table_converter_shows(printers_oracle: Path) -> None:
    assert check_columns(printers_oracle, 2000, SEED) == []


def test_the_demo_prints_custom_kinds_as_the_table_converter_does(printers_oracle: Path) -> None:
    requests = make_requests(300, SEED + 2)
    for (columns, objects), printed in zip(requests, print_columns(printers_oracle, requests), strict=True):
        printer = custom_printer(columns)
        at = datetime.fromtimestamp(printed.now, UTC)
        fixed = [place for place in range(len(printed.columns)) if place == 0 or not _has_free_order(columns[place - 1]["jsonPath"])]
        for obj, theirs in zip(objects, printed.rows, strict=True):
            mine = printer.row(obj, at)
            assert [mine[place] for place in fixed] == [theirs[place] for place in fixed], columns
