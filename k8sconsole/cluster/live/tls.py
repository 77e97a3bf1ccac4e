"""TLS to an API server: the trusted authority and the client certificate."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from k8sconsole.cluster.live.credentials.provider import KeyPair
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry
from k8sconsole.errors import ConfigurationError, refusal_of


def ssl_context(cluster: ClusterEntry, pair: KeyPair | None) -> ssl.SSLContext:
    """Blocking: reads files. Raises ConfigurationError for an authority or a key pair that cannot be used."""
    authority = cluster.authority.read().decode("ascii", errors="replace") if cluster.authority else None
    try:
        context = ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        title = f"the certificate authority of cluster {cluster.name} is not a PEM certificate"
        raise ConfigurationError(title, str(error), "check certificate-authority in the kubeconfig") from error
    # Authorities made by older tools lack extensions that Python 3.13 requires by default and Go does not.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if cluster.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if pair:
        _load_key_pair(context, pair)
    return context


def _load_key_pair(context: ssl.SSLContext, pair: KeyPair) -> None:
    try:
        with _temporary_file(pair.certificate) as certificate, _temporary_file(pair.key) as key:
            context.load_cert_chain(certificate, key, password="")  # an encrypted key fails, instead of prompting on the terminal
    except OSError as error:
        if not isinstance(error, ssl.SSLError):
            raise refusal_of("cannot use the client certificate", error) from error
        reason = "certificate and key do not belong together, or are not PEM"
        raise ConfigurationError(
            "cannot use the client certificate", f"{reason} ({error})", "check client-certificate and client-key in the kubeconfig"
        ) from error


@contextmanager
def _temporary_file(content: bytes) -> Iterator[str]:
    """Yields a file name for OpenSSL: in memory where the system supports it, else a private file that is deleted at the end."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("k8sconsole")
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile(prefix="k8sconsole-") as file:
        file.write(content)
        file.flush()
        yield file.name
