"""How to reach a server right now: its address, TLS, proxy and headers; built once, and again when files or credentials change."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from urllib.parse import quote, urlsplit

from k8sconsole import __version__
from k8sconsole.cluster.live import tls
from k8sconsole.cluster.live.credentials.choice import presenter
from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented, Presenter
from k8sconsole.cluster.live.kubeconfig.entries import Impersonation
from k8sconsole.cluster.live.kubeconfig.login import Login, Resolve, server_url
from k8sconsole.cluster.live.proxy import is_loopback, proxy_for
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock

# How long a rotated kubeconfig may go unnoticed while the old credentials still work; a refusal looks at once.
_LOOK_EVERY = 5.0

Stamps = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class Access:
    """server has no slash at its end. headers may repeat a name. trust is None for plain HTTP. proxy may hold a password."""

    server: str
    user: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    trust: SSLContext | None = None
    server_hostname: str | None = None
    proxy: str | None = field(default=None, repr=False)
    pair: KeyPair | None = field(default=None, repr=False)


class AccessSource:
    """Hands out the access of one context. Whoever asks while it is being built waits for the same building."""

    def __init__(self, first: Login, resolve: Resolve, environ: Mapping[str, str], clock: Clock) -> None:
        self._login = first
        self._resolve = resolve
        self._environ = environ
        self._clock = clock
        self._presenter: Presenter | None = None
        self._presented: Presented | None = None
        self._access: Access | None = None
        self._stamps: Stamps = ()
        self._looked = float("-inf")
        self._building: asyncio.Task[Access] | None = None

    async def current(self) -> Access:
        """Raises ConfigurationError or CredentialsError when there is no access to be had."""
        if self._building is None:
            self._building = asyncio.create_task(self._build())
            self._building.add_done_callback(self._built)
        # Shielded: one caller that gives up does not take the credentials away from the others.
        return await asyncio.shield(self._building)

    async def renewed(self, refused: Access) -> Access | None:
        """After a refusal: an access that differs from the refused one, or None when there is none to be had."""
        if self._access is refused:
            self._looked = float("-inf")
            if self._presenter:
                self._presenter.forget()
        fresh = await self.current()
        return None if fresh is refused or (fresh.headers, fresh.pair) == (refused.headers, refused.pair) else fresh

    async def close(self) -> None:
        if self._building:
            self._building.cancel()
            await asyncio.wait([self._building])

    def _built(self, task: asyncio.Task[Access]) -> None:
        self._building = None
        if not task.cancelled():
            task.exception()  # seen, even when every caller has gone

    async def _build(self) -> Access:
        now = self._clock.monotonic()
        if now - self._looked >= _LOOK_EVERY or self._presenter is None:
            await asyncio.to_thread(self._look)
            self._looked = now
        assert self._presenter is not None
        presented = await self._presenter.present()
        if self._access is None or presented is not self._presented:
            self._access = await asyncio.to_thread(_access, self._login, presented, self._environ)
            self._presented = presented
        return self._access

    def _look(self) -> None:
        """Read the login again when one of its files has changed. A file that is being written and makes no sense yet is read later."""
        stamps = _stamps(self._login.files)
        if self._presenter is not None and stamps == self._stamps:
            return
        try:
            fresh = self._resolve()
            chosen = self._kept(fresh) or presenter(fresh.user, fresh.cluster, self._environ, self._clock)
        except ConsoleError:
            if self._presenter is None:
                raise
            return
        self._login, self._presenter, self._stamps, self._access = fresh, chosen, _stamps(fresh.files), None

    def _kept(self, fresh: Login) -> Presenter | None:
        """What a plugin or provider fetched stays good while its entry stays the same."""
        same = (fresh.user, fresh.cluster) == (self._login.user, self._login.cluster)
        return self._presenter if same and (fresh.user.exec or fresh.user.auth_provider) else None


def _stamps(files: tuple[Path, ...]) -> Stamps:
    return tuple(_stamp(file) for file in files)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _access(login: Login, presented: Presented, environ: Mapping[str, str]) -> Access:
    server = server_url(login.cluster)
    secure = urlsplit(server).scheme == "https"
    return Access(
        server=server,
        user=login.user.name,
        headers=_headers(presented if secure or _is_here(server) else Presented(), login.user.impersonation),
        trust=tls.context(login.cluster, presented.pair) if secure else None,
        server_hostname=login.cluster.tls_server_name or None,
        proxy=proxy_for(server, login.cluster.proxy_url, environ),
        pair=presented.pair,
    )


def _is_here(server: str) -> bool:
    """Credentials travel in the clear only within this machine; elsewhere they need TLS, as for every client of Kubernetes."""
    return is_loopback(urlsplit(server).hostname or "")


def _headers(presented: Presented, impersonation: Impersonation) -> tuple[tuple[str, str], ...]:
    """https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/"""
    # The API server indents its JSON for agents that look like curl, wget or a browser: more than twice the bytes.
    headers = [("User-Agent", f"k8sconsole/{__version__}")]
    if presented.authorization:
        headers.append(("Authorization", presented.authorization))
    if impersonation.user:
        headers.append(("Impersonate-User", impersonation.user))
    if impersonation.uid:
        headers.append(("Impersonate-Uid", impersonation.uid))
    headers += [("Impersonate-Group", group) for group in impersonation.groups]
    headers += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for key, value in impersonation.extra]
    return tuple(headers)
