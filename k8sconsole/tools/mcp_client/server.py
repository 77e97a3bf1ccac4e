"""One attached server: connect, list its tools, refresh the list, and reconnect after a failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import ConsoleError, InvalidParams, ToolFailed, Unavailable, Unreachable
from k8sconsole.kit.clock import Clock
from k8sconsole.model.attached_servers import AttachedServerSettings, AttachedServerState, AttachedServerStatus
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.tools.context import Progress

if TYPE_CHECKING:
    from k8sconsole.tools.mcp_client.session import McpSession, McpToolResult
    from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec

log = logging.getLogger("k8sconsole.outside")
REFRESH_INTERVAL = 60.0
"""Seconds between two requests for the tool list. The request is also the health check."""
_EXIT_REASON_WAIT = 1.0
"""Seconds to wait after a failed call for the exit code of a server that may have ended."""
STABLE_AFTER = 60.0
"""Seconds after which a connection counts as stable. When a stable connection ends, the first reconnect is immediate."""

ToolsListener = Callable[[str, "list[AttachedToolSpec]"], Awaitable["list[AttachedToolSpec]"]]
"""(server, current tools) -> the same tools, with ``held`` set on those that changed since they were trusted."""


class AttachedServer:
    """on_tools: awaited with each list of tools. on_status: called when the status changes."""

    def __init__(
        self,
        settings: AttachedServerSettings,
        clock: Clock,
        on_tools: ToolsListener,
        on_status: Callable[[AttachedServerStatus], None],
    ) -> None:
        self.settings = settings
        self.status = AttachedServerStatus(settings.name, settings.transport, AttachedServerState.CONNECTING, clock.now())
        self.settled = asyncio.Event()
        """Set once the server was reached or the first attempt failed."""
        self._clock = clock
        self._on_tools = on_tools
        self._on_status = on_status
        self._session: McpSession | None = None
        self._refresh_requested = asyncio.Event()

    async def run(self) -> None:
        """Keep the server connected until cancelled. Failures are reported in ``status``, not raised."""
        from k8sconsole.tools.mcp_client.session import open_session

        backoff = Backoff(self._clock)
        while True:
            started = self._clock.monotonic()
            try:
                async with open_session(self.settings, self._refresh_requested.set) as self._session:
                    problem = await self._serve(self._session)
                self._set_lost(problem)
            except ConsoleError as problem:
                self._set_lost(problem)
            except Exception as cause:  # an error in the SDK's own tasks must not end this loop
                log.exception("an attached server failed", extra={"operation": "outside"})
                self._set_lost(Unreachable(f"{self.settings.name} failed", type(cause).__name__, "k8sconsole doctor"))
            finally:
                self._session = None
            if self._clock.monotonic() - started > STABLE_AFTER:
                backoff.reset()
            await asyncio.sleep(backoff.next())

    async def call(self, tool: str, arguments: Mapping[str, Any], progress: Progress | None = None) -> "McpToolResult":
        """Raises Unreachable while the server is not connected, and the errors of ``McpSession.call``."""
        if self._session is None:
            reason = self.status.detail or "it is starting"
            raise Unreachable(f"{self.settings.name} is not connected", reason, "k8sconsole tools servers")
        try:
            return await self._session.call(tool, dict(arguments), progress)
        except Unavailable:
            self.request_refresh()  # find out now whether the server is still running
            raise

    def current_status(self) -> AttachedServerStatus:
        """The status, with the reason where its tools are unknown so far."""
        problem = self.absence()
        return self.status if problem is None else msgspec.structs.replace(self.status, detail=problem.detail)

    def absence(self) -> ConsoleError | None:
        """Why its tools are unknown so far; None once it has listed them."""
        name, state = self.settings.name, self.status.state
        if state is AttachedServerState.READY:
            return None
        waited = f"no answer for {self._clock.now() - self.status.since:.0f} s since it was started"
        detail = self.status.detail if state is AttachedServerState.LOST else waited
        return Unreachable(f"{name} does not answer", detail, "k8sconsole tools servers")

    def request_refresh(self) -> None:
        """List the server's tools now instead of after the interval."""
        self._refresh_requested.set()

    async def _serve(self, session: "McpSession") -> ConsoleError:
        """Refresh the tools until the session ends, and return why it ended.

        The error is returned because the SDK wraps what is raised inside a session.
        """
        name = self.settings.name
        ended = asyncio.create_task(session.wait_ended())
        try:
            while not ended.done():
                await self._refresh_tools(session)
                refresh = asyncio.create_task(self._refresh_requested.wait())
                await asyncio.wait((ended, refresh), timeout=REFRESH_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
                refresh.cancel()
                self._refresh_requested.clear()
            return Unreachable(f"{name} has ended", ended.result(), "see the server's own log")
        except ConsoleError as problem:
            await asyncio.wait((ended,), timeout=_EXIT_REASON_WAIT)
            return Unreachable(f"{name} has ended", ended.result(), "see the server's own log") if ended.done() else problem
        finally:
            ended.cancel()

    async def _refresh_tools(self, session: "McpSession") -> None:
        from k8sconsole.tools.mcp_client.tool_adapter import adapt_tools

        try:
            listed, rejected = await session.list_tools()
        except (ToolFailed, InvalidParams) as problem:  # it answers: the tools known so far stay
            self._set_status(AttachedServerState.READY, self.status.tools, self.status.held, f"it lists no tools: {problem.detail}")
            return
        adapted, more = adapt_tools(self.settings, listed, self.call)
        specs = await self._on_tools(self.settings.name, adapted)
        held = tuple(spec.name for spec in specs if spec.held)
        self._set_status(AttachedServerState.READY, len(specs) - len(held), held, _format_rejected([*rejected, *more]))

    def _set_lost(self, problem: ConsoleError) -> None:
        if self.status.state is not AttachedServerState.LOST:
            log.warning("an attached server is lost: %s", problem, extra={"operation": "outside"})
        self._set_status(AttachedServerState.LOST, self.status.tools, self.status.held, problem.detail or problem.title)

    def _set_status(self, state: AttachedServerState, tools: int, held: Sequence[str], detail: str) -> None:
        new = AttachedServerStatus(self.settings.name, self.settings.transport, state, self._clock.now(), tools, tuple(held), detail)
        self.settled.set()
        if msgspec.structs.replace(new, since=self.status.since) != self.status:
            self.status = new
            self._on_status(new)


def _format_rejected(rejected: Sequence[str]) -> str:
    return f"left out: {'; '.join(rejected[:5])}" + (f" and {len(rejected) - 5} more" if len(rejected) > 5 else "") if rejected else ""
