"""Running the oracle: many objects or many sets of printer columns in one process."""

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]
_PATIENCE = 300.0


class PrintedObject(msgspec.Struct):
    """The server's row of one object. now: seconds since the epoch, from which ages are counted. error: why there is no row."""

    now: float
    columns: list[str] = []
    cells: list[Any] = []
    error: str = ""


class PrintedColumns(msgspec.Struct):
    """The server's rows of custom objects. error: the first column that cannot be parsed; it and those after it are not shown."""

    now: float
    columns: list[str] = []
    rows: list[list[Any]] = []
    error: str = ""


def print_objects(oracle: Path, objects: Iterable[Json]) -> list[PrintedObject]:
    """One answer for each object, which needs its apiVersion and kind."""
    return [msgspec.json.decode(line, type=PrintedObject) for line in _run(oracle, "objects", objects)]


def fill_defaults(oracle: Path, objects: Iterable[Json]) -> list[Json]:
    """The objects with the server's defaults, as it would store them. Raises ValueError for one that it would not take."""
    filled = []
    for line in _run(oracle, "defaults", objects):
        said = msgspec.json.decode(line)
        if "error" in said:
            raise ValueError(said["error"])
        filled.append(said["object"])
    return filled


def print_columns(oracle: Path, requests: Iterable[tuple[Sequence[Json], Sequence[Json]]]) -> list[PrintedColumns]:
    """One answer for each pair of a CRD's additionalPrinterColumns and objects of its kind."""
    lines = ({"columns": columns, "objects": objects} for columns, objects in requests)
    return [msgspec.json.decode(line, type=PrintedColumns) for line in _run(oracle, "columns", lines)]


def _run(oracle: Path, mode: str, values: Iterable[Any]) -> list[bytes]:
    lines = b"".join(msgspec.json.encode(value) + b"\n" for value in values)
    done = subprocess.run([oracle, mode], input=lines, capture_output=True, check=True, timeout=_PATIENCE)
    return done.stdout.splitlines()
