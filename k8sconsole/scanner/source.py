"""Where the scanner reads: a four-method seam, so that it may read through the tool pipeline, a cluster itself, or somebody else's
server."""

from collections.abc import AsyncIterator
from typing import Protocol

from k8sconsole.cluster.port import Discovery, RawPage, ServerVersion, WatchEvent
from k8sconsole.model.refs import ApiResource, ClusterName


class ResourceSource(Protocol):
    """Raw pages and events in the server's own JSON; errors as in ``cluster.port``."""

    name: ClusterName
    server: str

    async def version(self) -> ServerVersion: ...
    async def discover(self) -> Discovery: ...
    def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]: ...
    def watch(self, resource: ApiResource, *, resource_version: str, namespace: str | None = None) -> AsyncIterator[WatchEvent]: ...
