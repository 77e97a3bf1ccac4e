"""One attached server from its start to its end: connected, listed, looked at again, lost, and tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import ConsoleError, Unavailable, Unreachable
from k8sconsole.kit.clock import Clock
from k8sconsole.model.attached_servers import AttachedServerSettings, AttachedServerState, AttachedServerStatus
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.tools.context import Progress

if TYPE_CHECKING:
    from k8sconsole.tools.mcp_client.session import McpSession, McpToolResult
    from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec

log = logging.getLogger("k8sconsole.outside")
LOOK_EVERY = 60.0
"""Seconds between two looks at what it offers, which are also the question whether it is still there."""
_REASON_WITHIN = 1.0
"""Seconds after a failed call in which a server that has ended says with which exit code."""
STEADY = 60.0
"""Seconds a connection must have held for the next attempt to be made at once."""

Learnt = Callable[[str, "list[AttachedToolSpec]"], Awaitable["list[AttachedToolSpec]"]]
"""(server, its tools as they are now): the tools as they may be offered, those that changed since they were trusted held back."""


class AttachedServer:
    """learnt is awaited with every list of tools; told is called whenever the state is another."""

    def __init__(self, server: AttachedServerSettings, clock: Clock, learnt: Learnt, told: Callable[[AttachedServerStatus], None]) -> None:
        self.server = server
        self.state = AttachedServerStatus(server.name, server.transport, AttachedServerState.CONNECTING, clock.now())
        self.settled = asyncio.Event()
        self._clock = clock
        self._learnt = learnt
        self._told = told
        self._link: McpSession | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """For ever: what goes wrong with the server is its state."""
        from k8sconsole.tools.mcp_client.session import open_session

        backoff = Backoff(self._clock)
        while True:
            began = self._clock.monotonic()
            try:
                async with open_session(self.server, self._changed.set) as self._link:
                    problem = await self._serve(self._link)
                self._lose(problem)
            except ConsoleError as problem:
                self._lose(problem)
            except Exception as cause:  # what the SDK's own tasks end with must not end the watch over the server
                log.exception("an attached server failed", extra={"operation": "outside"})
                self._lose(Unreachable(f"{self.server.name} failed", type(cause).__name__))
            finally:
                self._link = None
            if self._clock.monotonic() - began > STEADY:
                backoff.reset()
            await asyncio.sleep(backoff.next())

    async def call(self, tool: str, arguments: Mapping[str, Any], progress: Progress | None = None) -> "McpToolResult":
        """Raises Unreachable while it is lost, and what ``McpSession.call`` raises."""
        if self._link is None:
            raise Unreachable(
                f"{self.server.name} is not connected", self.state.detail or "it is being started", "k8sconsole tools servers"
            )
        try:
            return await self._link.call(tool, dict(arguments), progress)
        except Unavailable:
            self.look_again()  # whether it is still there is found out now, and not with the next look
            raise

    def look_again(self) -> None:
        """At what it offers, now."""
        self._changed.set()

    async def _serve(self, link: "McpSession") -> ConsoleError:
        """Returns what ended it, since what is raised inside a session comes out of it wrapped."""
        ended = asyncio.create_task(link.ends())
        try:
            while not ended.done():
                await self._learn(link)
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait((ended, changed), timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                self._changed.clear()
            return Unreachable(f"{self.server.name} has ended", ended.result(), "its own log")
        except ConsoleError as problem:
            await asyncio.wait((ended,), timeout=_REASON_WITHIN)
            return Unreachable(f"{self.server.name} has ended", ended.result(), "its own log") if ended.done() else problem
        finally:
            ended.cancel()

    async def _learn(self, link: "McpSession") -> None:
        from k8sconsole.tools.mcp_client.tool_adapter import adapt_tools

        specs, left = adapt_tools(self.server, await link.tools(), self.call)
        offered = await self._learnt(self.server.name, specs)
        held = tuple(spec.name for spec in offered if spec.held)
        self._tell(AttachedServerState.READY, len(offered) - len(held), held, _left_out(left))

    def _lose(self, problem: ConsoleError) -> None:
        if self.state.state is not AttachedServerState.LOST:
            log.warning("an attached server is lost: %s", problem, extra={"operation": "outside"})
        self._tell(AttachedServerState.LOST, self.state.tools, self.state.held, problem.detail or problem.title)

    def _tell(self, trust: AttachedServerState, tools: int, held: Sequence[str], detail: str) -> None:
        new = AttachedServerStatus(self.server.name, self.server.transport, trust, self._clock.now(), tools, tuple(held), detail)
        self.settled.set()
        if msgspec.structs.replace(new, since=self.state.since) != self.state:
            self.state = new
            self._told(new)


def _left_out(left: Sequence[str]) -> str:
    return f"left out: {'; '.join(left[:5])}" + (f" and {len(left) - 5} more" if len(left) > 5 else "") if left else ""
