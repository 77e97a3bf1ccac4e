"""The last step of all, when everything is over: the call is counted."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator

from k8sconsole.kit.clock import Clock
from k8sconsole.telemetry.meters import Meters
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.pipeline.outcomes import outcome_of
from k8sconsole.tools.results import Reply


class Measured:
    def __init__(self, meters: Meters, clock: Clock) -> None:
        self._meters = meters
        self._clock = clock

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        with self.record(invocation, timed=True):
            reply = await proceed(invocation)
        self._meters.reply(reply.freshness.source.value)
        return reply

    @contextlib.contextmanager
    def record(self, invocation: Invocation, *, timed: bool = False) -> Iterator[None]:
        """Untimed for what lasts as long as somebody likes: a stream, a watch."""
        began = self._clock.monotonic()
        ended: BaseException | None = None
        try:
            yield
        except BaseException as problem:
            ended = problem
            raise
        finally:
            seconds = self._clock.monotonic() - began if timed else None
            self._meters.call(invocation.spec.name, invocation.call.face.value, outcome_of(ended), seconds)
