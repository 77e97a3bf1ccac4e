"""Time-lapse: a scenario's past is lived through by the controllers themselves, from the oldest object to now.

So that histories are true: replica sets of earlier revisions, restart counts, back-offs, events of the last hour. Timers ring in their
order; between them nothing happens, which makes forty days pass in about a second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from k8sconsole.demo.clock import FixedDemoClock
from k8sconsole.demo.world.controller import BaseController
from k8sconsole.demo.world.controllers.cronjobs import CronJobController
from k8sconsole.demo.world.controllers.inventory import PAST_CONTROLLERS
from k8sconsole.demo.world.recorder import DeferredEventRecorder
from k8sconsole.demo.world.run import World

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

# Cron jobs are lived through for this long only: earlier runs, and what was told of them, would have been deleted by now.
RECENT_PAST = timedelta(minutes=75)


@dataclass(frozen=True)
class TimedAction:
    """Something somebody did to the cluster, and when."""

    at: datetime
    do: Callable[[], object]


def run_time_lapse(store: "ObjectStore", deeds: Sequence[TimedAction], seed: int) -> None:
    """Do every deed at its time, letting the controllers work in between, up to the store's present."""
    present = store.clock
    now = present.now()
    ordered = sorted(deeds, key=lambda deed: deed.at)
    clock = FixedDemoClock(min([deed.at for deed in ordered] + [now]))
    store.clock = clock
    lapse = _TimeLapse(store, clock, seed)
    try:
        lapse.pass_time([deed for deed in ordered if deed.at <= now - RECENT_PAST], now - RECENT_PAST, PAST_CONTROLLERS)
        lapse.pass_time([deed for deed in ordered if deed.at > now - RECENT_PAST], now, (*PAST_CONTROLLERS, CronJobController))
    finally:
        store.clock = present
    lapse.chronicle.publish()


class _TimeLapse:
    """A stretch of the past, one world after the other on one clock, their events in one chronicle."""

    def __init__(self, store: "ObjectStore", clock: FixedDemoClock, seed: int) -> None:
        self._store = store
        self._clock = clock
        self._seed = seed
        self.chronicle = DeferredEventRecorder(store, clock)

    def pass_time(self, deeds: Sequence[TimedAction], until: datetime, controllers: Sequence[type[BaseController]]) -> None:
        clock = self._clock
        world = World(self._store, clock, self._seed, controllers=controllers, recorder=self.chronicle)
        try:
            for deed in deeds:
                world.run((max(deed.at, clock.now()) - clock.now()).total_seconds())
                deed.do()
            world.run(max(0.0, (until - clock.now()).total_seconds()))
        finally:
            world.close()
