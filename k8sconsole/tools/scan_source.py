"""The scanner's access to a cluster: authorised like any call, but the data does not pass the pipeline, and no audit row is written."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from k8sconsole.cluster.port import WATCH_SECONDS, Cluster, Discovery, RawPage, ServerVersion, WatchEvent, ignore_opened
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.pipeline.pipeline import Pipeline

LIST, GET, INFO = "k8s_list_resources", "k8s_get_resource", "k8s_get_cluster_info"


class PipelineScanSource:
    """Implements ``scanner.source.ResourceSource``. A whole list or watch is authorised once."""

    watches = True

    def __init__(self, pipeline: Pipeline, cluster: Cluster) -> None:
        self._pipeline = pipeline
        self._cluster = cluster
        self.name = cluster.name

    @property
    def server(self) -> str:
        return self._cluster.server

    @property
    def clock_skew(self) -> float | None:
        return self._cluster.clock_skew

    async def log_in(self, within: float | None = None) -> None:
        await self._cluster.log_in(within)

    async def version(self) -> ServerVersion:
        async with self._pipeline.authorised(self._call(INFO)):
            return await self._cluster.version()

    async def identity(self) -> ClusterIdentity:
        async with self._pipeline.authorised(self._call(INFO, part="identity")):
            return await self._cluster.identity()

    async def discover(self) -> Discovery:
        async with self._pipeline.authorised(self._call(INFO, part="discovery")):
            return await self._cluster.discover()

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        async with self._pipeline.authorised(self._call(GET, kind=resource.name, namespace=namespace or "", name=name)):
            return await self._cluster.get(resource, namespace, name)

    async def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]:
        async with (
            self._pipeline.authorised(self._call(LIST, kind=resource.name, namespace=namespace or "*")),
            aclosing(self._cluster.pages(resource, namespace=namespace, limit=limit)) as pages,  # type: ignore[type-var]
        ):
            async for page in pages:
                yield page

    async def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        timeout: float = WATCH_SECONDS,
        opened: Callable[[], None] = ignore_opened,
    ) -> AsyncIterator[WatchEvent]:
        async with (
            self._pipeline.authorised(self._call(LIST, kind=resource.name, namespace=namespace or "*", watch=True)),
            aclosing(  # type: ignore[type-var]
                self._cluster.watch(resource, resource_version=resource_version, namespace=namespace, timeout=timeout, opened=opened)
            ) as events,
        ):
            async for event in events:
                yield event

    def _call(self, tool: str, **arguments: Any) -> ToolCall:
        return ToolCall(tool, {"context": self.name, **arguments}, Face.SCANNER, caller="scanner")
