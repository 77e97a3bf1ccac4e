"""DemoCluster: an object store, the controllers that change it, and an API server, started and stopped together."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import ssl
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Self

from k8sconsole.demo import kubeconfig
from k8sconsole.demo.api import definitions
from k8sconsole.demo.api.access import AccessControl
from k8sconsole.demo.api.backend import Backend
from k8sconsole.demo.api.faults import Fault, FaultInjector
from k8sconsole.demo.api.http import build_application
from k8sconsole.demo.clock import DemoClock, SkewedDemoClock
from k8sconsole.demo.storage import ObjectStore
from k8sconsole.demo.users import MASTERS, User
from k8sconsole.demo.world import scenario as scenarios
from k8sconsole.demo.world.controllers.inventory import ALL_CONTROLLERS, STILL_CONTROLLERS
from k8sconsole.demo.world.run import World

if TYPE_CHECKING:
    from aiohttp import web

    from k8sconsole.demo.certificates import CertificateAuthority

ADMIN = "demo-admin"
_START_SECONDS = 60


class DemoCluster:
    """A cluster that runs in this process and is served on 127.0.0.1.

    - `scenario`: the name of a file in data/scenarios.
    - `size`: the number of pods, for a scenario of variable size.
    - `seed`: equal seeds give equal clusters.
    - `clock`: the cluster's time, by default the machine's. `ahead`: seconds by which it is ahead of the machine's.
    - `still`: True starts no cron job, autoscaling or rollout, so that two reads can be compared. Requests and heartbeats still work.
    - `users`: users in addition to the administrator, whose kubeconfig is `kubeconfig`.
    """

    def __init__(
        self,
        scenario: str = "calm-shop",
        *,
        size: int | None = None,
        seed: int = 1,
        clock: DemoClock | None = None,
        ahead: float = 0.0,
        port: int = 0,
        tls: bool = False,
        still: bool = False,
        users: Iterable[User] = (),
    ) -> None:
        self._scenario, self._size, self._seed, self._port = scenario, size, seed, port
        self.clock = clock or (SkewedDemoClock(ahead) if ahead else DemoClock())
        self.store = ObjectStore(self.clock, seed=seed)
        self.admin = User(ADMIN, secrets.token_urlsafe(24), (MASTERS,))
        self._gate = AccessControl(self.store, (self.admin, *users))
        self._backend = Backend(self.store, self._gate, Random(seed))
        self._faults = FaultInjector()
        self.world = World(self.store, self.clock, seed, controllers=STILL_CONTROLLERS if still else ALL_CONTROLLERS)
        self._tls = tls
        self._authority: CertificateAuthority | None = None
        self._runner: web.AppRunner | None = None
        self._folder: Path | None = None

    # -- start and stop

    async def start(self) -> Self:
        """Load the scenario, start the controllers and serve. Raises OSError when the port is in use."""
        definitions.serve_definitions(self.store)
        scenarios.load_scenario(self._scenario, size=self._size, seed=self._seed).apply(self.store)
        if self._tls:
            from k8sconsole.demo.certificates import CertificateAuthority

            self._authority = CertificateAuthority()
        self._folder = Path(tempfile.mkdtemp(prefix="k8sconsole-demo-"))
        self._faults.answering.set()
        await self._open_port()
        self.kubeconfig_for(self.admin)
        await self.world.start()
        return self

    async def stop(self) -> None:
        """Stop the controllers, close the port and remove the kubeconfig files."""
        await self.world.stop()
        await self._close_port()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def in_thread(cls, scenario: str = "calm-shop", **options: Any) -> Iterator[DemoCluster]:
        """Run the cluster on its own event loop in a daemon thread until the block ends."""
        cluster = cls(scenario, **options)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="k8sconsole-demo", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(cluster.start(), loop).result(_START_SECONDS)
            yield cluster
        finally:
            asyncio.run_coroutine_threadsafe(cluster._stop_and_cancel(), loop).result(_START_SECONDS)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_START_SECONDS)
            loop.close()

    # -- address and kubeconfig

    @property
    def url(self) -> str:
        """Scheme, address and port, without a trailing slash."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, mode 0600. The file exists from `start` to `stop`."""
        return self._kubeconfig_path(self.admin)

    def kubeconfig_for(self, user: User, *, certificate: bool = False) -> Path:
        """Write a user's kubeconfig and return its path. With `certificate` (TLS only) it holds a client certificate, not the token."""
        pair = self._authority.issue_client(user.name, user.groups) if certificate and self._authority else None
        authority = self._authority.certificate if self._authority else None
        path = self._kubeconfig_path(user)
        kubeconfig.write_kubeconfig(path, kubeconfig.ApiServerAddress(f"demo-{self._scenario}", self.url, authority), user, pair)
        return path

    def _kubeconfig_path(self, user: User) -> Path:
        if self._folder is None:
            raise RuntimeError("the demo cluster has not been started")
        return self._folder / f"{user.name.replace(':', '-')}.kubeconfig"

    # -- faults, for tests

    def pause(self) -> None:
        """Stop answering. Connections stay open, but the server sends nothing on them."""
        self._faults.answering.clear()

    async def refuse(self) -> None:
        """Close the port and every connection, as a crashed server does."""
        await self._close_port()

    async def resume(self) -> None:
        """Answer again, on the same port, after `pause` or `refuse`."""
        self._faults.answering.set()
        if self._runner is None:
            await self._open_port()

    def plan_faults(self, *faults: Fault) -> None:
        """Apply these faults to the next requests that match them."""
        self._faults.planned.extend(faults)

    def silence_group(self, group: str) -> None:
        """The server behind an API group goes down: discovery marks the group as stale, and its requests get 503."""
        self.store.registry.silent_groups.add(group)
        self.end_watches()

    def restore_group(self, group: str) -> None:
        self.store.registry.silent_groups.discard(group)

    @property
    def requests(self) -> list[str]:
        """The paths of the latest requests with their query strings, oldest first."""
        return list(self._faults.requests)

    def end_watches(self) -> None:
        """End every watch, as the server does at its timeout."""
        self.store.history.end_watches()

    def rotate_token(self, user: User) -> User:
        """Give a user a new token. The old one is refused from now on; open watches continue, as on a real server."""
        renewed = replace(user, token=secrets.token_urlsafe(24))
        self._gate.add_user(renewed)
        return renewed

    def compact(self) -> None:
        """Drop the change history: watches and lists from an earlier revision get 410."""
        self.store.history.compact(self.store.resource_version)

    def expire_continue_tokens(self) -> None:
        """Expire every continue token issued so far (410)."""
        self.store.history.expire_tokens()

    # -- internal

    async def _open_port(self) -> None:
        from aiohttp import web

        self._runner = web.AppRunner(
            build_application(self._backend, self._faults), access_log=None, shutdown_timeout=0.05, handle_signals=False
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._build_ssl_context(), reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop_and_cancel(self) -> None:
        """Stop, then cancel and await the requests still in progress, because the loop ends next."""
        await self.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _close_port(self) -> None:
        runner, self._runner = self._runner, None
        if runner is None:
            return
        self._faults.answering.set()
        await runner.cleanup()

    def _build_ssl_context(self) -> ssl.SSLContext | None:
        if self._authority is None or self._folder is None:
            return None
        pair = self._authority.issue_server()
        chain, trusted = self._folder / "server.pem", self._folder / "ca.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(pair.key + pair.certificate)
        trusted.write_bytes(self._authority.certificate)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(trusted))
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_cert_chain(chain)
        return context
