"""All attached servers together: started, lent to the catalogue, watched, and ended. One that fails costs the others nothing."""

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

PATIENCE = 20.0


class AttachedServers:
    """Belongs to one loop. store: where it is remembered what a tool looked like when it was trusted; without one, for this run."""

    def __init__(
        self,
        servers: Sequence[AttachedServerSettings],
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
        self._recalled = False
        self._tasks: list[asyncio.Task[None]] = []
        self._attached = {one.name: AttachedServer(one, clock, self._learnt, self._told) for one in servers}

    def start(self) -> None:
        """Once; calling it again does nothing."""
        if not self._tasks:
            self._tasks = [
                asyncio.get_running_loop().create_task(one.run(), name=f"outside {name}") for name, one in self._attached.items()
            ]

    async def settle(self, patience: float = PATIENCE) -> list[AttachedServerStatus]:
        """How they are when each has been reached or has failed once, or after ``patience`` seconds: for commands, which look once."""
        self.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for one in self._attached.values():
                    await one.settled.wait()
        return self.states()

    def states(self) -> list[AttachedServerStatus]:
        return [one.state for one in self._attached.values()]

    def server(self, name: str) -> AttachedServer:
        """Raises NotFound naming the nearest."""
        if name not in self._attached:
            close = nearest_or_first(name, self._attached)
            raise NotFound(
                f"no attached server {name!r}", "mcp_servers names none of that name", close[0] if close else "", {"nearest": close}
            )
        return self._attached[name]

    def doubted(self, name: str) -> tuple[str, str] | None:
        """What a held tool said of itself when it was trusted, and what it says now, as JSON text; None for one that is not held. Raises
        UnknownTool."""
        spec = self._registry.find(name)
        return (self._trusted[spec.name].definition, spec.definition) if spec.held and isinstance(spec, self._kind) else None

    async def trust(self, name: str) -> None:
        """The tool as it is now is what a person has looked at. Raises UnknownTool, StoreError."""
        spec = self._registry.find(name)
        if spec.held and isinstance(spec, self._kind):
            await self._remember([TrustedTool(spec.name, spec.definition, self._clock.now())])
            freed = msgspec.structs.replace(spec, held="")
            self._lend(spec.service, [freed if one.name == spec.name else one for one in self._registry.attached_tools(spec.service)])
            self.server(spec.service).look_again()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _kind(self) -> "type[AttachedToolSpec]":
        from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec

        return AttachedToolSpec

    async def _learnt(self, server: str, specs: "list[AttachedToolSpec]") -> "list[AttachedToolSpec]":
        """A tool seen for the first time is taken as it is: it asks before every call unless a person vouches for it. Once it is
        another, it is held back."""
        await self._recall()
        await self._remember([TrustedTool(one.name, one.definition, self._clock.now()) for one in specs if one.name not in self._trusted])
        offered = [msgspec.structs.replace(one, held=self._doubt(one)) for one in specs]
        self._lend(server, offered)
        return offered

    def _doubt(self, spec: "AttachedToolSpec") -> str:
        known = self._trusted[spec.name]
        return "" if known.definition == spec.definition else "what it says of itself has changed since it was trusted"

    def _lend(self, server: str, specs: Sequence[ToolSpec]) -> None:
        if self._registry.attach_tools(server, specs):
            self._publish(ToolsChanged(server))

    async def _recall(self) -> None:
        if self._store is not None and not self._recalled:
            self._trusted = {one.name: one for one in await self._store.audit.trusted_tools()} | self._trusted
            self._recalled = True

    async def _remember(self, tools: Sequence[TrustedTool]) -> None:
        self._trusted.update({one.name: one for one in tools})
        if self._store is not None and tools:
            await self._store.audit.trust_tools(tools)

    def _told(self, state: AttachedServerStatus) -> None:
        self._publish(AttachedServerChanged(state.name, state.state.value, state.detail))
