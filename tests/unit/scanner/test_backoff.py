"""How long a scanner waits between its attempts."""

from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.clock import FixedClock
from k8sconsole.scanner.connectivity.backoff import Backoff

TRIES = st.lists(st.floats(0.0, 20.0), min_size=1, max_size=60)
"""Seconds that each try took before it failed."""
JITTER = 0.7


def _waits(clock: FixedClock, backoff: Backoff, tries: list[float]) -> list[tuple[float, float]]:
    """(seconds since the first failure, wait), one for each."""
    began, found = clock.monotonic(), []
    for took in tries:
        wait = backoff.next()
        found.append((clock.monotonic() - began, wait))
        clock.advance(wait + took)
    return found


@given(TRIES)
def test_the_first_wait_is_a_fifth_of_a_second_and_none_is_longer_than_three_seconds_in_the_first_minute_or_thirty_later(
    tries: list[float],
) -> None:
    clock = FixedClock(1000.0)
    waits = _waits(clock, Backoff(clock), tries)
    assert 0.2 * JITTER <= waits[0][1] <= 0.2
    for since, wait in waits:
        assert 0.2 * JITTER <= wait <= (3.0 if since < 60.0 else 30.0), since


@given(st.lists(st.floats(0.0, 1.0), min_size=60, max_size=80))
def test_waits_grow_up_to_the_limit(tries: list[float]) -> None:
    clock = FixedClock(1000.0)
    waits = _waits(clock, Backoff(clock), tries)
    assert any(wait >= 3.0 * JITTER for since, wait in waits if since < 60.0)
    assert waits[-1][1] >= 30.0 * JITTER


@given(TRIES, TRIES)
def test_a_success_resets_the_backoff(before: list[float], after: list[float]) -> None:
    clock = FixedClock(1000.0)
    backoff = Backoff(clock)
    _waits(clock, backoff, before)
    backoff.reset()
    for since, wait in _waits(clock, backoff, after):
        assert wait <= (3.0 if since < 60.0 else 30.0)
    backoff.reset()
    assert backoff.next() <= 0.2


def test_clients_that_failed_together_do_not_return_together() -> None:
    clock = FixedClock(1000.0)
    assert len({Backoff(clock).next() for _ in range(50)}) > 40
