"""Where the scanner reads: a narrow seam, so that it may read through the tool pipeline, a cluster itself, or somebody else's
server."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from k8sconsole.cluster.port import Discovery, RawPage, ServerVersion, WatchEvent
from k8sconsole.model.identity import Identity
from k8sconsole.model.refs import ApiResource, ClusterName


class ResourceSource(Protocol):
    """Raw pages and events in the server's own JSON; errors as in ``cluster.port``."""

    name: ClusterName
    watches: bool
    """False where nothing tells of changes, so that every kind is as old as its last list."""

    @property
    def server(self) -> str: ...

    async def log_in(self, within: float | None = None) -> None: ...
    async def version(self) -> ServerVersion: ...
    async def identity(self) -> Identity: ...
    async def discover(self) -> Discovery: ...
    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes: ...
    def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]: ...
    def watch(
        self, resource: ApiResource, *, resource_version: str, namespace: str | None = None, opened: Callable[[], None]
    ) -> AsyncIterator[WatchEvent]:
        """``opened`` is called once the server has begun to answer: from then on events come as they happen."""
        ...
