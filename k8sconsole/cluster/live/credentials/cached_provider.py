"""Caches credentials that have to be fetched: renews them before they expire, and waits between failed attempts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from k8sconsole.cluster.live.credentials.provider import Credentials
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock

LEEWAY = 30.0
"""Seconds before their expiry at which credentials are renewed. Short-lived ones are renewed in the last tenth of their life."""

FIRST_PAUSE = 60.0
LONGEST_PAUSE = 300.0
"""Seconds between two failed attempts; the pause doubles each time. A plugin may open a browser each time it runs."""

_NEVER = float("-inf")


@dataclass(frozen=True)
class FetchedCredentials:
    """expires: seconds since the epoch, infinite when unknown."""

    credentials: Credentials
    expires: float = float("inf")


FetchCredentials = Callable[[], Awaitable[FetchedCredentials]]
"""Raises CredentialsError or ConfigurationError."""


class CachedCredentialProvider:
    """Implements ``CredentialProvider``. Only one caller at a time: ``AccessSource`` ensures that.

    During a pause ``get`` returns the cached credentials, even refused ones, because the server's own message explains more. It raises the
    last failure again only when no valid credentials are left.
    """

    def __init__(self, fetch: FetchCredentials, clock: Clock, first: FetchedCredentials | None = None) -> None:
        self._fetch = fetch
        self._clock = clock
        self._cached = first
        self._renew_at = _renewal_time(first, clock) if first else _NEVER
        self._refused = False
        self._failure: ConsoleError | None = None
        self._pause = FIRST_PAUSE
        self._paused_until = self._replaced_at = _NEVER

    async def get(self) -> Credentials:
        if self._needs_renewal() and self._clock.monotonic() >= self._paused_until:
            try:
                self._store(await self._fetch())
            except ConsoleError as error:
                self._record_failure(error)
        return self._cached_or_failure()

    def invalidate(self) -> None:
        """The server refused the credentials. If they just replaced refused ones, the cause lies elsewhere: they are kept for a while."""
        self._refused = True
        self._paused_until = max(self._paused_until, self._replaced_at + FIRST_PAUSE)

    def retry_now(self) -> None:
        self._paused_until = self._replaced_at = _NEVER
        self._pause = FIRST_PAUSE

    def _needs_renewal(self) -> bool:
        return self._cached is None or self._refused or self._clock.now() >= self._renew_at

    def _store(self, fetched: FetchedCredentials) -> None:
        now = self._clock.monotonic()
        if self._refused:
            self._replaced_at = now
        self._cached, self._refused, self._failure, self._pause = fetched, False, None, FIRST_PAUSE
        self._renew_at = _renewal_time(fetched, self._clock)
        if fetched.expires <= self._clock.now():
            self._paused_until = now + FIRST_PAUSE

    def _record_failure(self, error: ConsoleError) -> None:
        self._failure = error
        self._paused_until = self._clock.monotonic() + self._pause
        error.details["retry_at"] = self._clock.now() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _cached_or_failure(self) -> Credentials:
        is_valid = self._cached is not None and not self._refused and self._clock.now() < self._cached.expires
        if self._failure is not None and not is_valid:
            # A copy: an exception that is raised repeatedly collects a traceback each time.
            failed = self._failure
            raise type(failed)(failed.title, failed.detail, failed.remedy, failed.details) from failed.__cause__
        assert self._cached is not None
        return self._cached.credentials


def _renewal_time(fetched: FetchedCredentials, clock: Clock) -> float:
    return fetched.expires - min(LEEWAY, max(0.0, fetched.expires - clock.now()) / 10)
