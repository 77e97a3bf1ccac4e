"""What went wrong between us and a server, in words: the network library's exceptions as errors of ours."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from k8sconsole.cluster.errors import Asked
from k8sconsole.cluster.live.access import Access
from k8sconsole.cluster.live.credentials.certificates import expired
from k8sconsole.cluster.live.proxy import shown
from k8sconsole.errors import ConfigurationError, ConnectionCut, ConsoleError, CredentialsError, DeadlineExceeded, Unreachable

_HOST = "check tls-server-name, or the server's address, in the kubeconfig"
_AUTHORITY = "check certificate-authority in the kubeconfig"
# OpenSSL's verification codes: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE = {
    9: ("its certificate is not valid yet", "check the clocks"),
    10: ("its certificate has expired", "renew the server's certificate"),
    18: ("its certificate is self-signed and not trusted here", _AUTHORITY),
    19: ("its certificate comes from an unknown authority", _AUTHORITY),
    20: ("its certificate comes from an unknown authority", _AUTHORITY),
    21: ("its certificate comes from an unknown authority", _AUTHORITY),
    62: ("its certificate is for another host", _HOST),
    64: ("its certificate is for another address", _HOST),
}
_REFUSED_CERTIFICATES = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN",
    "UNKNOWN_CA",
    "ACCESS_DENIED",
)
_RENEW = "renew the client certificate, or log in again"
_CUT = (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, ConnectionResetError, BrokenPipeError)
_NETWORK = "check the network or VPN, and the server's address in the kubeconfig"


@contextmanager
def told(asked: Asked, access: Access, patience: float | None) -> Iterator[None]:
    """Errors of the network library leave as Unreachable, DeadlineExceeded, CredentialsError or ConfigurationError. patience in seconds."""
    try:
        yield
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _error(error, asked, access, patience) from error


def _error(error: Exception, asked: Asked, access: Access, patience: float | None) -> ConsoleError:
    title, facts = f"Cannot {asked}", {**asked.facts(), "server": access.told}
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Unreachable(title, f"{access.told} accepts no connection: timed out", _NETWORK, facts)
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(title, f"{access.told}: nothing arrived for {patience or 0:g} s", "try again, or ask for less", facts)
    if isinstance(error, aiohttp.InvalidURL):
        return ConfigurationError(title, f"{access.told} is no address", "check the server in the kubeconfig", facts)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return Unreachable(title, _proxy_words(error, access), "check proxy-url in the kubeconfig, or HTTPS_PROXY", facts)
    root = _root(error)
    if isinstance(root, ssl.SSLError):
        return _tls_trouble(root, title, access, facts)
    if isinstance(root, _CUT) and (sentence := expired(access.pair)):
        # Some servers hang up on an expired certificate without saying so.
        return CredentialsError(title, f"{sentence} ({access.told})", _RENEW, facts)
    kind = ConnectionCut if isinstance(root, _CUT) else Unreachable
    return kind(title, f"{access.told}: {_why(error)}", _NETWORK, facts)


def _proxy_words(error: aiohttp.ClientError, access: Access) -> str:
    proxy = shown(access.proxy or "")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy {proxy} answered {error.status} {error.message}"
    return f"the proxy {proxy} does not answer: {_why(error)}"


def _root(error: Exception) -> BaseException:
    """What the operating system or OpenSSL said. An alert that comes after the handshake is only to be found as the cause."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else None
    return getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or cause or error


def _tls_trouble(error: ssl.SSLError, title: str, access: Access, facts: dict[str, str]) -> ConsoleError:
    if isinstance(error, ssl.SSLCertVerificationError):
        words, remedy = _CERTIFICATE.get(error.verify_code, (f"its certificate is not accepted: {error.verify_message}", _AUTHORITY))
        return Unreachable(title, f"{access.told}: {words}", remedy, facts)
    reason = error.reason or ""
    if any(word in reason for word in _REFUSED_CERTIFICATES):
        why = expired(access.pair) or f"the server does not accept the client certificate of user {access.user}"
        return CredentialsError(title, f"{why} ({access.told})", _RENEW, facts)
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return Unreachable(title, f"{access.told} does not speak TLS", "check the server's scheme and port in the kubeconfig", facts)
    return Unreachable(title, f"{access.told}: the TLS handshake failed: {reason or error}", _NETWORK, facts)


def _why(error: Exception) -> str:
    root = _root(error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "no such host"
    if isinstance(root, _CUT):
        return "the connection was cut before the answer was complete"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"it does not answer in HTTP: {error.message}"
    if isinstance(root, ConnectionRefusedError):
        return "connection refused"
    return (root.strerror if isinstance(root, OSError) else "") or str(root) or type(root).__name__
