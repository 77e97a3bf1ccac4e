"""Moments and durations, as people write them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.kit.times import ACCEPTED_TIMES, format_exact_time, format_local_time, parse_duration, parse_past_time, parse_time

NOW = parse_rfc3339("2026-11-22T03:00:00Z")
UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
OUR_DAYS = st.floats(parse_rfc3339("2020-01-01T00:00:00Z"), parse_rfc3339("2040-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("1h30m", 5400), ("250ms", 0.25)]
)
def test_durations_are_spelt_as_people_do(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-22T02:00:00.125Z", NOW - 3600 + 0.125),
        ("2026-11-22T02:00:00.123456Z", NOW - 3600 + 0.123456),
        ("2026-11-22t02:00:00z", NOW - 3600),
        ("2026-11-22T04:00:00+01:00", NOW),
        ("2026-11-22 02:30", NOW - 1800),
        ("2026-11-22", NOW - 10_800),
        ("02:30", NOW - 1800),
        ("2:30:15.5", NOW - 1784.5),
        ("-30m", NOW - 1800),
        ("30m", NOW - 1800),
        ("1h30m", NOW - 5400),
        ("15m ago", NOW - 900),
        ("1 hour ago", NOW - 3600),
        ("an hour ago", NOW - 3600),
        ("1 day and 2 hours ago", NOW - 26 * 3600),
        ("last 15 minutes", NOW - 900),
        ("now-15m", NOW - 900),
        ("1763776800", 1763776800.0),
        ("1763776800500", 1763776800.5),
        ("2h ago", NOW - 7200),
        ("2h  AGO", NOW - 7200),
        ("now", NOW),
        ("yesterday 14:00", NOW - 13 * 3600),
        ("today 01:00", NOW - 7200),
        ("yesterday", NOW - 27 * 3600),
    ],
)
def test_times_are_absolute_or_relative_to_now(text: str, at: float) -> None:
    assert parse_time(text, NOW, UTC) == at


def test_a_time_without_a_zone_is_in_the_given_zone() -> None:
    assert parse_time("2026-11-22 04:00", NOW, BERLIN) == NOW
    assert parse_time("yesterday 14:00", NOW, BERLIN) == parse_rfc3339("2026-11-21T13:00:00Z")
    assert parse_time("2026-07-01 14:00", NOW, BERLIN) == parse_rfc3339("2026-07-01T12:00:00Z")
    just_after_midnight_there = parse_rfc3339("2026-11-21T23:30:00Z")
    assert parse_time("yesterday 23:00", just_after_midnight_there, BERLIN) == parse_rfc3339("2026-11-21T22:00:00Z")


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "yesterday 25:00", "yesterday14:00", "14 o'clock", "24:00", "30", "", "2026-13-01", "-", "ago", "9" * 400 + "y ago"],
)
def test_what_is_no_moment_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="not a time") as problem:
        parse_time(text, NOW)
    assert ACCEPTED_TIMES in str(problem.value)


@pytest.mark.parametrize("text", ["2026-11-22T03:00:00.001Z", "2027-01-01", "04:00"])
def test_what_has_not_been_yet_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="is in the future") as problem:
        parse_past_time(text, NOW, UTC)
    assert ACCEPTED_TIMES in str(problem.value)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_sentence(text: str) -> None:
    assert _complaint(text) == "" or "expected" in _complaint(text)


def _complaint(text: str) -> str:
    try:
        parse_time(text, NOW)
    except ValueError as problem:
        return str(problem)
    return ""


@given(OUR_DAYS)
def test_a_formatted_time_parses_to_the_same_time_or_later(at: float) -> None:
    for written, late in ((format_exact_time(at), 2e-6), (format_local_time(at, BERLIN), 2e-3)):
        assert at <= parse_time(written, NOW, BERLIN if " " in written else None) < at + late or "02:" in written


@given(OUR_DAYS)
def test_telling_a_moment_again_changes_nothing(at: float) -> None:
    assert format_exact_time(parse_time(format_exact_time(at), NOW)) == format_exact_time(at)
