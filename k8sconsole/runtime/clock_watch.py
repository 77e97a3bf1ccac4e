"""Watches the machine's clock and publishes a notice when it is set, because ages and times then change."""

import asyncio
from collections.abc import Callable

from k8sconsole.kit.clock import Clock, ClockWatch
from k8sconsole.kit.text import format_age
from k8sconsole.model.events import Fact, Notice

CHECK_INTERVAL = 5.0
"""Seconds."""


async def publish_clock_jumps(clock: Clock, publish: Callable[[Fact], None], every: float = CHECK_INTERVAL) -> None:
    """Runs until cancelled. Publishes one notice each time the clock is set. every: seconds between two checks."""
    watch = ClockWatch(clock)
    while True:
        await asyncio.sleep(every)
        if jump := watch.read_jump():
            publish(_make_notice(jump))


def _make_notice(jump: float) -> Notice:
    direction, consequence = (
        ("forward", "cached data looks older by as much; nothing is deleted because of it")
        if jump > 0
        else ("back", "cached data counts as new until that time is reached again; versions keep their order")
    )
    return Notice(f"The clock of this machine was set {direction} by {format_age(round(abs(jump)))}", consequence, "warning")
