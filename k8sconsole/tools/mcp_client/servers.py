"""All attached servers: start them, add their tools to the registry, remember which tool definitions are trusted, and stop them.

A server that fails does not affect the others.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.errors import NotFound
from k8sconsole.kit.clock import Clock
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.model.attached_servers import AttachedServerSettings, AttachedServerStatus, TrustedTool
from k8sconsole.model.events import AttachedServerChanged, Fact, ToolsChanged
from k8sconsole.store.port import Store
from k8sconsole.tools.mcp_client.server import AttachedServer
from k8sconsole.tools.registry import Registry
from k8sconsole.tools.spec import ToolSpec

if TYPE_CHECKING:
    from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec

SETTLE_TIMEOUT = 20.0
"""Seconds to wait for a server that is needed."""
SURVEY_TIMEOUT = 3.0
"""Seconds to wait where all servers are looked at, so that one that hangs does not hold up what the others answer."""


class AttachedServers:
    """Not thread-safe: use it from one event loop. store: keeps the trusted definitions; without one, they last for this run."""

    def __init__(
        self,
        settings: Sequence[AttachedServerSettings],
        registry: Registry,
        store: Store | None,
        clock: Clock,
        publish: Callable[[Fact], None],
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._publish = publish
        self._trusted: dict[str, TrustedTool] = {}
        self._trusted_loaded = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._servers = {one.name: AttachedServer(one, clock, self._handle_tools, self._handle_status) for one in settings}
        for name, server in self._servers.items():
            registry.expect_server(name, server.absence)

    def start(self, names: Sequence[str] = ()) -> None:
        """Start these servers in the background, or all. One that runs already is left alone."""
        for name in names or self._servers:
            if name not in self._tasks:
                self._tasks[name] = asyncio.get_running_loop().create_task(self._servers[name].run(), name=f"attached {name}")

    async def settle(self, timeout: float = SURVEY_TIMEOUT) -> list[AttachedServerStatus]:
        """Wait until each server was reached or has failed once, at most ``timeout`` seconds. Starts the servers if necessary."""
        return await self._settle(tuple(self._servers), timeout)

    async def settle_one(self, name: str) -> list[AttachedServerStatus]:
        """As ``settle``, for one server, without starting others. Empty for a name that no server has."""
        return await self._settle((name,), SETTLE_TIMEOUT) if name in self._servers else []

    async def _settle(self, names: Sequence[str], timeout: float) -> list[AttachedServerStatus]:
        self.start(names)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                for name in names:
                    await self._servers[name].settled.wait()
        return [self._servers[name].current_status() for name in names]

    def states(self) -> list[AttachedServerStatus]:
        return [server.current_status() for server in self._servers.values()]

    def server(self, name: str) -> AttachedServer:
        """Raises NotFound with the nearest names."""
        if name not in self._servers:
            close = nearest_or_first(name, self._servers)
            raise NotFound(
                f"no attached server {name!r}", "mcp_servers has no entry of that name", close[0] if close else "", {"nearest": close}
            )
        return self._servers[name]

    def held_definitions(self, name: str) -> tuple[str, str] | None:
        """(trusted definition, current definition) of a held tool, as JSON text. None if it is not held. Raises UnknownTool."""
        spec = self._registry.find(name)
        if spec.held and isinstance(spec, self._spec_type):
            return self._trusted[spec.name].definition, spec.definition
        return None

    async def trust(self, name: str) -> None:
        """Trust the current definition of a held tool, which a person has reviewed. Raises UnknownTool, StoreError."""
        spec = self._registry.find(name)
        if spec.held and isinstance(spec, self._spec_type):
            await self._remember([TrustedTool(spec.name, spec.definition, self._clock.now())])
            released = msgspec.structs.replace(spec, held="")
            tools = self._registry.attached_tools(spec.service)
            self._attach(spec.service, [released if one.name == spec.name else one for one in tools])
            self.server(spec.service).request_refresh()

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    @property
    def _spec_type(self) -> "type[AttachedToolSpec]":
        from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec

        return AttachedToolSpec

    async def _handle_tools(self, server: str, specs: "list[AttachedToolSpec]") -> "list[AttachedToolSpec]":
        """Trust new tools, hold changed ones, and attach all of them.

        A new tool is safe to trust, because it asks before each call unless ``reads`` covers it.
        """
        await self._load_trusted()
        new = [TrustedTool(one.name, one.definition, self._clock.now()) for one in specs if one.name not in self._trusted]
        await self._remember(new)
        checked = [msgspec.structs.replace(one, held=self._hold_reason(one)) for one in specs]
        self._attach(server, checked)
        return checked

    def _hold_reason(self, spec: "AttachedToolSpec") -> str:
        trusted = self._trusted[spec.name]
        return "" if trusted.definition == spec.definition else "its definition has changed since it was trusted"

    def _attach(self, server: str, specs: Sequence[ToolSpec]) -> None:
        if self._registry.attach_tools(server, specs):
            self._publish(ToolsChanged(server))

    async def _load_trusted(self) -> None:
        if self._store is not None and not self._trusted_loaded:
            self._trusted = {one.name: one for one in await self._store.audit.trusted_tools()} | self._trusted
            self._trusted_loaded = True

    async def _remember(self, tools: Sequence[TrustedTool]) -> None:
        self._trusted.update({one.name: one for one in tools})
        if self._store is not None and tools:
            await self._store.audit.trust_tools(tools)

    def _handle_status(self, status: AttachedServerStatus) -> None:
        self._publish(AttachedServerChanged(status.name, status.state.value, status.detail))
