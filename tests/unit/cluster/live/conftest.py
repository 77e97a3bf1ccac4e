"""Small API servers on the loopback address, kubeconfigs that lead to them, and certificates of every sort."""

import base64
import datetime
import ipaddress
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.model.refs import ClusterName

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, PEM; itself an authority for others."""

    certificate: bytes
    key: bytes

    def inline(self, field: str) -> str:
        return base64.b64encode(getattr(self, field)).decode()


def issue(name: str, *, by: Issued | None = None, hosts: tuple[str, ...] = (), lifetime: datetime.timedelta = DAY) -> Issued:
    """Signed by itself without ``by``. A negative lifetime makes one that has run out."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = serialization.load_pem_private_key(by.key, None) if by else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.load_pem_x509_certificate(by.certificate).subject if by else subject
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - 2 * DAY).not_valid_after(now + lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    made = builder.sign(signer, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return Issued(made.public_bytes(serialization.Encoding.PEM), pem)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def server_context(folder: Path, pair: Issued, clients: Issued | None = None) -> ssl.SSLContext:
    """What a server needs to show ``pair``, and with ``clients`` to demand certificates of that authority."""
    chain = folder / "server.pem"
    chain.write_bytes(pair.key + pair.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.certificate.decode())
    return context


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Starts a server: path → handler (``/{rest:.*}`` for any); answers its URL."""
    runners: list[web.AppRunner] = []

    async def start(routes: dict[str, Handler], context: ssl.SSLContext | None = None) -> str:
        application = web.Application(client_max_size=1 << 26)
        for path, handler in routes.items():
            application.router.add_route("*", path, handler)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Callable[..., Path]:
    """Writes a kubeconfig with one context called ``test``."""

    def write(server: str, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
        path = tmp_path / "config"
        content = {
            "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
            "users": [{"name": "u", "user": user or {}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
async def reach(kubeconfig: Callable[..., Path]) -> AsyncIterator[Callable[..., Awaitable[Cluster]]]:
    """Opens the cluster at a URL, with a user's entry and more fields for the cluster's; closed after the test."""
    opened: list[Cluster] = []

    async def open_(server: str, user: dict[str, Any] | None = None, environ: dict[str, str] | None = None, **cluster: Any) -> Cluster:
        contexts = KubeconfigContexts([kubeconfig(server, user, **cluster)], environ if environ is not None else {"PATH": "/usr/bin:/bin"})
        opened.append(await contexts.open(ClusterName("test")))
        return opened[-1]

    yield open_
    for cluster in opened:
        await cluster.close()


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """An exec plugin made of shell lines, as the entry of a user."""

    def make(*lines: str, **fields: Any) -> dict[str, Any]:
        script = tmp_path / "plugin"
        script.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return {
            "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "interactiveMode": "IfAvailable", **fields}
        }

    return make
