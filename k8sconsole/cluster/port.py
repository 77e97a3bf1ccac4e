"""What a cluster can be asked, as capabilities: a caller names the least it needs. ``live`` answers over HTTP, for real servers and the
demo alike.

Every method may raise Unreachable, CredentialsError, DeadlineExceeded, Forbidden, NotFound, TooManyRequests or another ApiError.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec

from k8sconsole.model.clusters import ClusterIdentity, Connections, ContextInfo, LogOptions
from k8sconsole.model.refs import ApiResource, ClusterName

__all__ = [
    "AccessDecision",
    "AccessReviewer",
    "Cluster",
    "ClusterReader",
    "ClusterWriter",
    "ContextInfo",
    "Contexts",
    "Discovery",
    "EventType",
    "Forward",
    "JSONObject",
    "LogOptions",
    "LogSource",
    "Output",
    "PatchType",
    "PodAccess",
    "RawPage",
    "Selectors",
    "ServerVersion",
    "WatchEvent",
    "unheard",
]


class RawPage(msgspec.Struct, frozen=True):
    """items: each object's JSON as the server sent it. size: bytes received. continue_token is empty on the last page. observed_at: when
    they were so, seconds since the epoch, where that is not now; missing: what is not among them, and why."""

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
    """An ERROR event never arrives as a WatchEvent: it is raised (Gone for 410)."""

    type: EventType
    object: msgspec.Raw


class ServerVersion(msgspec.Struct, frozen=True):
    git_version: str
    platform: str = ""


class Discovery(msgspec.Struct, frozen=True):
    """resources: every kind the server names, at its preferred version. missing: groups that could not be read, with the reason."""

    resources: list[ApiResource]
    missing: dict[str, str] = {}


class PatchType(StrEnum):
    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


class Selectors(msgspec.Struct, frozen=True):
    label: str = ""
    field: str = ""


def unheard() -> None:
    """For who does not need to know when a watch is open."""


EVERYTHING = Selectors()
WHOLE_LOG = LogOptions()


class AccessDecision(msgspec.Struct, frozen=True):
    allowed: bool
    reason: str = ""


class ClusterReader(Protocol):
    """name is the context; server its URL without credentials."""

    name: ClusterName

    @property
    def server(self) -> str: ...

    async def log_in(self, within: float | None = None) -> None:
        """Returns once there is something to prove oneself with: a plugin may have to run first, and goes on running for who asks next.
        Raises CredentialsError where that fails, or takes over ``within`` seconds."""
        ...

    async def version(self) -> ServerVersion: ...
    async def identity(self) -> ClusterIdentity:
        """Which cluster this is; without a uid for whoever may not read kube-system."""
        ...

    async def discover(self) -> Discovery: ...

    def pages(
        self, resource: ApiResource, *, namespace: str | None = None, selectors: Selectors = EVERYTHING, limit: int = 500
    ) -> AsyncIterator[RawPage]:
        """All pages of one consistent list. An expired continue token is raised as Gone."""
        ...

    def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        selectors: Selectors = EVERYTHING,
        timeout: float = 290.0,
        idle_timeout: float = 90.0,
        initial_events: bool = False,
        opened: Callable[[], None] = unheard,
    ) -> AsyncIterator[WatchEvent]:
        """Events after resource_version, bookmarks included, until the server ends the watch after ``timeout`` seconds. Nothing at all for
        ``idle_timeout`` seconds (a half-open connection) raises DeadlineExceeded. ``opened`` is called once the server has begun to
        answer."""
        ...

    async def get(self, resource: ApiResource, namespace: str | None, name: str, subresource: str | None = None) -> bytes: ...
    async def get_path(self, path: str, params: Mapping[str, str] | None = None, accept: str = "application/json") -> bytes: ...


class LogSource(Protocol):
    def logs(self, namespace: str, pod: str, options: LogOptions = WHOLE_LOG) -> AsyncIterator[bytes]:
        """Whole lines without their line ends. With follow, until the caller closes the iterator or the container ends."""
        ...


class ClusterWriter(Protocol):
    """dry_run asks the server to check and answer without keeping anything. Answers are the object's JSON as the server returned it."""

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


class Output(msgspec.Struct, frozen=True):
    """What a command wrote, up to the bound that was asked for. exit_code is None where the server did not tell it."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None
    cut: bool = False


class Forward(Protocol):
    """An open port-forward: ``port`` is the one on this machine, on 127.0.0.1."""

    port: int

    async def close(self) -> None: ...


class PodAccess(Protocol):
    """Reaching into a pod."""

    async def evict(self, namespace: str, pod: str, *, uid: str = "", grace_seconds: int | None = None, dry_run: bool = False) -> None:
        """Raises TooManyRequests, in the server's words, where a disruption budget forbids it."""
        ...

    async def execute(self, namespace: str, pod: str, container: str, command: Sequence[str], *, most_bytes: int) -> Output:
        """Without a terminal and without input; leaving early ends the connection."""
        ...

    async def forward(self, namespace: str, pod: str, port: int, *, local_port: int = 0) -> Forward:
        """Listens on 127.0.0.1 until it is closed, or the cluster is. Raises UsageError when the local port is taken."""
        ...


class AccessReviewer(Protocol):
    async def can_i(
        self, verb: str, resource: ApiResource, *, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> AccessDecision: ...


class Cluster(ClusterReader, LogSource, ClusterWriter, PodAccess, AccessReviewer, Protocol):
    """Everything, and its end."""

    def connections(self) -> Connections:
        """How many there are at this moment."""
        ...

    def hurry(self) -> None:
        """A person waits: the next request tries credentials again whose turn would come later."""
        ...

    async def kubeconfig_changed(self) -> None:
        """Its files were seen to change and have come to rest: what they say now holds, and what leads elsewhere is hung up."""
        ...

    async def close(self) -> None: ...


class Contexts(Protocol):
    """The clusters that can be reached. list() does not connect; open() prepares a cluster, and the first request connects."""

    def list(self) -> list[ContextInfo]: ...
    async def open(self, name: ClusterName) -> Cluster: ...
    def files(self) -> tuple[Path, ...]:
        """What a person may change under us; they need not exist."""
        ...

    def origin(self) -> str:
        """Where the contexts were read from, for messages: file names, ``in-cluster``, ``demo``."""
        ...


JSONObject = dict[str, Any]
