"""The machine's clock under watch: whoever reads ages and times is told when it was set."""

import asyncio
from collections.abc import Callable

from k8sconsole.kit.clock import Clock, ClockWatch
from k8sconsole.kit.text import format_age
from k8sconsole.model.events import Fact, Notice

LOOK_EVERY = 5.0


async def tell_jumps(clock: Clock, publish: Callable[[Fact], None], every: float = LOOK_EVERY) -> None:
    """For ever: one notice for each time the clock is set. every: seconds."""
    watch = ClockWatch(clock)
    while True:
        await asyncio.sleep(every)
        if jump := watch.read_jump():
            publish(_notice(jump))


def _notice(jump: float) -> Notice:
    which, consequence = (
        ("forward", "what was seen before looks older by as much; nothing is thrown away for it")
        if jump > 0
        else ("back", "what was seen before counts as just seen until its time has come again; versions keep their order")
    )
    return Notice(f"The clock of this machine was set {which} by {format_age(round(abs(jump)))}", consequence, "warning")
