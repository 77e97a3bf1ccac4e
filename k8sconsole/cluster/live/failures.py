"""Translates the network library's exceptions into this program's errors, with a reason and a remedy."""

import errno
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote

import aiohttp

from k8sconsole.cluster.errors import RequestInfo
from k8sconsole.cluster.live.access import Access
from k8sconsole.cluster.live.credentials.provider import describe_expiry
from k8sconsole.cluster.live.proxy import strip_password
from k8sconsole.errors import ConfigurationError, ConnectionCut, ConsoleError, CredentialsError, DeadlineExceeded, Unreachable, refusal_of
from k8sconsole.kit.descriptors import are_descriptors_exhausted
from k8sconsole.kit.system_errors import OUT_OF_FILES

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
_CLIENT_CERTIFICATE_ALERTS = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN",
    "UNKNOWN_CA",
    "ACCESS_DENIED",
)
_RENEW = "renew the client certificate, or log in again"
_CUT = (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, ConnectionResetError, BrokenPipeError)


@contextmanager
def translate_errors(info: RequestInfo, access: Access, idle_timeout: float | None) -> Iterator[None]:
    """Raises errors of the network library as Unreachable, DeadlineExceeded, CredentialsError or ConfigurationError.

    idle_timeout: the limit in seconds whose expiry raised a TimeoutError.
    """
    try:
        yield
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _translate(error, info, access, idle_timeout) from error


def _translate(error: Exception, info: RequestInfo, access: Access, idle_timeout: float | None) -> ConsoleError:
    server = access.display_server
    title, details = info.title, {**info.details(), "server": server}
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Unreachable(title, f"no connection to {server}: timed out", _remedy(info), details)
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(title, f"nothing arrived from {server} for {idle_timeout or 0:g} s", _remedy(info), details)
    if isinstance(error, aiohttp.InvalidURL):
        return ConfigurationError(title, f"{server} is not a valid address", "check the server in the kubeconfig", details)
    if out_of_files := _find_exhaustion(error):
        return refusal_of(title, out_of_files)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return Unreachable(title, _proxy_reason(error, access), "check proxy-url in the kubeconfig, or HTTPS_PROXY", details)
    cause = _root_cause(error)
    if isinstance(cause, ssl.SSLError):
        return _tls_error(cause, info, access, details)
    if isinstance(cause, _CUT) and (sentence := describe_expiry(access.pair)):
        # Some servers close the connection on an expired certificate, without an alert.
        return CredentialsError(title, f"{sentence} ({server})", _RENEW, details)
    error_class = ConnectionCut if isinstance(cause, _CUT) else Unreachable
    return error_class(title, f"{server}: {_network_reason(error)}", _remedy(info), details)


def _remedy(info: RequestInfo) -> str:
    """It checks each step to the server, and says which one fails."""
    return f"k8sconsole doctor --context {quote(info.cluster)}, and check the network or VPN"


def _find_exhaustion(error: Exception) -> OSError | None:
    """The system's error where no further connection could be opened. A name may be unresolved for that reason alone."""
    cause = _root_cause(error)
    if isinstance(cause, OSError) and cause.errno in OUT_OF_FILES:
        return OSError(cause.errno, cause.strerror)
    if isinstance(error, aiohttp.ClientConnectorDNSError) and are_descriptors_exhausted():
        return OSError(errno.EMFILE, "")
    return None


def _proxy_reason(error: aiohttp.ClientError, access: Access) -> str:
    proxy = strip_password(access.proxy or "")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy {proxy} answered {error.status} {error.message}"
    return f"the proxy {proxy} does not answer: {_network_reason(error)}"


def _root_cause(error: Exception) -> BaseException:
    """Returns the error of the operating system or OpenSSL. A TLS alert after the handshake is only found as ``__cause__``."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else None
    return getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or cause or error


def _tls_error(error: ssl.SSLError, info: RequestInfo, access: Access, details: dict[str, str]) -> ConsoleError:
    title, server = info.title, access.display_server
    if isinstance(error, ssl.SSLCertVerificationError):
        why, remedy = _CERTIFICATE.get(error.verify_code, (f"its certificate is not accepted: {error.verify_message}", _AUTHORITY))
        return Unreachable(title, f"{server}: {why}", remedy, details)
    reason = error.reason or ""
    if any(alert in reason for alert in _CLIENT_CERTIFICATE_ALERTS):
        why = describe_expiry(access.pair) or f"the server does not accept the client certificate of user {access.user}"
        return CredentialsError(title, f"{why} ({server})", _RENEW, details)
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return Unreachable(title, f"{server} does not speak TLS", "check the server's scheme and port in the kubeconfig", details)
    return Unreachable(title, f"{server}: the TLS handshake failed: {reason or error}", _remedy(info), details)


def _network_reason(error: Exception) -> str:
    cause = _root_cause(error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "no such host"
    if isinstance(cause, _CUT):
        return "the connection was cut before the answer was complete"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"the answer is not HTTP: {error.message}"
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    return (cause.strerror if isinstance(cause, OSError) else "") or str(cause) or type(cause).__name__
