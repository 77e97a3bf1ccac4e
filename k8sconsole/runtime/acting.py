"""Calling tools for the faces. Whatever is called goes through the pipeline; this only adds who asks, and counts what answered."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from k8sconsole.model.contexts import LogOptions
from k8sconsole.model.freshness import Source
from k8sconsole.model.policy import Policy
from k8sconsole.model.refs import ObjectRef
from k8sconsole.model.tools import Face, ToolCall, ToolOutcome
from k8sconsole.runtime.gauges import Gauges
from k8sconsole.runtime.gauges import Reading as Figures
from k8sconsole.tools.context import Progress, no_progress
from k8sconsole.tools.pipeline import Pipeline
from k8sconsole.tools.spec import ToolSpec

LOGS = "k8s_get_pod_logs"


class ToolCaller:
    def __init__(self, pipeline: Pipeline, gauges: Gauges, face: Face, policy: Policy) -> None:
        self.pipeline = pipeline
        self.gauges = gauges
        self.face = face
        self.policy = policy

    async def call(self, tool: str, arguments: dict[str, Any], *, face: Face | None = None, caller: str = "local") -> ToolOutcome:
        """Never raises: an error is the outcome's."""
        return await self.act(ToolCall(tool, arguments, face or self.face, caller))

    async def act(self, call: ToolCall, progress: Progress = no_progress) -> ToolOutcome:
        """As ``call``, for faces that make the call themselves and want its progress."""
        outcome = await self.pipeline.call(call, progress)
        if outcome.error is None and outcome.freshness is not None and outcome.freshness.source is not Source.HISTORY:
            self.gauges.answered(cached=outcome.freshness.source is Source.CACHE, duration_ms=outcome.duration_ms)
        return outcome

    async def logs(self, ref: ObjectRef, options: LogOptions) -> AsyncIterator[str]:
        """Masked lines; with follow, until closed. Raises ConsoleError."""
        call = ToolCall(LOGS, {"context": ref.cluster, "namespace": ref.namespace, "name": ref.name, **_given(options)}, self.face)
        async with contextlib.aclosing(self.pipeline.stream(call)) as lines:  # type: ignore[type-var]
            async for line in lines:
                yield line

    def tools(self) -> list[ToolSpec]:
        """What this face may offer."""
        return self.pipeline.registry.offered(self.face, self.policy)

    def tool(self, name: str) -> ToolSpec:
        """By name or alias. Raises UnknownTool."""
        return self.pipeline.registry.find(name)

    async def figures(self) -> Figures:
        return self.gauges.read()


def _given(options: LogOptions) -> dict[str, Any]:
    """Only what was chosen, in the tool's own words: since as a duration, and no bound on the lines where none was asked for."""
    chosen = {
        key: value
        for key, value in msgspec.structs.asdict(options).items()
        if value and key in ("container", "follow", "previous", "timestamps")
    }
    since = {"since": f"{options.since}s"} if options.since else {}
    return {**chosen, **since, "tail": options.tail or 0}
