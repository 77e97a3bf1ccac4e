"""Small API servers on the loopback address, kubeconfigs that lead to them, and exec plugins."""

import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.kit.clock import Clock
from k8sconsole.model.refs import ClusterName
from tests.unit.cluster.live.certificates import Issued, issue, server_context

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


@pytest.fixture(scope="session")
def web_pair() -> Issued:
    return issue("web", hosts=("127.0.0.1", "localhost"))


@pytest.fixture
def secure(web_pair: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What ``serve`` needs for HTTPS that every client of this test trusts. Credentials are only sent over it."""
    trusted = tmp_path / "web.pem"
    trusted.write_bytes(web_pair.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    return server_context(tmp_path, web_pair)


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

    async def open_(
        server: str,
        user: dict[str, Any] | None = None,
        environ: dict[str, str] | None = None,
        clock: Clock | None = None,
        **cluster: Any,
    ) -> Cluster:
        environ = environ if environ is not None else {"PATH": "/usr/bin:/bin"}
        contexts = KubeconfigContexts([kubeconfig(server, user, **cluster)], environ, clock)
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
