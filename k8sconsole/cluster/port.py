"""The interface to a cluster, split by capability: a caller names the smallest protocol that it needs.

``live`` implements it over HTTP, for real servers and the demo cluster alike.

Every method may raise Unreachable, CredentialsError, DeadlineExceeded, Forbidden, NotFound, TooManyRequests or another ApiError.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec

from k8sconsole.model.clusters import ClusterIdentity, Connections, ContextInfo, LogOptions
from k8sconsole.model.refs import ApiResource, ClusterName

__all__ = [
    "WATCH_SECONDS",
    "AccessDecision",
    "AccessReviewer",
    "Cluster",
    "ClusterReader",
    "ClusterWriter",
    "ContextInfo",
    "Contexts",
    "Discovery",
    "EventType",
    "ExecOutput",
    "Forward",
    "JSONObject",
    "LogOptions",
    "LogSource",
    "PatchType",
    "PodAccess",
    "RawPage",
    "Selectors",
    "ServerVersion",
    "WatchEvent",
    "ignore_opened",
]


class RawPage(msgspec.Struct, frozen=True):
    """One page of a list.

    items: each object's JSON as the server sent it. size: bytes received. continue_token: empty on the last page.
    observed_at: when the source observed the items, seconds since the epoch; None means now. missing: what the items do not hold, and why.
    """

    items: list[msgspec.Raw]
    resource_version: str
    continue_token: str = ""
    remaining: int | None = None
    size: int = 0
    observed_at: float | None = None
    missing: tuple[str, ...] = ()


class EventType(StrEnum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


class WatchEvent(msgspec.Struct, frozen=True):
    """An event of a watch. An ERROR event is raised and never returned (Gone for 410)."""

    type: EventType
    object: msgspec.Raw


class ServerVersion(msgspec.Struct, frozen=True):
    git_version: str
    platform: str = ""


class Discovery(msgspec.Struct, frozen=True):
    """resources: every kind that the server serves, at its preferred version. missing: groups that did not answer, as ``group/version``
    (``v1`` for the core group), with the reason."""

    resources: list[ApiResource]
    missing: dict[str, str] = {}

    @property
    def silent_groups(self) -> frozenset[str]:
        """The names of the groups that did not answer; empty for the core group."""
        return frozenset(group.rpartition("/")[0] for group in self.missing)

    def with_known(self, known: Iterable[ApiResource]) -> "Discovery":
        """Adds the kinds that were known before of groups that do not answer now: they are stale, not gone."""
        served = {resource.name for resource in self.resources}
        kept = [resource for resource in known if resource.group in self.silent_groups and resource.name not in served]
        return Discovery([*self.resources, *kept], self.missing)


class PatchType(StrEnum):
    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


class Selectors(msgspec.Struct, frozen=True):
    label: str = ""
    field: str = ""


def ignore_opened() -> None:
    """The default for callers that need not know when a watch is open."""


NO_SELECTORS = Selectors()
WATCH_SECONDS = 290.0
"""How long a watch asks the server to go on. API servers end longer ones by themselves."""
WHOLE_LOG = LogOptions()


class AccessDecision(msgspec.Struct, frozen=True):
    allowed: bool
    reason: str = ""


class ClusterReader(Protocol):
    """Reads one cluster. name: of the context. server: the server's URL, without credentials."""

    name: ClusterName

    @property
    def server(self) -> str: ...

    @property
    def clock_skew(self) -> float | None:
        """Seconds by which the server's clock is ahead of this machine's, from its responses; None before the first of them."""
        ...

    async def log_in(self, within: float | None = None) -> None:
        """Waits for credentials, at most ``within`` seconds. An exec plugin may have to run first; it continues after a timeout.

        Raises CredentialsError when the login fails or takes longer.
        """
        ...

    async def version(self) -> ServerVersion: ...
    async def identity(self) -> ClusterIdentity:
        """Which cluster this is. The uid is empty when the user may not read the namespace kube-system."""
        ...

    async def discover(self) -> Discovery: ...

    def pages(
        self, resource: ApiResource, *, namespace: str | None = None, selectors: Selectors = NO_SELECTORS, limit: int = 500
    ) -> AsyncIterator[RawPage]:
        """Yields all pages of one consistent list. Raises Gone when a continue token has expired."""
        ...

    def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        selectors: Selectors = NO_SELECTORS,
        timeout: float = WATCH_SECONDS,
        idle_timeout: float = 90.0,
        initial_events: bool = False,
        opened: Callable[[], None] = ignore_opened,
    ) -> AsyncIterator[WatchEvent]:
        """Yields events after resource_version, bookmarks included, until the server ends the watch after ``timeout`` seconds.

        opened: called once the server has started its response. Raises DeadlineExceeded when nothing arrives for ``idle_timeout``
        seconds, as on a half-open connection.
        """
        ...

    async def get(self, resource: ApiResource, namespace: str | None, name: str, subresource: str | None = None) -> bytes: ...
    async def get_path(self, path: str, params: Mapping[str, str] | None = None, accept: str = "application/json") -> bytes: ...


class LogSource(Protocol):
    def logs(self, namespace: str, pod: str, options: LogOptions = WHOLE_LOG) -> AsyncIterator[bytes]:
        """Yields whole lines without line ends. With follow, until the caller closes the iterator or the container ends."""
        ...


class ClusterWriter(Protocol):
    """Changes objects. Returns the object's JSON as the server sent it. dry_run: the server checks and answers, but persists nothing."""

    async def create(self, resource: ApiResource, namespace: str | None, body: bytes, *, dry_run: bool = False) -> bytes: ...
    async def replace(
        self, resource: ApiResource, namespace: str | None, name: str, body: bytes, *, subresource: str | None = None, dry_run: bool = False
    ) -> bytes: ...
    async def patch(
        self,
        resource: ApiResource,
        namespace: str | None,
        name: str,
        body: bytes,
        kind: PatchType,
        *,
        subresource: str | None = None,
        field_manager: str = "k8sconsole",
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes: ...
    async def delete(
        self,
        resource: ApiResource,
        namespace: str | None,
        name: str,
        *,
        propagation: str | None = None,
        grace_seconds: int | None = None,
        uid: str = "",
        dry_run: bool = False,
    ) -> bytes: ...


class ExecOutput(msgspec.Struct, frozen=True):
    """What a command wrote, up to the requested limit. exit_code: None when the server did not report it. cut: the limit was reached."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None
    cut: bool = False


class Forward(Protocol):
    """An open port-forward. port: on 127.0.0.1."""

    port: int

    async def close(self) -> None: ...


class PodAccess(Protocol):
    """Evicts a pod, runs a command in it, or forwards a port to it."""

    async def evict(self, namespace: str, pod: str, *, uid: str = "", grace_seconds: int | None = None, dry_run: bool = False) -> None:
        """Raises TooManyRequests with the server's message when a disruption budget forbids it."""
        ...

    async def execute(self, namespace: str, pod: str, container: str, command: Sequence[str], *, max_bytes: int) -> ExecOutput:
        """Runs a command without a terminal and without input. Cancelling it closes the connection."""
        ...

    async def forward(self, namespace: str, pod: str, port: int, *, local_port: int = 0) -> Forward:
        """Listens on 127.0.0.1 until the forward or the cluster is closed. Raises UsageError when the local port is in use."""
        ...


class AccessReviewer(Protocol):
    async def can_i(
        self, verb: str, resource: ApiResource, *, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> AccessDecision: ...


class Cluster(ClusterReader, LogSource, ClusterWriter, PodAccess, AccessReviewer, Protocol):
    """All capabilities of one cluster, and its connections."""

    def connections(self) -> Connections:
        """Counts the connections at this moment."""
        ...

    def retry_now(self) -> None:
        """A person waits: the next request tries to log in again, even right after a failure."""
        ...

    async def kubeconfig_changed(self) -> None:
        """The kubeconfig files have changed and are complete. Reads them, and ends long responses of a server that no longer applies."""
        ...

    async def close(self) -> None: ...


class Contexts(Protocol):
    """The clusters that can be reached. ``list`` and ``open`` do not connect; a cluster's first request does."""

    def list(self) -> list[ContextInfo]: ...
    def current(self) -> str:
        """The name that the kubeconfig gives as current, empty where it gives none. Nothing need have that name."""
        ...

    async def open(self, name: ClusterName) -> Cluster: ...
    def files(self) -> tuple[Path, ...]:
        """The files that may change while the program runs. They need not exist."""
        ...

    def origin(self) -> str:
        """Where the contexts come from, for messages: file names, ``in-cluster`` or ``demo``."""
        ...


JSONObject = dict[str, Any]
