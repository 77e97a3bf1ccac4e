"""How to reach a server: address, TLS, proxy and headers, built from a context and its user's credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ssl import SSLContext
from urllib.parse import quote, urlsplit

from k8sconsole import __version__
from k8sconsole.cluster.live.credentials.provider import Credentials, KeyPair
from k8sconsole.cluster.live.kubeconfig.entries import Impersonation, PemSource
from k8sconsole.cluster.live.kubeconfig.login import Login, mask_address, server_url
from k8sconsole.cluster.live.proxy import proxy_for
from k8sconsole.cluster.live.tls import ssl_context


@dataclass(frozen=True)
class Access:
    """server: without a trailing slash. headers: names may repeat. tls: None for plain HTTP. proxy: may hold a password.

    fingerprint: of the address and its certificate authority; it distinguishes clusters as far as a kubeconfig can.
    origin, remedy: where the credentials came from, and what a person can do when they are refused.
    withheld: why the user's credentials are not sent; empty when they are.
    """

    server: str
    user: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    tls: SSLContext | None = field(default=None, compare=False)
    verified: bool = True
    server_hostname: str | None = None
    proxy: str | None = field(default=None, repr=False)
    pair: KeyPair | None = field(default=None, repr=False)
    fingerprint: str = ""
    origin: str = ""
    remedy: str = ""
    withheld: str = ""

    @property
    def display_server(self) -> str:
        """The address for messages."""
        return mask_address(self.server)

    @property
    def route(self) -> tuple[str, str | None, str | None, bool]:
        """What a connection depends on, besides the credentials."""
        return self.fingerprint, self.server_hostname, self.proxy, self.verified


def build_access(login: Login, credentials: Credentials, environ: Mapping[str, str]) -> Access:
    """Blocking: reads certificates. Raises ConfigurationError for an entry that cannot be used."""
    server = server_url(login.cluster)
    secure = urlsplit(server).scheme == "https"
    return Access(
        server=server,
        user=login.user.name,
        headers=_headers(credentials, login.user.impersonation),
        tls=ssl_context(login.cluster, credentials.pair) if secure else None,
        verified=not login.cluster.insecure,
        server_hostname=login.cluster.tls_server_name or None,
        proxy=proxy_for(server, login.cluster.proxy_url, environ),
        pair=credentials.pair,
        fingerprint=_fingerprint(server, login.cluster.authority),
        origin=credentials.origin,
        remedy=credentials.remedy,
        withheld=credentials.withheld,
    )


def _fingerprint(server: str, authority: PemSource | None) -> str:
    return sha256(server.encode() + b"\0" + (authority.read() if authority else b"")).hexdigest()[:20]


def _headers(credentials: Credentials, impersonation: Impersonation) -> tuple[tuple[str, str], ...]:
    """https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/"""
    # The API server indents its JSON for user agents like curl, wget or a browser: more than twice the bytes.
    headers = [("User-Agent", f"k8sconsole/{__version__}")]
    if credentials.authorization:
        headers.append(("Authorization", credentials.authorization))
    if impersonation.user:
        headers.append(("Impersonate-User", impersonation.user))
    if impersonation.uid:
        headers.append(("Impersonate-Uid", impersonation.uid))
    headers += [("Impersonate-Group", group) for group in impersonation.groups]
    headers += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for key, value in impersonation.extra]
    return tuple(headers)
