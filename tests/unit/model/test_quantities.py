"""Amounts, durations and moments, as Kubernetes and people write them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.times import parse_duration
from k8sconsole.model.quantities import (
    format_bytes_short,
    format_cpu,
    format_duration,
    format_duration_short,
    parse_bytes,
    parse_cpu,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "millicores"), [("2", 2000), ("500m", 500), ("0.5", 500), (".1", 100), ("100n", 1), ("1e1", 10_000), ("0", 0)]
)
def test_cpu_is_counted_in_thousandths_of_a_core_rounded_up(text: str, millicores: int) -> None:
    assert parse_cpu(text) == millicores


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64Mi", 67_108_864),
        ("1Gi", 2**30),
        ("1.5Gi", 1_610_612_736),
        ("128974848", 128_974_848),
        ("129e6", 129_000_000),
        ("129M", 129_000_000),
        ("1k", 1000),
        ("123m", 1),
    ],
)
def test_bytes_know_binary_and_decimal_units(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@given(st.integers(0, 10**9))
def test_cpu_that_is_written_and_read_is_the_same(millicores: int) -> None:
    assert parse_cpu(format_cpu(millicores)) == millicores


@given(st.integers(0, 2**40), st.sampled_from(["", "Ki", "Mi", "Gi", "Ti"]))
def test_bytes_are_exact_at_every_size_and_unit(count: int, unit: str) -> None:
    assert parse_bytes(f"{count}{unit}") == count * 1024 ** ["", "Ki", "Mi", "Gi", "Ti"].index(unit)


@given(st.integers(0, 10**9))
def test_a_duration_that_is_written_and_read_is_the_same(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@given(st.text(max_size=20))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    for read in (parse_quantity, parse_cpu, parse_bytes, parse_duration):
        assert _complaint(read, text) == "" or "expected" in _complaint(read, text)


def _complaint(read: Callable[[str], object], text: str) -> str:
    try:
        read(text)
    except ValueError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("text", ["", "1KB", "1 Gi", "12Kim", "--1", "1e", "five"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0"), (999, "999"), (1536, "1.5Ki"), (210 * 2**20, "210Mi"), (2**30, "1Gi"), (15 * 2**30 + 5, "15Gi")]
)
def test_sizes_are_short_in_a_table(size: int, text: str) -> None:
    assert format_bytes_short(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (56, "56s"), (76, "1m16s"), (300, "5m"), (301, "5m1s"), (3600, "1h"), (3605, "1h"), (180_000, "2d2h"), (-5, "0s")],
)
def test_a_duration_is_formatted_in_two_units(seconds: float, text: str) -> None:
    assert format_duration_short(seconds) == text
