"""Whether the cluster answers: one question for all its watches, so that a lost cluster is asked once at a time and not once a kind."""

import asyncio
from collections.abc import Callable

from k8sconsole.cluster.port import ServerVersion
from k8sconsole.errors import ConsoleError, DeadlineExceeded, Denied
from k8sconsole.kit.clock import Clock
from k8sconsole.scanner.backoff import Backoff
from k8sconsole.scanner.source import ResourceSource

_ANSWER_WITHIN = 5.0
_ROUNDS = 10.0
"""Seconds between questions while all seems well: a connection that is half open says nothing by itself for up to ninety."""


class Reach:
    """lost(error, retry_at) and found(version) are called on the loop, lost at every failed attempt, found when the cluster answers
    again."""

    def __init__(
        self, source: ResourceSource, clock: Clock, *, lost: Callable[[ConsoleError, float], None], found: Callable[[ServerVersion], None]
    ) -> None:
        self._source = source
        self._clock = clock
        self._lost = lost
        self._found = found
        self._answers = asyncio.Event()
        self._doubted = asyncio.Event()
        self._doubted.set()

    def doubt(self) -> None:
        """Somebody's request found nobody there: everybody waits until the cluster has been asked."""
        self._answers.clear()
        self._doubted.set()

    async def answers(self) -> None:
        """Returns when the cluster can be asked."""
        await self._answers.wait()

    async def keep_asking(self) -> None:
        """For ever: at once when in doubt, with growing pauses while it is lost, now and then while all is well."""
        while True:
            try:
                async with asyncio.timeout(_ROUNDS):
                    await self._doubted.wait()
            except TimeoutError:
                pass
            self._doubted.clear()
            await self._until_found()

    async def _until_found(self) -> None:
        backoff = Backoff(self._clock)
        while True:
            try:
                version = await self._ask()
            except ConsoleError as error:
                wait = backoff.next()
                self._answers.clear()
                self._lost(error, self._clock.now() + wait)
                await asyncio.sleep(wait)
                continue
            if not self._answers.is_set():
                self._found(version)
                self._answers.set()
            return

    async def _ask(self) -> ServerVersion:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await self._source.version()
        except Denied:
            return ServerVersion("")  # whoever refuses is there
        except TimeoutError as error:
            raise DeadlineExceeded(f"{self._source.name} does not answer", f"no reply within {_ANSWER_WITHIN:g} s") from error
