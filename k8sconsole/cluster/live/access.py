"""How to reach a server: its address, TLS, proxy and headers, as one context and one user's credentials make them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ssl import SSLContext
from urllib.parse import quote, urlsplit

from k8sconsole import __version__
from k8sconsole.cluster.live import tls
from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented
from k8sconsole.cluster.live.kubeconfig.entries import Impersonation, Material
from k8sconsole.cluster.live.kubeconfig.login import Login, server_url, shown
from k8sconsole.cluster.live.proxy import is_loopback, proxy_for


@dataclass(frozen=True)
class Access:
    """server has no slash at its end. headers may repeat a name. trust is None for plain HTTP. proxy may hold a password.

    door: a fingerprint of the address and the authority behind it, which tells one cluster from another as far as a kubeconfig can.
    origin and remedy: who gave the credentials, and what a person can do when they are refused."""

    server: str
    user: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    trust: SSLContext | None = field(default=None, compare=False)
    verified: bool = True
    server_hostname: str | None = None
    proxy: str | None = field(default=None, repr=False)
    pair: KeyPair | None = field(default=None, repr=False)
    door: str = ""
    origin: str = ""
    remedy: str = ""

    @property
    def told(self) -> str:
        """The address for messages."""
        return shown(self.server)

    @property
    def way(self) -> tuple[str, str | None, str | None, bool]:
        """What a connection depends on, credentials apart."""
        return self.door, self.server_hostname, self.proxy, self.verified


def access_of(login: Login, presented: Presented, environ: Mapping[str, str]) -> Access:
    """Blocking: reads certificates. Raises ConfigurationError for what cannot be used."""
    server = server_url(login.cluster)
    secure = urlsplit(server).scheme == "https"
    return Access(
        server=server,
        user=login.user.name,
        headers=_headers(presented if secure or _is_here(server) else Presented(), login.user.impersonation),
        trust=tls.context(login.cluster, presented.pair) if secure else None,
        verified=not login.cluster.insecure,
        server_hostname=login.cluster.tls_server_name or None,
        proxy=proxy_for(server, login.cluster.proxy_url, environ),
        pair=presented.pair,
        door=_door(server, login.cluster.authority),
        origin=presented.origin,
        remedy=presented.remedy,
    )


def _door(server: str, authority: Material | None) -> str:
    return sha256(server.encode() + b"\0" + (authority.read() if authority else b"")).hexdigest()[:20]


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
