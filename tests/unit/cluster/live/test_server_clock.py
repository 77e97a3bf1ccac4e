"""The server's clock, as its responses show it."""

from email.utils import formatdate

import pytest

from k8sconsole.cluster.live.server_clock import ServerClock

NOW = 1_790_000_000.4


def observed(*responses: tuple[float, float, float]) -> float | None:
    """Each response: the server's time, and this machine's when the request was sent and when the response arrived, all after ``NOW``."""
    clock = ServerClock()
    for server, sent, received in responses:
        clock.observe(formatdate(NOW + server, usegmt=True), NOW + sent, NOW + received)
    return clock.skew


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.59, 5.0, 100.0])
def test_clocks_that_agree_have_no_skew(seconds: float) -> None:
    assert observed((seconds, seconds, seconds), (seconds + 30, seconds + 1, seconds + 60)) == 0.0


@pytest.mark.parametrize("ahead", [3600.0, -90.0, 6.0])
def test_a_clock_that_differs_is_measured_to_the_second(ahead: float) -> None:
    responses = [(ahead + after, after, after + 0.02) for after in (0.0, 0.31, 0.55, 1.1, 7.83)]
    assert observed(*responses) == pytest.approx(ahead, abs=1.0)


def test_a_clock_that_is_set_is_measured_again() -> None:
    assert observed((3600.0, 0.0, 0.1), (20.0, 20.0, 20.1)) == 0.0


def test_a_response_without_a_date_says_nothing() -> None:
    clock = ServerClock()
    clock.observe("", NOW, NOW)
    assert clock.skew is None
