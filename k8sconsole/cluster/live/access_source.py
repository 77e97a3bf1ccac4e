"""The access of one context, built once for all who ask, and again when its files or its credentials change."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from k8sconsole.cluster.live.access import Access, access_of
from k8sconsole.cluster.live.credentials.choice import late, presenter
from k8sconsole.cluster.live.credentials.presented import Presented, Presenter
from k8sconsole.cluster.live.kubeconfig.login import Login, Resolve, server_url
from k8sconsole.cluster.live.rotation import RotatingLogin
from k8sconsole.errors import ConfigurationError, ConsoleError, NotFound, Unreachable
from k8sconsole.kit.clock import Clock

# How long a rotated kubeconfig may go unnoticed while the old credentials still work; a refusal looks at once.
_LOOK_EVERY = 5.0
_NEVER = float("-inf")


class AccessSource:
    """Hands out the access of one context. Whoever asks while it is being built waits for the same building.

    changed is called on the loop when the kubeconfig leads elsewhere, names another user, or has no such context any more."""

    def __init__(self, first: Login, resolve: Resolve, environ: Mapping[str, str], clock: Clock) -> None:
        self.changed: Callable[[], None] = lambda: None
        self._rotating = RotatingLogin(first, resolve)
        self._environ = environ
        self._clock = clock
        self._login = first
        self._user = first.user
        self._presenter: Presenter | None = None
        self._presented: Presented | None = None
        self._access: Access | None = None
        self._read_anew = False
        self._looked = _NEVER
        self._lost = False
        self._building: asyncio.Task[Access] | None = None
        self._renewing: asyncio.Task[Access] | None = None

    @property
    def server(self) -> str:
        return server_url(self._login.cluster)

    async def current(self) -> Access:
        """Raises ConfigurationError or CredentialsError when there is no access to be had, Unreachable when the context is gone."""
        if self._building is None:
            self._building = _begun(self._build(), self._built)
        # Shielded: one caller that gives up does not take the credentials away from the others.
        return await asyncio.shield(self._building)

    async def logged_in(self, within: float | None) -> None:
        """Returns once there is an access. Raises as ``current``, and CredentialsError when it is not there ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                await self.current()
        except TimeoutError as error:
            raise late(self._login.user, self._environ, within or 0.0) from error

    async def renewed(self, refused: Access) -> Access | None:
        """After a refusal: an access that differs from the refused one, or None when there is none to be had. Raises as ``current``."""
        if self._access is not refused:
            return await self.current()
        if self._renewing is None:
            self._renewing = _begun(self._renew(), self._renewed)
        fresh = await asyncio.shield(self._renewing)
        return None if fresh is refused or (fresh.headers, fresh.pair) == (refused.headers, refused.pair) else fresh

    def files_settled(self) -> None:
        """Somebody saw the kubeconfig change, and come to rest."""
        self._rotating.settled()
        self._looked = _NEVER

    def hurry(self) -> None:
        """A person wants it tried now, whatever failed a moment ago."""
        self._looked = _NEVER
        if self._presenter:
            self._presenter.hurry()

    async def close(self) -> None:
        left = [task for task in (self._renewing, self._building) if task]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    def _built(self) -> None:
        self._building = None

    def _renewed(self) -> None:
        self._renewing = None

    async def _renew(self) -> Access:
        if self._building:
            await asyncio.wait([self._building])  # it may have begun before the refusal
        self._looked = _NEVER
        if self._presenter:
            self._presenter.forget()
        return await self.current()

    async def _build(self) -> Access:
        now = self._clock.monotonic()
        if now - self._looked >= _LOOK_EVERY or self._presenter is None:
            self._looked = now
            await asyncio.to_thread(self._look, now)
        if self._rotating.problem is not None:
            raise self._given_up(self._rotating.problem)
        assert self._presenter is not None
        presented = await self._presenter.present()
        if self._access is None or self._read_anew or presented is not self._presented:
            await self._make(presented, now)
        assert self._access is not None
        return self._access

    async def _make(self, presented: Presented, now: float) -> None:
        before = self._access
        try:
            made = await asyncio.to_thread(access_of, self._login, presented, self._environ)
        except ConfigurationError as error:
            self._rotating.doubt(error, now)
            if before is None or self._rotating.problem:
                raise
            return  # a certificate and its key are written one after the other
        self._rotating.trust()
        self._read_anew, self._presented = False, presented
        # Equal but for its TLS context: connections that are open stay in use.
        self._access = before if made == before else made
        if before is not None and not self._lost and (made.way != before.way or self._user != self._login.user):
            self.changed()
        self._user, self._lost = self._login.user, False

    def _look(self, now: float) -> None:
        """Read the login again when one of its files has changed. A file that is being written and makes no sense yet is read later."""
        if not self._rotating.look(now) and self._presenter is not None:
            return
        fresh = self._rotating.current
        try:
            chosen = self._kept(fresh) or presenter(fresh.user, fresh.cluster, self._environ, self._clock)
        except ConsoleError as error:
            if self._presenter is None:
                raise
            self._rotating.doubt(error, now)
            return
        self._login, self._presenter, self._read_anew = fresh, chosen, True

    def _kept(self, fresh: Login) -> Presenter | None:
        """What a plugin or provider fetched stays good while its entry stays the same."""
        same = (fresh.user, fresh.cluster) == (self._login.user, self._login.cluster)
        return self._presenter if same and (fresh.user.exec or fresh.user.auth_provider) else None

    def _given_up(self, problem: ConsoleError) -> ConsoleError:
        if not self._lost:
            self._lost = True
            self.changed()
        kind = Unreachable if isinstance(problem, NotFound) else type(problem)
        return kind(problem.title, problem.detail, problem.remedy, problem.details)


def _begun(work: Coroutine[Any, Any, Access], ended: Callable[[], None]) -> "asyncio.Task[Access]":
    def finish(task: "asyncio.Task[Access]") -> None:
        ended()
        if not task.cancelled():
            task.exception()  # seen, even when every caller has gone

    task = asyncio.create_task(work)
    task.add_done_callback(finish)
    return task
