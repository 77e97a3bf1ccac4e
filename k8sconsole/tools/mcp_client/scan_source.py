"""A cluster read through an attached server in place of its API server: for whoever may reach that server and not the cluster.

There is no watch through tools, so each kind is listed again in its interval, and nothing is said to be newer than it was when the server
saw it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec

from k8sconsole.cluster.port import Discovery, RawPage, ServerVersion, WatchEvent, ignore_opened
from k8sconsole.errors import NotFound
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.tools.mcp_client.scan_calls import ScanClient
from k8sconsole.tools.mcp_client.scan_k8sconsole import K8sconsoleDialect
from k8sconsole.tools.mcp_client.scan_kubernetes_mcp import KubernetesMcpDialect


class ScanDialect(Protocol):
    """How one sort of server is read. needs: the tool that it is known by, and read with."""

    needs: str

    async def version(self) -> str: ...
    async def identity(self) -> ClusterIdentity: ...
    async def discover(self) -> Discovery: ...
    def pages(self, resource: ApiResource, namespace: str | None, limit: int) -> AsyncIterator[RawPage]: ...
    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes: ...


DIALECTS: Sequence[Callable[[ScanClient], ScanDialect]] = (K8sconsoleDialect, KubernetesMcpDialect)


class AttachedScanSource:
    """Implements ``scanner.source.ResourceSource``. The cluster is called as the server is."""

    watches = False

    def __init__(self, asking: ScanClient) -> None:
        self._asking = asking
        self._dialects = [dialect(asking) for dialect in DIALECTS]
        self.name = ClusterName(asking.server)

    @property
    def server(self) -> str:
        return f"mcp:{self.name}"

    async def log_in(self, within: float | None = None) -> None:
        """The server behind it has credentials of its own."""

    async def version(self) -> ServerVersion:
        return ServerVersion(await (await self._dialect()).version())

    async def identity(self) -> ClusterIdentity:
        return await (await self._dialect()).identity()

    async def discover(self) -> Discovery:
        found = await (await self._dialect()).discover()
        return Discovery([_listed_only(resource) for resource in found.resources], found.missing)

    async def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]:
        dialect = await self._dialect()
        async for page in dialect.pages(resource, namespace, limit):
            yield page

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        return await (await self._dialect()).get(resource, namespace, name)

    def watch(
        self, resource: ApiResource, *, resource_version: str, namespace: str | None = None, opened: Callable[[], None] = ignore_opened
    ) -> AsyncIterator[WatchEvent]:
        """Raises NotFound: no kind says that it can be watched."""
        raise NotFound(f"{self.name} cannot watch", "an attached server answers, and tells nothing by itself")

    async def _dialect(self) -> ScanDialect:
        await self._asking.ready()
        for dialect in self._dialects:
            if self._asking.knows(dialect.needs):
                return dialect
        known = " or ".join(dialect.needs for dialect in self._dialects)
        raise NotFound(f"{self.name} cannot be read through", f"it has no tool {known}", "scanner.source: in k8sconsole.yaml")


def _listed_only(resource: ApiResource) -> ApiResource:
    return msgspec.structs.replace(resource, verbs=tuple(verb for verb in resource.verbs if verb != "watch"))
