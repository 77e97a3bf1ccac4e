"""The access of one context: built once for all callers, and again when its files or its credentials change."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from k8sconsole.cluster.live.access import Access, build_access
from k8sconsole.cluster.live.credentials.provider import CredentialProvider, Credentials
from k8sconsole.cluster.live.credentials.selection import login_pending_error, select_provider
from k8sconsole.cluster.live.kubeconfig.login import Login, ResolveLogin, server_url
from k8sconsole.cluster.live.rotation import RotatingLogin
from k8sconsole.errors import ConfigurationError, ConsoleError, NotFound, Unreachable
from k8sconsole.kit.clock import Clock

# Seconds for which a rotated kubeconfig may go unnoticed while the old credentials work. A refusal checks at once.
_CHECK_EVERY = 5.0
_NEVER = float("-inf")


class AccessSource:
    """Provides the access of one context. Callers that arrive while it is being built wait for the same build. Belongs to one loop.

    on_change: called on the loop when the kubeconfig leads to another server, names another user, or no longer has the context.
    """

    def __init__(self, first: Login, resolve: ResolveLogin, environ: Mapping[str, str], clock: Clock) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._rotating = RotatingLogin(first, resolve)
        self._environ = environ
        self._clock = clock
        self._login = first
        self._user = first.user
        self._provider: CredentialProvider | None = None
        self._credentials: Credentials | None = None
        self._access: Access | None = None
        self._login_changed = False
        self._checked_at = _NEVER
        self._lost = False
        self._building: asyncio.Task[Access] | None = None
        self._renewing: asyncio.Task[Access] | None = None

    @property
    def server(self) -> str:
        return server_url(self._login.cluster)

    async def get(self) -> Access:
        """Raises ConfigurationError or CredentialsError when there is no access, Unreachable when the context no longer exists."""
        if self._building is None:
            self._building = _start(self._build(), self._on_built)
        # Shielded: a caller that is cancelled does not cancel the build of the others.
        return await asyncio.shield(self._building)

    async def wait_for_login(self, within: float | None) -> None:
        """Returns once there is an access. Raises as ``get``, and CredentialsError after ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                await self.get()
        except TimeoutError as error:
            raise login_pending_error(self._login.user, self._environ, within or 0.0) from error

    async def renew(self, refused: Access) -> Access | None:
        """Returns an access that differs from the one that the server refused; None when there is no other. Raises as ``get``."""
        if self._access is not refused:
            return await self.get()
        if self._renewing is None:
            self._renewing = _start(self._renew(), self._on_renewed)
        fresh = await asyncio.shield(self._renewing)
        return None if fresh is refused or (fresh.headers, fresh.pair) == (refused.headers, refused.pair) else fresh

    def mark_files_complete(self) -> None:
        """The kubeconfig has changed and no program is writing it any more."""
        self._rotating.mark_complete()
        self._checked_at = _NEVER

    def retry_now(self) -> None:
        """The next ``get`` tries again, even right after a failure."""
        self._checked_at = _NEVER
        if self._provider:
            self._provider.retry_now()

    async def close(self) -> None:
        tasks = [task for task in (self._renewing, self._building) if task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _on_built(self) -> None:
        self._building = None

    def _on_renewed(self) -> None:
        self._renewing = None

    async def _renew(self) -> Access:
        if self._building:
            await asyncio.wait([self._building])  # that build may have started before the refusal
        self._checked_at = _NEVER
        if self._provider:
            self._provider.invalidate()
        return await self.get()

    async def _build(self) -> Access:
        now = self._clock.monotonic()
        if now - self._checked_at >= _CHECK_EVERY or self._provider is None:
            self._checked_at = now
            await asyncio.to_thread(self._check_files, now)
        if self._rotating.problem is not None:
            raise self._lost_error(self._rotating.problem)
        assert self._provider is not None
        credentials = await self._provider.get()
        if self._access is None or self._login_changed or credentials is not self._credentials:
            await self._rebuild(credentials, now)
        assert self._access is not None
        return self._access

    async def _rebuild(self, credentials: Credentials, now: float) -> None:
        before = self._access
        try:
            built = await asyncio.to_thread(build_access, self._login, credentials, self._environ)
        except ConfigurationError as error:
            self._rotating.mark_inconsistent(error, now)
            if before is None or self._rotating.problem:
                raise
            return  # a certificate and its key are written one after the other
        self._rotating.mark_usable()
        self._login_changed, self._credentials = False, credentials
        # An access that differs only in its TLS context is not replaced: its open connections stay in use.
        self._access = before if built == before else built
        if before is not None and not self._lost and (built.route != before.route or self._user != self._login.user):
            self.on_change()
        self._user, self._lost = self._login.user, False

    def _check_files(self, now: float) -> None:
        """Reads the login again when one of its files has changed. Files that are incomplete are read again later."""
        if not self._rotating.check_files(now) and self._provider is not None:
            return
        fresh = self._rotating.current
        try:
            provider = self._reusable_provider(fresh) or select_provider(fresh.user, fresh.cluster, self._environ, self._clock)
        except ConsoleError as error:
            if self._provider is None:
                raise
            self._rotating.mark_inconsistent(error, now)
            return
        self._login, self._provider, self._login_changed = fresh, provider, True

    def _reusable_provider(self, fresh: Login) -> CredentialProvider | None:
        """What a plugin or issuer returned stays valid while its kubeconfig entry is the same."""
        is_same = (fresh.user, fresh.cluster) == (self._login.user, self._login.cluster)
        return self._provider if is_same and (fresh.user.exec or fresh.user.auth_provider) else None

    def _lost_error(self, problem: ConsoleError) -> ConsoleError:
        if not self._lost:
            self._lost = True
            self.on_change()
        error_class = Unreachable if isinstance(problem, NotFound) else type(problem)
        return error_class(problem.title, problem.detail, problem.remedy, problem.details)


def _start(work: Coroutine[Any, Any, Access], on_end: Callable[[], None]) -> "asyncio.Task[Access]":
    def finish(task: "asyncio.Task[Access]") -> None:
        on_end()
        if not task.cancelled():
            task.exception()  # retrieved even when every caller was cancelled, so that asyncio logs no warning

    task = asyncio.create_task(work)
    task.add_done_callback(finish)
    return task
