"""What a face may ask of the console: one Protocol a topic, and ``ConsoleApi``, which joins them.

The terminal, the command line and the MCP server know these types and nothing behind them. ``runtime.console.Console`` implements them
on the loop that opened it; ``runtime.embedded.EmbeddedConsole`` implements them for a face on another thread. For that reason every
method is a coroutine or an asynchronous iterator, and every argument and result is a value. All methods raise ConsoleError only.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from k8sconsole.kit.clock import Clock
from k8sconsole.model.attached_servers import AttachedServerStatus
from k8sconsole.model.cache_records import ClusterRecord, ResultTable, RowQuery, Rows, ScanState, StoreStatus, ToolUsage
from k8sconsole.model.clusters import ContextInfo, LogOptions
from k8sconsole.model.events import ClusterState, Fact
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.history import TimelineItem
from k8sconsole.model.indicators import Indicator
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Answer, Face, Question, ToolCall, ToolDescription, ToolOutcome

if TYPE_CHECKING:
    from k8sconsole.model.describe import Section
    from k8sconsole.runtime.metrics.live import LiveFigures
    from k8sconsole.runtime.services.get import GetRequest, GetResult
    from k8sconsole.runtime.services.history import DiffRequest, DiffResult, VersionsRequest, VersionsResult
    from k8sconsole.runtime.services.scanning import ClusterReport
    from k8sconsole.tools.context import Progress

Unsubscribe = Callable[[], None]


class CacheApi(Protocol):
    """What the cache knows. No method reaches a cluster."""

    async def rows(self, query: RowQuery) -> Rows: ...

    async def freshness(self, clusters: Sequence[ClusterName], resource: ResourceName, namespaces: Sequence[Namespace] = ()) -> Freshness:
        """The age of one kind's cached rows, which is that of the cluster confirmed longest ago. No namespaces means all."""
        ...

    async def body(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The object as JSON values, masked. None where the cache does not know it."""
        ...

    async def describe(self, ref: ObjectRef) -> "list[Section]":
        """Empty where the cache does not know the object."""
        ...

    async def yaml(self, ref: ObjectRef) -> str:
        """The object as YAML, masked, without managedFields. Empty where the cache does not know it."""
        ...

    async def scan_states(self) -> list[ScanState]: ...

    async def clusters(self) -> list[ClusterRecord]:
        """Every cluster that has rows in the cache file."""
        ...

    async def status(self) -> StoreStatus: ...

    async def query(self, sql: str, *, limit: int = 1000) -> ResultTable:
        """Runs one SELECT. Raises UsageError for anything that writes."""
        ...

    async def delete_expired(self) -> int:
        """Returns the number of rows deleted."""
        ...


class HistoryApi(Protocol):
    """What objects were before now."""

    async def versions(self, request: "VersionsRequest") -> "VersionsResult":
        """The versions of one object of the selected cluster."""
        ...

    async def diff(self, request: "DiffRequest") -> "DiffResult":
        """What differs between two times on the selected clusters."""
        ...

    async def timeline(self, ref: ObjectRef) -> list[TimelineItem]:
        """Everything known to have happened to an object and to what it owns, newest first."""
        ...


class ToolsApi(Protocol):
    """The tool catalogue and its calls. Every call passes the one pipeline: policy, approval, audit, masking."""

    async def offered(self) -> list[ToolDescription]:
        """The tools that policy allows this face."""
        ...

    async def describe(self, name: str) -> ToolDescription:
        """Takes a name or an alias. Raises UnknownTool."""
        ...

    async def toolsets(self) -> frozenset[str]:
        """Every toolset, whether offered or not; each attached server is one."""
        ...

    async def call(self, tool: str, arguments: dict[str, Any], *, face: Face | None = None, caller: str = "local") -> ToolOutcome:
        """Never raises: the outcome carries the error."""
        ...

    async def run(self, call: ToolCall, progress: "Progress | None" = None) -> ToolOutcome:
        """As ``call``, for a face that builds the call itself or wants its progress."""
        ...

    async def get(self, request: "GetRequest") -> "GetResult":
        """Objects of one kind on the selected clusters, from the cache, live, or as of a past time."""
        ...

    def logs(self, ref: ObjectRef, options: LogOptions) -> AsyncIterator[str]:
        """Masked lines. With ``follow`` they go on until the iterator is closed."""
        ...

    async def suggest(self, tool: str, parameter: str, given: Mapping[str, Any]) -> list[str]:
        """Values for a parameter, likeliest first, from the cache alone. given: the arguments so far. Raises UnknownTool."""
        ...

    async def usage(self) -> list[ToolUsage]: ...

    async def servers(self) -> list[AttachedServerStatus]:
        """The attached MCP servers as they are now."""
        ...

    async def connect_servers(self, timeout: float | None = None) -> list[AttachedServerStatus]:
        """Waits until each attached server has been reached or has failed once, at most ``timeout`` seconds, by default three."""
        ...

    async def connect_server(self, name: str) -> list[AttachedServerStatus]:
        """As ``connect_servers``, for one server: the others are not started, and it has twenty seconds. Empty for an unknown name."""
        ...

    async def changed_definition(self, name: str) -> tuple[str, str] | None:
        """The definition (JSON) of a held tool when it was trusted, and now; None for a tool that is not held. Raises UnknownTool."""
        ...

    async def trust(self, name: str) -> None:
        """Trusts a held tool as it is now. Raises UnknownTool, StoreError."""
        ...


class ClustersApi(Protocol):
    """Which clusters this console shows, their state, and the kinds they have."""

    async def contexts(self) -> list[ContextInfo]:
        """Those of the kubeconfig, then those that only the cache knows. Raises ConfigurationError."""
        ...

    async def selected(self) -> tuple[ClusterName, ...]:
        """The first is the one meant where none is named."""
        ...

    async def states(self) -> dict[ClusterName, ClusterState]:
        """Of the selected clusters."""
        ...

    async def select(self, names: Sequence[str]) -> None:
        """Shows these clusters from now on. Raises NotFound with the nearest context."""
        ...

    async def resources(self, cluster: ClusterName) -> list[ApiResource]: ...

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        """Takes plural, singular, short name or kind. Of several groups' kinds the server's first; raises UsageError with the nearest."""
        ...

    async def rivals(self, cluster: ClusterName, word: str) -> list[ApiResource]:
        """The kinds of other groups that the word names as well."""
        ...

    async def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable: ...


class ScanningApi(Protocol):
    """Reading clusters into the cache."""

    async def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None:
        """Reads this kind before others, because a person is looking at it."""
        ...

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> None:
        """Reads one kind, or all, again. Another process that scans the cluster is asked to. Raises UsageError, DeadlineExceeded."""
        ...

    async def scan_once(self, kinds: Sequence[str] = ()) -> "list[ClusterReport]":
        """Reads the selected clusters once. Raises UsageError for an unknown kind."""
        ...

    async def follow(self) -> None:
        """Scans the selected clusters until cancelled."""
        ...


class MetricsApi(Protocol):
    """What the console measures of itself."""

    async def live(self) -> "LiveFigures":
        """Of this process, in the last minutes."""
        ...

    async def indicators(self) -> list[Indicator]:
        """The KPIs of the last day, from all processes on this cache file."""
        ...

    async def prometheus(self) -> str:
        """This process's calls in Prometheus' text format."""
        ...

    async def prometheus_of_cache(self) -> str:
        """The last day's calls of all processes on this cache file, in Prometheus' text format."""
        ...


class EventsApi(Protocol):
    """Facts as they are learnt, and questions that wait for a person. Listeners run on the console's loop and must return at once."""

    def subscribe(self, listener: Callable[[Fact], None]) -> Unsubscribe: ...

    def subscribe_questions(self, listener: Callable[[Question], None]) -> Unsubscribe:
        """Without any such listener every question is answered with no."""
        ...

    async def answer(self, request_id: str, answer: Answer) -> bool:
        """False where the question no longer waits."""
        ...


class ConsoleApi(Protocol):
    """Everything a face may ask. ``is_open`` is False while a console on another thread is still opening: calls then wait for it."""

    @property
    def is_open(self) -> bool: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def cache(self) -> CacheApi: ...
    @property
    def history(self) -> HistoryApi: ...
    @property
    def tools(self) -> ToolsApi: ...
    @property
    def clusters(self) -> ClustersApi: ...
    @property
    def scanning(self) -> ScanningApi: ...
    @property
    def metrics(self) -> MetricsApi: ...
    @property
    def events(self) -> EventsApi: ...
