"""Facts on the bus: small notices of what has happened. A fact may be dropped when a newer one of the same key follows.

A fact carries no rows. It says what changed and up to which store revision; a subscriber reads the difference from the store.
"""

from enum import StrEnum

import msgspec

from k8sconsole.model.refs import ClusterName, ResourceName


class ConnectionState(StrEnum):
    """The state of the connection to a cluster, in one word."""

    LIVE = "live"
    CONNECTING = "connecting"
    LOST = "lost"
    PARTIAL = "partial"
    OFFLINE = "offline"


class Fact(msgspec.Struct, frozen=True):
    """The base of all facts. While facts wait for a subscriber, a newer one replaces an older one with an equal ``merge_key``."""

    @property
    def merge_key(self) -> tuple[object, ...]:
        return (type(self).__name__, *(getattr(self, name) for name in ("cluster", "resource") if hasattr(self, name)))


class ClusterState(Fact, frozen=True):
    """The state of a cluster as the scanner sees it.

    detail: the reason, as the server or the system gives it. retry_at, seen_at: seconds since the epoch. missing: what cannot be read,
    and why. watched: whether changes arrive through watches; otherwise every kind is listed at intervals. seen_at: when it last answered.
    clock_skew: seconds by which the server's clock is ahead of this machine's.
    in_turns: kinds that are not watched all the time but every ``poll_interval`` seconds.
    """

    cluster: ClusterName
    connection: ConnectionState
    detail: str = ""
    version: str = ""
    seen_at: float | None = None
    retry_at: float | None = None
    missing: tuple[str, ...] = ()
    watched: bool = True
    clock_skew: float = 0.0
    in_turns: int = 0
    poll_interval: float = 0.0


class RowsChanged(Fact, frozen=True):
    """Rows of a kind changed; the newest has this store revision."""

    cluster: ClusterName
    resource: ResourceName
    revision: int


class ScanCompleted(Fact, frozen=True):
    """A kind was read once. error: empty when everything that may be read was read."""

    cluster: ClusterName
    resource: ResourceName
    objects: int
    seconds: float
    error: str = ""


class ResourcesDiscovered(Fact, frozen=True):
    """Discovery has listed the cluster's kinds."""

    cluster: ClusterName
    count: int


class ContextsChanged(Fact, frozen=True):
    """The kubeconfig changed while the program runs."""

    added: tuple[ClusterName, ...] = ()
    removed: tuple[ClusterName, ...] = ()

    @property
    def merge_key(self) -> tuple[object, ...]:
        return ("ContextsChanged", self.added, self.removed)


class CallCompleted(Fact, frozen=True):
    """A tool call has completed. outcome: ``ok`` or an error's name."""

    request_id: str
    tool: str
    face: str
    outcome: str
    duration_ms: float

    @property
    def merge_key(self) -> tuple[object, ...]:
        return (self.request_id,)


class ToolsChanged(Fact, frozen=True):
    """The tools of an attached server changed."""

    server: str

    @property
    def merge_key(self) -> tuple[object, ...]:
        return ("ToolsChanged", self.server)


class AttachedServerChanged(Fact, frozen=True):
    """An attached server is connected, lost, or its settings changed. state: a value of ``AttachedServerState``."""

    server: str
    state: str
    detail: str = ""

    @property
    def merge_key(self) -> tuple[object, ...]:
        return ("AttachedServerChanged", self.server)


class Notice(Fact, frozen=True):
    """A message to show to a person once. severity: information, warning or error."""

    title: str
    detail: str = ""
    severity: str = "information"

    @property
    def merge_key(self) -> tuple[object, ...]:
        return ("Notice", self.title, self.detail)
