"""An event loop whose clock runs ten times faster while the loop is idle.

For tests that wait for real intervals of the program: a retry, a silent server, a deadline. Every timer of the loop is affected alike, so
their order stays. While the loop runs callbacks, its clock runs at normal speed, so a slow machine does not run into a deadline.

``pytestmark = pytest.mark.fast_clock`` gives every test of a module such a loop.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Mapping

import pytest

FACTOR = 10


class _FastSelector(selectors.DefaultSelector):
    """Waits a tenth of the time asked for. ``gained`` is the time it saved so far, in seconds."""

    gained = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began = time.monotonic()
        ready = super().select(timeout / FACTOR if timeout is not None and timeout > 0 else timeout)
        self.gained += (time.monotonic() - began) * (FACTOR - 1)
        return ready


class FastLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._fast = _FastSelector()
        super().__init__(self._fast)

    def time(self) -> float:
        return super().time() + self._fast.gained


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"fast": FastLoop} if item.get_closest_marker("fast_clock") else {"normal": asyncio.new_event_loop}
