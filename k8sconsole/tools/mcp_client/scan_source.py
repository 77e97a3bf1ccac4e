"""Scanning a cluster through an attached server instead of its API server, for users who can only reach that server.

Tools offer no watch, so each kind is listed again at its interval. Objects are as old as the server reports.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec

from k8sconsole.cluster.port import WATCH_SECONDS, Discovery, RawPage, ServerVersion, WatchEvent, ignore_opened
from k8sconsole.errors import NotFound
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.tools.mcp_client.scan_calls import ScanClient
from k8sconsole.tools.mcp_client.scan_k8sconsole import K8sconsoleDialect
from k8sconsole.tools.mcp_client.scan_kubernetes_mcp import KubernetesMcpDialect


class ScanDialect(Protocol):
    """How one type of server is scanned. list_tool: the tool that identifies the type and lists its objects."""

    list_tool: str

    async def version(self) -> str: ...
    async def identity(self) -> ClusterIdentity: ...
    async def discover(self) -> Discovery: ...
    def pages(self, resource: ApiResource, namespace: str | None, limit: int) -> AsyncIterator[RawPage]: ...
    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes: ...


DIALECTS: Sequence[Callable[[ScanClient], ScanDialect]] = (K8sconsoleDialect, KubernetesMcpDialect)


class AttachedScanSource:
    """Implements ``scanner.source.ResourceSource``. The server's name is also the cluster's name."""

    watches = False

    def __init__(self, client: ScanClient) -> None:
        self._client = client
        self._dialects = [dialect(client) for dialect in DIALECTS]
        self.name = ClusterName(client.server)

    @property
    def server(self) -> str:
        return f"mcp:{self.name}"

    @property
    def clock_skew(self) -> float | None:
        """None: the attached server does not say what the cluster's clock shows."""
        return None

    async def log_in(self, within: float | None = None) -> None:
        """Does nothing: the attached server has its own credentials."""

    async def version(self) -> ServerVersion:
        return ServerVersion(await (await self._find_dialect()).version())

    async def identity(self) -> ClusterIdentity:
        return await (await self._find_dialect()).identity()

    async def discover(self) -> Discovery:
        found = await (await self._find_dialect()).discover()
        return Discovery([_without_watch(resource) for resource in found.resources], found.missing)

    async def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]:
        dialect = await self._find_dialect()
        async for page in dialect.pages(resource, namespace, limit):
            yield page

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        return await (await self._find_dialect()).get(resource, namespace, name)

    def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        timeout: float = WATCH_SECONDS,
        opened: Callable[[], None] = ignore_opened,
    ) -> AsyncIterator[WatchEvent]:
        """Raises NotFound. The scanner does not call it, because no discovered kind has the verb ``watch``."""
        raise NotFound(f"{self.name} cannot watch", "an attached server sends no events")

    async def _find_dialect(self) -> ScanDialect:
        await self._client.wait_ready()
        for dialect in self._dialects:
            if self._client.find_tool(dialect.list_tool):
                return dialect
        known = " or ".join(dialect.list_tool for dialect in self._dialects)
        raise NotFound(f"{self.name} cannot be scanned", f"it has no tool {known}", "scanner.source: in k8sconsole.yaml")


def _without_watch(resource: ApiResource) -> ApiResource:
    return msgspec.structs.replace(resource, verbs=tuple(verb for verb in resource.verbs if verb != "watch"))
