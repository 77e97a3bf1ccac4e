"""Where the scanner reads from: the tool pipeline, a cluster itself, or an attached MCP server."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from k8sconsole.cluster.port import WATCH_SECONDS, Discovery, RawPage, ServerVersion, WatchEvent
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource, ClusterName


class ResourceSource(Protocol):
    """Raw pages and events in the server's own JSON. Raises the errors that ``cluster.port`` lists.

    watches: False when the source cannot watch, so that every kind is as old as its last list.
    """

    name: ClusterName
    watches: bool

    @property
    def server(self) -> str:
        """The server's address, without credentials."""
        ...

    @property
    def clock_skew(self) -> float | None:
        """Seconds by which the server's clock is ahead of this machine's; None where that is not known."""
        ...

    async def log_in(self, within: float | None = None) -> None:
        """Waits for credentials, at most ``within`` seconds. Raises CredentialsError."""
        ...

    async def version(self) -> ServerVersion: ...
    async def identity(self) -> ClusterIdentity: ...
    async def discover(self) -> Discovery: ...
    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes: ...
    def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]: ...
    def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        timeout: float = WATCH_SECONDS,
        opened: Callable[[], None],
    ) -> AsyncIterator[WatchEvent]:
        """``opened`` is called once the server has started its response: from then on events arrive as they happen.

        timeout: seconds after which the server ends the watch.
        """
        ...
