"""What the kept facts come to."""

import pytest

from k8sconsole.model.indicators import CACHE_HIT, CACHED, DIRECT, SCANNED, SLICES, Indicator, compute_indicators

DAY = 86_400.0


def _one(name: str, facts: dict[str, list[tuple[float, float]]]) -> Indicator:
    return next(one for one in compute_indicators(facts, 0.0, DAY) if one.name == name)


def test_what_was_never_measured_has_no_share_and_meets_no_goal() -> None:
    found = compute_indicators({}, 0.0, DAY)
    assert [(one.share, one.count, one.met) for one in found] == [(None, 0, False)] * 5
    assert all(one.trend == (None,) * SLICES for one in found)


def test_a_share_is_the_part_of_the_facts_that_are_yes() -> None:
    one = _one("hit_rate", {CACHE_HIT: [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 0.0)]})
    assert (one.share, one.count, one.met) == (0.75, 4, False)
    assert _one("completion", {SCANNED: [(1.0, 1.0)] * 95 + [(1.0, 0.0)] * 5}).met


def test_the_time_saved_is_what_the_cache_took_less_of_the_same_questions() -> None:
    one = _one("improvement", {CACHED: [(1.0, 2.0), (2.0, 4.0)], DIRECT: [(1.0, 40.0), (2.0, 20.0)]})
    assert one.share == pytest.approx(0.9)
    assert one.count == 2


def test_a_slower_cache_has_a_negative_improvement() -> None:
    assert _one("improvement", {CACHED: [(1.0, 30.0)], DIRECT: [(1.0, 20.0)]}).share == pytest.approx(-0.5)


def test_the_trend_has_one_share_per_slice() -> None:
    trend = _one("hit_rate", {CACHE_HIT: [(0.0, 0.0), (DAY / 2, 1.0), (DAY / 2 + 1, 0.0), (DAY, 1.0)]}).trend
    assert (trend[0], trend[SLICES // 2], trend[-1]) == (0.0, 0.5, 1.0)
    assert set(trend[1 : SLICES // 2]) == {None}
