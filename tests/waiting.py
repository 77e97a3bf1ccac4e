"""Waiting for a condition that no event announces: a row in the store, a word on a screen, a file."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.05
"""Seconds between two looks. The pause grows, so that a short wait ends at once and a long one costs little CPU time."""


async def wait_until(condition: Callable[[], Any], within: float = 60.0, *, ignoring: tuple[type[Exception], ...] = ()) -> Any:
    """Returns the first true result of ``condition``, a plain function or a coroutine function.

    An exception of a type in ``ignoring`` counts as "not yet". Raises TimeoutError after ``within`` seconds of the system's
    clock, not of the event loop's, which may run fast (``tests.fast_clock``).
    """
    end, pause = time.monotonic() + within, FIRST_PAUSE
    while not (result := await _evaluate(condition, ignoring)):
        if time.monotonic() > end:
            raise TimeoutError(f"the condition was not met within {within:.0f} s")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return result


def block_until(condition: Callable[[], Any], within: float = 60.0, *, ignoring: tuple[type[Exception], ...] = ()) -> Any:
    """Like ``wait_until``, for a test without an event loop."""
    end, pause = time.monotonic() + within, FIRST_PAUSE
    while True:
        try:
            if result := condition():
                return result
        except ignoring:
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"the condition was not met within {within:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


async def _evaluate(condition: Callable[[], Any], ignoring: tuple[type[Exception], ...]) -> Any:
    try:
        result = condition()
        return await result if inspect.isawaitable(result) else result
    except ignoring:
        return None
