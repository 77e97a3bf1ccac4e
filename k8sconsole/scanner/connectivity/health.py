"""Whether the cluster answers: one question for all its watches, so that a lost cluster is asked once at a time and not once a kind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from k8sconsole.cluster.port import ServerVersion
from k8sconsole.errors import ConsoleError, DeadlineExceeded, Denied, NotFound
from k8sconsole.kit.clock import Clock
from k8sconsole.model.identity import Identity
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.scanner.source import ResourceSource

_QUIET, _QUIET_WATCHED = 10.0, 2.0
"""Seconds without a word from the cluster until it is asked; the second while a person looks at it."""

_ANSWER_WITHIN, _ANSWER_WITHIN_WATCHED = 5.0, 2.5
_BROKEN_AFTER = 2
"""Questions without an answer, one after the other, until every watch counts as broken: one alone may have met a busy server."""

T = TypeVar("T")


class Reach:
    """lost(error, retry_at) and found(version) are called on the loop, lost at every failed attempt, found when the cluster answers
    again. hurried: whether somebody looks and nothing large is on its way, so that silence means something soon.

    identity: who answered last. recognise(identity) is awaited before ``found`` is called:
    whoever answers now may be another cluster."""

    def __init__(
        self,
        source: ResourceSource,
        clock: Clock,
        *,
        lost: Callable[[ConsoleError, float], None],
        found: Callable[[ServerVersion], None],
        hurried: Callable[[], bool],
        recognise: Callable[[Identity], Awaitable[None]],
    ) -> None:
        self.identity = Identity()
        self._source = source
        self._clock = clock
        self._lost = lost
        self._found = found
        self._hurried = hurried
        self._recognise = recognise
        self._heard_at = float("-inf")
        self._answers = asyncio.Event()
        self._broken = asyncio.Event()
        self._doubted = asyncio.Event()
        self._doubted.set()

    @property
    def uid(self) -> str:
        """The cluster's uid, empty where it may not be read."""
        return self.identity.uid

    def heard(self) -> None:
        """The cluster has just said something."""
        self._heard_at = self._clock.monotonic()

    def doubt(self) -> None:
        """Somebody's request found nobody there: everybody waits until the cluster has been asked."""
        self._answers.clear()
        self._doubted.set()

    async def answers(self) -> None:
        """Returns when the cluster can be asked."""
        await self._answers.wait()

    async def breaks(self) -> None:
        """Returns when the cluster has been silent for so long that no connection to it is to be trusted."""
        await self._broken.wait()

    async def meet(self) -> ServerVersion:
        """Waits for the login, as long as that takes, asks who the cluster is, and has it recognised. Raises what any of it raises."""
        await self._source.log_in()
        return await self._introduced()

    async def _introduced(self) -> ServerVersion:
        version = await self._ask(self._source.version(), ServerVersion(""))  # whoever refuses is there
        self.identity = await self._ask(self._source.identity(), Identity())
        await self._recognise(self.identity)
        return version

    async def keep_asking(self) -> None:
        """For ever: at once when in doubt, with growing pauses while it is lost, when it has been quiet for a while otherwise."""
        while True:
            await self._until_in_doubt()
            self._doubted.clear()
            await self._until_found()

    async def _until_in_doubt(self) -> None:
        while not self._doubted.is_set():
            quiet = _QUIET_WATCHED if self._hurried() else _QUIET
            left = self._heard_at + quiet - self._clock.monotonic()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(min(left, _QUIET_WATCHED)):
                    await self._doubted.wait()
            except TimeoutError:
                continue

    async def _until_found(self) -> None:
        backoff = Backoff(self._clock)
        failures = 0
        while True:
            try:
                await self._answer()
                return
            except ConsoleError as error:
                failures += 1
                wait = backoff.next()
                self._answers.clear()
                if failures >= _BROKEN_AFTER:
                    self._broken.set()
                self._lost(error, self._clock.now() + wait)
                await asyncio.sleep(wait)

    async def _answer(self) -> None:
        await self._source.log_in(self._within)
        if self._answers.is_set():
            await self._ask(self._source.version(), None)
            return
        version = await self._introduced()
        self._broken.clear()
        self._found(version)
        self._answers.set()

    @property
    def _within(self) -> float:
        return _ANSWER_WITHIN_WATCHED if self._hurried() else _ANSWER_WITHIN

    async def _ask(self, question: Awaitable[T], refused: T) -> T:
        began = self._clock.monotonic()
        within = self._within
        try:
            async with asyncio.timeout(within):
                answer = await question
        except (Denied, NotFound):
            answer = refused
        except TimeoutError as error:
            if self._heard_at > began:
                return refused  # slow, but not silent
            raise DeadlineExceeded(f"{self._source.name} does not answer", f"no reply within {within:g} s") from error
        self.heard()
        return answer
