"""Calling tools for the faces. Whatever is called goes through the pipeline; this only adds who asks, and counts what answered."""

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.model.clusters import LogOptions
from k8sconsole.model.freshness import Source
from k8sconsole.model.policy import Policy
from k8sconsole.model.refs import ObjectRef
from k8sconsole.model.tools import Face, ToolCall, ToolOutcome
from k8sconsole.runtime.metrics.live import Gauges
from k8sconsole.runtime.metrics.live import Reading as Figures

if TYPE_CHECKING:
    from k8sconsole.runtime.metrics.experiments import Pairing, Suggested
    from k8sconsole.tools.context import Progress
    from k8sconsole.tools.pipeline.pipeline import Pipeline
    from k8sconsole.tools.spec import ToolSpec

LOGS = "k8s_get_pod_logs"


class ToolCaller:
    """make_pipeline: called once, when a tool is first asked for. later: does work in the background, until the console is closed."""

    def __init__(
        self,
        make_pipeline: "Callable[[], Pipeline]",
        gauges: Gauges,
        face: Face,
        policy: Policy,
        later: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._pipeline_maker = make_pipeline
        self._later = later
        self.gauges = gauges
        self.face = face
        self.policy = policy

    @cached_property
    def pipeline(self) -> "Pipeline":
        return self._pipeline_maker()

    @cached_property
    def _pairing(self) -> "Pairing":
        from k8sconsole.runtime.metrics.experiments import Pairing

        return Pairing(self.pipeline.call, self.keep_fact, self.pipeline.environment.clock.monotonic)

    @cached_property
    def _suggested(self) -> "Suggested":
        from k8sconsole.runtime.metrics.experiments import Suggested

        return Suggested(self.keep_fact)

    def keep_fact(self, name: str, value: float) -> None:
        """What the indicators are computed from, kept in the cache file."""
        self.pipeline.trail.record_figure(self.pipeline.environment.clock.now(), name, value)

    async def call(self, tool: str, arguments: dict[str, Any], *, face: Face | None = None, caller: str = "local") -> ToolOutcome:
        """Never raises: an error is the outcome's."""
        return await self.act(ToolCall(tool, arguments, face or self.face, caller))

    async def act(self, call: ToolCall, progress: "Progress | None" = None) -> ToolOutcome:
        """As ``call``, for faces that make the call themselves and want its progress."""
        outcome = await (self.pipeline.call(call, progress) if progress else self.pipeline.call(call))
        if outcome.error is None and outcome.freshness is not None and outcome.freshness.source is not Source.HISTORY:
            self._suggested.used(call)
            if self._pairing.wants(self.tool(call.tool), call, outcome):
                self._later(self._pairing.measure(call, outcome))
        return outcome

    async def logs(self, ref: ObjectRef, options: LogOptions) -> AsyncIterator[str]:
        """Masked lines; with follow, until closed. Raises ConsoleError."""
        call = ToolCall(LOGS, {"context": ref.cluster, "namespace": ref.namespace, "name": ref.name, **_given(options)}, self.face)
        async with contextlib.aclosing(self.pipeline.stream(call)) as lines:  # type: ignore[type-var]
            async for line in lines:
                yield line

    def tools(self) -> "list[ToolSpec]":
        """What this face may offer."""
        return self.pipeline.registry.list_tools(self.face, self.policy)

    def tool(self, name: str) -> "ToolSpec":
        """By name or alias. Raises UnknownTool."""
        return self.pipeline.registry.find(name)

    async def suggest(self, tool: str, parameter: str, given: Mapping[str, Any]) -> list[str]:
        """What the parameter may be given, the likeliest first, from the cache alone; given: the arguments so far. Raises UnknownTool."""
        from k8sconsole.tools.context import ToolContext
        from k8sconsole.tools.suggestions import suggest

        context = ToolContext(self.pipeline.environment, ToolCall(tool, dict(given), self.face))
        values = await suggest(context, self.tool(tool), parameter, given)
        self._suggested.offer(tool, parameter, values)
        return values

    async def metrics(self) -> str:
        """What this process knows of its calls, in Prometheus's text form."""
        from k8sconsole.telemetry.exposition import render_metrics

        return render_metrics(self.pipeline.meters)

    async def figures(self) -> Figures:
        """What this run measured of itself in the last minutes."""
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
