"""DemoCluster: a store, a world that moves it and an API server in front, opened and closed as one."""

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
from k8sconsole.demo.clock import DemoClock
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
    """A cluster that lives in this process and is reached over HTTP on 127.0.0.1.

    `scenario` names a file in data/scenarios, `size` scales it where it can be scaled, `seed` makes its world repeat, `clock` may be
    held. A `still` cluster does what it is asked and keeps its heartbeats, but nothing begins by itself: no cron job, no autoscaling,
    no roll-out, so that two looks at it compare. `users` are further users beside the administrator whose kubeconfig is `kubeconfig`.
    """

    def __init__(
        self,
        scenario: str = "calm-shop",
        *,
        size: int | None = None,
        seed: int = 1,
        clock: DemoClock | None = None,
        port: int = 0,
        tls: bool = False,
        still: bool = False,
        users: Iterable[User] = (),
    ) -> None:
        self._scenario, self._size, self._seed, self._port = scenario, size, seed, port
        self.clock = clock or DemoClock()
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

    # -- life

    async def start(self) -> Self:
        """Loads the scenario, starts the world and serves. Raises OSError when the port is taken."""
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
        """Closes the port, stops the world and removes the kubeconfig files."""
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
        """The cluster on an event loop of its own, in a daemon thread, for as long as the block lasts."""
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

    # -- how it is reached

    @property
    def url(self) -> str:
        """Scheme, address and port, without a trailing slash."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, mode 0600; there from start to stop."""
        return self._kubeconfig_path(self.admin)

    def kubeconfig_for(self, user: User, *, certificate: bool = False) -> Path:
        """Writes a user's kubeconfig and returns its path; with `certificate` (TLS only) it carries one instead of the token."""
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
        """Stops answering: connections stay open, and nothing arrives on them."""
        self._faults.answering.clear()

    async def refuse(self) -> None:
        """Closes the port and every connection, as a server that died."""
        await self._close_port()

    async def resume(self) -> None:
        """Answers again, on the same port, after `pause` or `refuse`."""
        self._faults.answering.set()
        if self._runner is None:
            await self._open_port()

    def plan_faults(self, *faults: Fault) -> None:
        """These befall the next requests that they are meant for."""
        self._faults.planned.extend(faults)

    @property
    def requests(self) -> list[str]:
        """The paths of the latest requests, with their queries, oldest first."""
        return list(self._faults.requests)

    def end_watches(self) -> None:
        """Ends every watch as the server does when its time is over."""
        self.store.history.end_watches()

    def rotate_token(self, user: User) -> User:
        """Gives a user another token; the former one is refused from now on. Watches that are open go on, as on a real server."""
        renewed = replace(user, token=secrets.token_urlsafe(24))
        self._gate.add_user(renewed)
        return renewed

    def compact(self) -> None:
        """Forgets the past: watches and lists from before now are told 410."""
        self.store.history.compact(self.store.resource_version)

    def expire_continue_tokens(self) -> None:
        """Makes every continue token given out so far too old (410)."""
        self.store.history.expire_tokens()

    # -- inside

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
        """Stops, and waits for every request that was still being answered, since its loop ends too."""
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
