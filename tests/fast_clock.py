"""A clock that runs ten times faster while the test has nothing to do but wait.

For tests that wait for real intervals of the program: a retry, a silent server, a lease that expires. A test marked ``fast_clock`` runs on
an event loop whose timers are all due ten times sooner while the loop is idle, and ``SystemClock`` of this process follows. While the
loop runs callbacks, time passes at normal speed, so a slow machine does not run into a deadline. Other threads' loops and other processes
keep the real time.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Mapping

import pytest

from k8sconsole.kit.clock import SystemClock

FACTOR = 10
_real_boottime = SystemClock.boottime


class _FastSelector(selectors.DefaultSelector):
    """Waits a tenth of the time asked for. ``gained`` is the time saved so far by all of them, in seconds."""

    gained = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began = time.monotonic()
        ready = super().select(timeout / FACTOR if timeout is not None and timeout > 0 else timeout)
        _FastSelector.gained += (time.monotonic() - began) * (FACTOR - 1)
        return ready


class FastLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(_FastSelector())

    def time(self) -> float:
        return super().time() + _FastSelector.gained


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"fast": FastLoop} if item.get_closest_marker("fast_clock") else {"normal": asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def _fast_system_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("fast_clock"):
        monkeypatch.setattr(SystemClock, "now", lambda clock: time.time() + _FastSelector.gained)
        monkeypatch.setattr(SystemClock, "monotonic", lambda clock: time.monotonic() + _FastSelector.gained)
        monkeypatch.setattr(SystemClock, "boottime", lambda clock: _real_boottime(clock) + _FastSelector.gained)
