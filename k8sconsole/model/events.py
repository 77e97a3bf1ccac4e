"""Facts on the bus: past tense, small, safe to drop when a newer one of the same key follows.

A fact never carries a table; it says what changed and up to which store revision, and whoever cares reads the difference from the store.
"""

from enum import StrEnum

import msgspec

from k8sconsole.model.refs import ClusterName, ResourceName


class ConnectionState(StrEnum):
    """The one word a cluster's state is told with."""

    LIVE = "live"
    CONNECTING = "connecting"
    LOST = "lost"
    PARTIAL = "partial"
    OFFLINE = "offline"


class Fact(msgspec.Struct, frozen=True):
    """The base: facts with an equal ``merge_key`` replace one another while they wait."""

    @property
    def merge_key(self) -> tuple[object, ...]:
        return (type(self).__name__, *(getattr(self, name) for name in ("cluster", "resource") if hasattr(self, name)))


class ClusterState(Fact, frozen=True):
    """detail: the reason in the server's or system's words; retry_at and seen_at in seconds since the epoch. watched: whether changes are
    told as they happen, or everything is read in turns."""

    cluster: ClusterName
    connection: ConnectionState
    detail: str = ""
    version: str = ""
    seen_at: float | None = None
    retry_at: float | None = None
    missing: tuple[str, ...] = ()
    watched: bool = True


class RowsChanged(Fact, frozen=True):
    cluster: ClusterName
    resource: ResourceName
    revision: int


class ScanCompleted(Fact, frozen=True):
    """error is empty when everything permitted was read."""

    cluster: ClusterName
    resource: ResourceName
    objects: int
    seconds: float
    error: str = ""


class ResourcesDiscovered(Fact, frozen=True):
    cluster: ClusterName
    count: int


class ContextsChanged(Fact, frozen=True):
    """The kubeconfig was changed while the program runs."""

    added: tuple[ClusterName, ...] = ()
    removed: tuple[ClusterName, ...] = ()

    @property
    def merge_key(self) -> tuple[object, ...]:
        return ("ContextsChanged", self.added, self.removed)


class CallCompleted(Fact, frozen=True):
    """A tool call has ended; outcome is ``ok`` or an error's name."""

    request_id: str
    tool: str
    face: str
    outcome: str
    duration_ms: float

    @property
    def merge_key(self) -> tuple[object, ...]:
        return (self.request_id,)


class ToolsChanged(Fact, frozen=True):
    """An attached server offers other tools than before."""

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
    """Something a person should be told once. severity: information, warning or error."""

    title: str
    detail: str = ""
    severity: str = "information"

    @property
    def merge_key(self) -> tuple[object, ...]:
        return ("Notice", self.title, self.detail)
