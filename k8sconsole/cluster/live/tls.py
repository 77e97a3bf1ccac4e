"""TLS towards an API server: which authority is trusted, and which certificate is shown."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from k8sconsole.cluster.live.credentials.presented import KeyPair
from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry
from k8sconsole.errors import ConfigurationError


def context(cluster: ClusterEntry, pair: KeyPair | None) -> ssl.SSLContext:
    """Blocking: reads files. Raises ConfigurationError for an authority or a pair that cannot be used."""
    authority = cluster.authority.read().decode("ascii", errors="replace") if cluster.authority else None
    try:
        made = ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(f"The certificate authority of cluster {cluster.name} is no PEM certificate", str(error)) from error
    # Cluster authorities made by older tools lack extensions that Python 3.13 demands by default and that Go never asked for.
    made.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if cluster.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if pair:
        _load(made, pair)
    return made


def _load(made: ssl.SSLContext, pair: KeyPair) -> None:
    try:
        with _as_file(pair.certificate) as certificate, _as_file(pair.key) as key:
            made.load_cert_chain(certificate, key, password="")  # an encrypted key fails rather than ask at the terminal
    except (ssl.SSLError, OSError) as error:
        reason = "certificate and key do not belong together, or are not PEM"
        raise ConfigurationError(
            "The client certificate cannot be used", f"{reason} ({error})", "check the user in the kubeconfig"
        ) from error


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A name under which OpenSSL can open ``content``: in memory where the system can, else a private file that is gone at once."""
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
