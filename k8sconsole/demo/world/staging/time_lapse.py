"""Time-lapse: the controllers run through a scenario's past on a fixed clock, from the oldest object to now.

This creates consistent history: replica sets of earlier revisions, restart counts, back-offs, events of the last hour. The clock jumps
from timer to timer, so that forty days take about a second.
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

# Cron jobs run only in this last part: earlier jobs and their events would have been deleted by now.
RECENT_PAST = timedelta(minutes=75)


@dataclass(frozen=True)
class TimedAction:
    """A change that a user made to the cluster, and when."""

    at: datetime
    do: Callable[[], object]


def run_time_lapse(store: "ObjectStore", actions: Sequence[TimedAction], seed: int) -> None:
    """Perform every action at its time with the controllers running, up to the store's current time."""
    present = store.clock
    now = present.now()
    ordered = sorted(actions, key=lambda action: action.at)
    clock = FixedDemoClock(min([action.at for action in ordered] + [now]))
    store.clock = clock
    time_lapse = _TimeLapse(store, clock, seed)
    try:
        time_lapse.pass_time([action for action in ordered if action.at <= now - RECENT_PAST], now - RECENT_PAST, PAST_CONTROLLERS)
        time_lapse.pass_time([action for action in ordered if action.at > now - RECENT_PAST], now, (*PAST_CONTROLLERS, CronJobController))
    finally:
        store.clock = present
    time_lapse.recorder.publish()


class _TimeLapse:
    """Runs successive Worlds on one clock, with one recorder for their events."""

    def __init__(self, store: "ObjectStore", clock: FixedDemoClock, seed: int) -> None:
        self._store = store
        self._clock = clock
        self._seed = seed
        self.recorder = DeferredEventRecorder(store, clock)

    def pass_time(self, actions: Sequence[TimedAction], until: datetime, controllers: Sequence[type[BaseController]]) -> None:
        clock = self._clock
        world = World(self._store, clock, self._seed, controllers=controllers, recorder=self.recorder)
        try:
            for action in actions:
                world.run((max(action.at, clock.now()) - clock.now()).total_seconds())
                action.do()
            world.run(max(0.0, (until - clock.now()).total_seconds()))
        finally:
            world.close()
