"""The demo's Table prints what the API server's own printers print, for odd objects too."""

import time
from pathlib import Path

import pytest

from k8sconsole.demo.resources import RESOURCES
from tests.oracle.client import fill_defaults, print_objects
from tests.oracle.comparison import Difference, summarise
from tests.oracle.demo_rows import demo_key, find_demo_differences
from tests.oracle.samples import generate

_SEED = 29


def _compare(oracle: Path, count: int) -> list[Difference]:
    made = [each for each in generate(count, _SEED, time.time()) if demo_key(each[0]) in RESOURCES]
    stored = fill_defaults(oracle, [obj for _, obj in made])
    rows = zip(made, stored, print_objects(oracle, stored), strict=True)
    return [found for (resource, _), obj, printed in rows for found in find_demo_differences(resource, obj, printed)]


@pytest.mark.real
def test_the_demo_prints_a_few_hundred_odd_objects_as_the_server_does(printers_oracle: Path) -> None:
    found = _compare(printers_oracle, 400)
    assert not found, summarise(found)


@pytest.mark.long
def test_the_demo_prints_ten_thousand_odd_objects_as_the_server_does(printers_oracle: Path) -> None:
    found = _compare(printers_oracle, 10_000)
    assert not found, summarise(found)
