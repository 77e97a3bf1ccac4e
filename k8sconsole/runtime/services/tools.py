"""Calling tools for the faces. Every call passes the pipeline; this adds the face, and records what the KPIs need."""

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.model.attached_servers import TOOL_NAME_SEPARATOR, AttachedServerStatus
from k8sconsole.model.cache_records import ToolUsage
from k8sconsole.model.clusters import LogOptions
from k8sconsole.model.freshness import Source
from k8sconsole.model.policy import Policy
from k8sconsole.model.refs import ClusterName, ObjectRef
from k8sconsole.model.tools import Face, ToolCall, ToolDescription, ToolOutcome
from k8sconsole.runtime.services.api_resources import ApiResources
from k8sconsole.store.port import Store

if TYPE_CHECKING:
    from k8sconsole.runtime.metrics.experiments import CacheComparison, SuggestionCheck
    from k8sconsole.runtime.services.get import GetRequest, GetResult
    from k8sconsole.tools.context import Progress
    from k8sconsole.tools.mcp_client.servers import AttachedServers
    from k8sconsole.tools.pipeline.pipeline import Pipeline

LOGS = "k8s_get_pod_logs"


class ToolsService:
    """The ToolsApi.

    pipeline, servers: return the part, which is built by the first call. selected: the clusters shown now. start_task: runs a coroutine in
    the background until the console closes.
    """

    def __init__(
        self,
        pipeline: "Callable[[], Pipeline]",
        servers: "Callable[[], AttachedServers]",
        *,
        store: Store,
        api_resources: ApiResources,
        selected: Callable[[], Sequence[ClusterName]],
        face: Face,
        policy: Policy,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._pipeline = pipeline
        self._servers = servers
        self._store = store
        self._api_resources = api_resources
        self._selected = selected
        self._face = face
        self._policy = policy
        self._start_task = start_task

    async def offered(self) -> list[ToolDescription]:
        return [tool.describe() for tool in self._pipeline().registry.list_tools(self._face, self._policy)]

    async def describe(self, name: str) -> ToolDescription:
        return self._pipeline().registry.find(name).describe()

    async def toolsets(self) -> frozenset[str]:
        return frozenset({tool.toolset for tool in self._pipeline().registry} | {state.name for state in await self.servers()})

    async def call(self, tool: str, arguments: dict[str, Any], *, face: Face | None = None, caller: str = "local") -> ToolOutcome:
        return await self.run(ToolCall(tool, arguments, face or self._face, caller))

    async def run(self, call: ToolCall, progress: "Progress | None" = None) -> ToolOutcome:
        pipeline = self._pipeline()
        outcome = await (pipeline.call(call, progress) if progress else pipeline.call(call))
        if outcome.error is None and outcome.freshness is not None and outcome.freshness.source is not Source.HISTORY:
            self._suggestion_check.record_use(call)
            if self._cache_comparison.is_due(pipeline.registry.find(call.tool), call, outcome):
                self._start_task(self._cache_comparison.measure(call, outcome))
        return outcome

    async def get(self, request: "GetRequest") -> "GetResult":
        from k8sconsole.runtime.services.get import ObjectGetter

        getter = ObjectGetter(self._pipeline(), self._api_resources, self._store)
        return await getter.get(self._selected(), request, self._face)

    async def logs(self, ref: ObjectRef, options: LogOptions) -> AsyncIterator[str]:
        call = ToolCall(LOGS, {"context": ref.cluster, "namespace": ref.namespace, "name": ref.name, **_log_arguments(options)}, self._face)
        async with contextlib.aclosing(self._pipeline().stream(call)) as lines:  # type: ignore[type-var]
            async for line in lines:
                yield line

    async def suggest(self, tool: str, parameter: str, given: Mapping[str, Any]) -> list[str]:
        from k8sconsole.tools.context import ToolContext
        from k8sconsole.tools.suggestions import suggest

        pipeline = self._pipeline()
        context = ToolContext(pipeline.environment, ToolCall(tool, dict(given), self._face))
        values = await suggest(context, pipeline.registry.find(tool), parameter, given)
        self._suggestion_check.record_offer(tool, parameter, values)
        return values

    async def usage(self) -> list[ToolUsage]:
        return await self._store.audit.tool_usage()

    async def servers(self) -> list[AttachedServerStatus]:
        return self._servers().states()

    async def connect_servers(self, timeout: float | None = None) -> list[AttachedServerStatus]:
        servers = self._servers()
        return await (servers.settle() if timeout is None else servers.settle(timeout))

    async def connect_server(self, name: str) -> list[AttachedServerStatus]:
        return await self._servers().settle_one(name)

    async def changed_definition(self, name: str) -> tuple[str, str] | None:
        spec = self._pipeline().registry.find(name)
        return self._servers().held_definitions(name) if TOOL_NAME_SEPARATOR in spec.name else None

    async def trust(self, name: str) -> None:
        await self._servers().trust(name)

    def record_sample(self, name: str, value: float) -> None:
        """Stores one value that the KPIs are computed from."""
        pipeline = self._pipeline()
        pipeline.trail.record_figure(pipeline.environment.clock.now(), name, value)

    @cached_property
    def _cache_comparison(self) -> "CacheComparison":
        from k8sconsole.runtime.metrics.experiments import CacheComparison

        return CacheComparison(self._pipeline().call, self.record_sample, self._pipeline().environment.clock.monotonic)

    @cached_property
    def _suggestion_check(self) -> "SuggestionCheck":
        from k8sconsole.runtime.metrics.experiments import SuggestionCheck

        return SuggestionCheck(self.record_sample)


def _log_arguments(options: LogOptions) -> dict[str, Any]:
    """The chosen options as the tool's arguments: ``since`` as a duration, no limit on lines where none was chosen."""
    chosen = {
        key: value
        for key, value in msgspec.structs.asdict(options).items()
        if value and key in ("container", "follow", "previous", "timestamps")
    }
    since = {"since": f"{options.since}s"} if options.since else {}
    return {**chosen, **since, "tail": options.tail or 0}
