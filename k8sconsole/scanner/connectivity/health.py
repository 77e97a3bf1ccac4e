"""Whether the cluster answers: one probe for all watches, so that a lost cluster gets one request at a time and not one per kind."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from shlex import quote
from typing import TypeVar

from k8sconsole.cluster.port import ServerVersion
from k8sconsole.errors import ConsoleError, DeadlineExceeded, Denied, NotFound, OutOfFiles
from k8sconsole.kit.clock import Clock
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.scanner.source import ResourceSource

_PROBE_AFTER, _PROBE_AFTER_FOCUSED = 6.0, 2.0
"""Seconds without any response until the cluster is probed. The second applies while a person looks at the cluster. A cluster that falls
silent is lost after this and the probe's timeout, which together stay below 15 s."""

_PROBE_TIMEOUT, _PROBE_TIMEOUT_FOCUSED = 5.0, 2.5
_CHECK_TIMEOUT = 15.0
"""Seconds. A caller waits for the answer, and a slow server must not look like a lost one."""
_LOST_AFTER = 2
"""Consecutive failed probes until every watch counts as broken. A single failure may come from a busy server."""

T = TypeVar("T")


class ClusterHealth:
    """Probes one cluster, so that its reflectors know when they can send requests. Belongs to one loop.

    on_unreachable(error, retry_at): called at every failed probe. on_reachable(version): called when the cluster answers again.
    on_out_of_files(error): called when no probe could be sent, because too many files are open.
    is_focused: whether a person looks at the cluster and no list runs, so that a missing response means trouble soon.
    check_identity(identity): awaited before on_reachable, since another cluster may answer now.
    identity: of the cluster that answered last.
    """

    def __init__(
        self,
        source: ResourceSource,
        clock: Clock,
        *,
        on_unreachable: Callable[[ConsoleError, float], None],
        on_reachable: Callable[[ServerVersion], None],
        on_out_of_files: Callable[[OutOfFiles], None],
        is_focused: Callable[[], bool],
        check_identity: Callable[[ClusterIdentity], Awaitable[None]],
    ) -> None:
        self.identity = ClusterIdentity()
        self._source = source
        self._clock = clock
        self._on_unreachable = on_unreachable
        self._on_reachable = on_reachable
        self._on_out_of_files = on_out_of_files
        self._is_focused = is_focused
        self._check_identity = check_identity
        self._responded_at = float("-inf")
        self._woken = asyncio.Event()
        self._reachable = asyncio.Event()
        self._lost = asyncio.Event()
        self._suspected = asyncio.Event()
        self._suspected.set()

    @property
    def uid(self) -> str:
        """The cluster's uid; empty when it may not be read."""
        return self.identity.uid

    @property
    def last_response_at(self) -> float | None:
        """When the cluster last sent something, in seconds since the epoch; None when it never did."""
        silence = self._clock.monotonic() - self._responded_at
        return None if silence == float("inf") else self._clock.now() - silence

    def mark_responding(self) -> None:
        """Records that the cluster has just sent something."""
        self._responded_at = self._clock.monotonic()

    def suspect(self) -> None:
        """A request could not reach the cluster: every reflector waits until a probe succeeds."""
        self._reachable.clear()
        self._suspected.set()

    async def wait_until_reachable(self) -> None:
        await self._reachable.wait()

    async def wait_until_lost(self) -> None:
        """Returns when so many probes have failed that no open connection to the cluster can be trusted."""
        await self._lost.wait()

    async def check(self) -> None:
        """Sends one request now, and wakes a probe that waits for its next try. Raises what prevents every request."""
        await self._source.log_in(_CHECK_TIMEOUT)
        await self._request(self._source.version(), None, _CHECK_TIMEOUT)
        self._woken.set()

    async def connect(self) -> ServerVersion:
        """Waits for the login without a time limit, then reads version and identity. Raises what any of these raises."""
        await self._source.log_in()
        return await self._read_version_and_identity()

    async def _read_version_and_identity(self) -> ServerVersion:
        version = await self._request(self._source.version(), ServerVersion(""))  # a server that refuses does answer
        self.identity = await self._request(self._source.identity(), ClusterIdentity())
        await self._check_identity(self.identity)
        return version

    async def run_probes(self) -> None:
        """Probes until cancelled: at once when suspected, with backoff while the cluster is lost, else when nothing was received lately."""
        while True:
            await self._wait_for_suspicion()
            self._suspected.clear()
            await self._probe_until_reachable()

    async def _wait_for_suspicion(self) -> None:
        while not self._suspected.is_set():
            quiet = _PROBE_AFTER_FOCUSED if self._is_focused() else _PROBE_AFTER
            remaining = self._responded_at + quiet - self._clock.monotonic()
            if remaining <= 0:
                return
            try:
                async with asyncio.timeout(min(remaining, _PROBE_AFTER_FOCUSED)):
                    await self._suspected.wait()
            except TimeoutError:
                continue

    async def _probe_until_reachable(self) -> None:
        backoff = Backoff(self._clock)
        failures = 0
        while True:
            try:
                await self._probe()
                return
            except OutOfFiles as error:  # this says nothing about the cluster
                self._on_out_of_files(error)
                await self._sleep_until_woken(backoff.next())
                if self._reachable.is_set():
                    return
            except ConsoleError as error:
                failures += 1
                wait = backoff.next()
                self._reachable.clear()
                if failures >= _LOST_AFTER:
                    self._lost.set()
                self._on_unreachable(error, self._clock.now() + wait)
                await self._sleep_until_woken(wait)

    async def _sleep_until_woken(self, seconds: float) -> None:
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _probe(self) -> None:
        await self._source.log_in(self._probe_timeout)
        if self._reachable.is_set():
            await self._request(self._source.version(), None)
            return
        version = await self._read_version_and_identity()
        self._lost.clear()
        self._on_reachable(version)
        self._reachable.set()

    @property
    def _probe_timeout(self) -> float:
        return _PROBE_TIMEOUT_FOCUSED if self._is_focused() else _PROBE_TIMEOUT

    async def _request(self, request: Awaitable[T], default: T, timeout: float | None = None) -> T:
        """Returns the response, or ``default`` when the server refuses it. Raises DeadlineExceeded when nothing arrives in time."""
        began = self._clock.monotonic()
        timeout = timeout or self._probe_timeout
        try:
            async with asyncio.timeout(timeout):
                response = await request
        except (Denied, NotFound):
            response = default
        except TimeoutError as error:
            if self._responded_at > began:
                return default  # the server is slow, but it sends
            remedy = f"k8sconsole doctor --context {quote(self._source.name)}, and check the network or VPN"
            raise DeadlineExceeded(f"{self._source.name} does not answer", f"no reply within {timeout:g} s", remedy) from error
        self.mark_responding()
        return response
