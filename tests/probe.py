"""A pipeline with one tool that does what a test wants."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from k8sconsole.kit.clock import SystemClock
from k8sconsole.model.tools import Capabilities, Face, Risk, Scope, ToolCall, ToolOutcome
from k8sconsole.tools.context import ToolContext, ToolEnvironment
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.registry import Registry
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec

Handler = Callable[[Any, ToolContext], Awaitable[Reply]]


class Ahead(SystemClock):
    """The time, and as much more as the test wants."""

    seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.seconds


class Outside(msgspec.Struct, frozen=True):
    """The tool of another server, as the pipeline sees it."""

    inner: ToolSpec
    service: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    context: str = ""
    what: str = ""
    live: bool = False


async def answer(asked: Asked, context: ToolContext) -> Reply:
    return Reply({"what": asked.what}, "done", context.live_freshness())


def probe(handler: Handler = answer, *, risk: Risk = Risk.READ, **more: Any) -> ToolSpec:
    """A change is about the object that its argument ``what`` names."""

    async def prepare(asked: Asked, context: ToolContext) -> Proposal:
        return Proposal((f"pod {asked.what}",))

    able = Capabilities(("pods",), ("get",), Scope.CLUSTER)
    known = {"prepare": None if risk is Risk.READ else prepare, **more}
    return ToolSpec("probe", "Probe", "For the test.", Asked, Asked, risk, known.pop("capabilities", able), "core", handler, **known)


def with_probe(environment: ToolEnvironment, *tools: Any) -> Pipeline:
    return Pipeline(Registry(tools or [probe()]), environment)


async def called(
    pipeline: Pipeline, face: Face = Face.MCP, caller: str = "client", *, tool: str = "probe", deadline: float = 30.0, **arguments: Any
) -> ToolOutcome:
    return await pipeline.call(ToolCall(tool, arguments, face, caller, deadline=deadline))


@dataclass
class Gate:
    """A handler whose calls wait until they are let go; ``most`` were inside at the same time."""

    reply: Handler = answer
    inside: list[str] = field(default_factory=list)
    most: int = 0
    order: list[str] = field(default_factory=list)

    open: asyncio.Event = field(default_factory=asyncio.Event)
    _begun: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def begun(self, count: int) -> None:
        """Returns once so many more calls have come in."""
        async with asyncio.timeout(10):
            for _ in range(count):
                await self._begun.get()

    async def __call__(self, asked: Asked, context: ToolContext) -> Reply:
        self.inside.append(asked.what)
        self.order.append(asked.what)
        self._begun.put_nowait(asked.what)
        self.most = max(self.most, len(self.inside))
        try:
            await self.open.wait()
        finally:
            self.inside.remove(asked.what)
        return await self.reply(asked, context)
