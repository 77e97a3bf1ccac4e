"""Credentials that somebody has to fetch: kept while they are good, fetched anew before they run out, and not again and again in vain."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from k8sconsole.cluster.live.credentials.presented import Presented
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock

LEEWAY = 30.0
"""Seconds before they run out at which credentials are fetched anew; of a shorter life, its last tenth."""

REST = 60.0
LONGEST_REST = 300.0
"""Seconds between two attempts that bring nothing, doubled from one to the other: a plugin may open a browser each time it is run."""

_NEVER = float("-inf")


@dataclass(frozen=True)
class Fetched:
    """expires in seconds since the epoch, infinite where nothing says."""

    presented: Presented
    expires: float = float("inf")


Fetch = Callable[[], Awaitable[Fetched]]
"""Raises CredentialsError or ConfigurationError."""


class Renewing:
    """Implements ``Presenter``. One caller at a time: ``access`` sees to it.

    While an attempt is not due, what is at hand is presented, even when the server has refused it, for the server's own words are the
    better reason; where the last attempt failed and nothing is good any more, its error is raised again.
    """

    def __init__(self, fetch: Fetch, clock: Clock, first: Fetched | None = None) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept = first
        self._renew_at = _renewal(first, clock) if first else _NEVER
        self._refused = False
        self._failure: ConsoleError | None = None
        self._pause = REST
        self._rests_until = self._replaced_at = _NEVER

    async def present(self) -> Presented:
        if self._wanted() and self._clock.monotonic() >= self._rests_until:
            try:
                self._keep(await self._fetch())
            except ConsoleError as error:
                self._rest(error)
        return self._at_hand()

    def forget(self) -> None:
        """The server has refused them. What has just replaced refused ones is not replaced again at once: the fault lies elsewhere."""
        self._refused = True
        self._rests_until = max(self._rests_until, self._replaced_at + REST)

    def hurry(self) -> None:
        self._rests_until = self._replaced_at = _NEVER
        self._pause = REST

    def _wanted(self) -> bool:
        return self._kept is None or self._refused or self._clock.now() >= self._renew_at

    def _keep(self, fetched: Fetched) -> None:
        now = self._clock.monotonic()
        if self._refused:
            self._replaced_at = now
        self._kept, self._refused, self._failure, self._pause = fetched, False, None, REST
        self._renew_at = _renewal(fetched, self._clock)
        if fetched.expires <= self._clock.now():
            self._rests_until = now + REST

    def _rest(self, error: ConsoleError) -> None:
        self._failure = error
        self._rests_until = self._clock.monotonic() + self._pause
        error.details["retry_at"] = self._clock.now() + self._pause
        self._pause = min(self._pause * 2, LONGEST_REST)

    def _at_hand(self) -> Presented:
        good = self._kept is not None and not self._refused and self._clock.now() < self._kept.expires
        if self._failure is not None and not good:
            # A copy: an exception that is raised again and again would grow by a traceback each time.
            failed = self._failure
            raise type(failed)(failed.title, failed.detail, failed.remedy, failed.details) from failed.__cause__
        assert self._kept is not None
        return self._kept.presented


def _renewal(fetched: Fetched, clock: Clock) -> float:
    return fetched.expires - min(LEEWAY, max(0.0, fetched.expires - clock.now()) / 10)
