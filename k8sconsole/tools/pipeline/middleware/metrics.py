"""The meters of calls: count, outcome, duration, and the source of each reply. The outermost step."""

import contextlib
from collections.abc import Iterator

from k8sconsole.kit.clock import Clock
from k8sconsole.telemetry.meters import Meters
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep, observe_end, outcome_of
from k8sconsole.tools.results import Reply


class MetricsStep:
    def __init__(self, meters: Meters, clock: Clock) -> None:
        self._meters = meters
        self._clock = clock

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        with self.record(invocation, timed=True):
            reply = await proceed(invocation)
        self._meters.reply(reply.freshness.source.value)
        return reply

    @contextlib.contextmanager
    def record(self, invocation: Invocation, *, timed: bool = False) -> Iterator[None]:
        """Count one call. Streams and watches are not timed, because their length is the reader's choice."""

        def count(error: BaseException | None, seconds: float) -> None:
            self._meters.call(invocation.spec.name, invocation.call.face.value, outcome_of(error), seconds if timed else None)

        with observe_end(self._clock, count):
            yield
