"""The tables of built-in kinds show what the API server's own printers print, for odd objects too."""

import time
from pathlib import Path

import msgspec
import pytest

from k8sconsole.model.tables.catalogue import BUILT_IN
from tests.oracle.client import print_objects
from tests.oracle.comparison import Difference, find_differences, summarise
from tests.oracle.samples import COMMON, RARE, generate

_SEED = 15


def _compare(oracle: Path, count: int, seed: int) -> list[Difference]:
    made = list(generate(count, seed, time.time()))
    printed = print_objects(oracle, [obj for _, obj in made])
    found = []
    for (resource, obj), row in zip(made, printed, strict=True):
        table = BUILT_IN[resource]
        found += find_differences(table, table.project(msgspec.json.encode(obj)), row)
    return found


def test_every_kind_with_a_generator_has_a_table() -> None:
    assert not {*COMMON, *RARE} - {*BUILT_IN}


@pytest.mark.real
def test_a_few_hundred_odd_objects_have_the_servers_rows(printers_oracle: Path) -> None:
    found = _compare(printers_oracle, 400, _SEED)
    assert not found, summarise(found)


@pytest.mark.long
def test_twenty_thousand_odd_objects_have_the_servers_rows(printers_oracle: Path) -> None:
    found = _compare(printers_oracle, 20_000, _SEED)
    assert not found, summarise(found)
