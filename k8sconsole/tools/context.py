"""What a tool may use: the cache, the clusters, the clock. The runtime provides them."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import ConfigurationError, ConnectionCut, ConsoleError, NotFound, UsageError
from k8sconsole.kit.clock import Clock
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.model.cache_records import ScanState, cached_freshness
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.events import Fact
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history.noise import NoiseFilter, build_noise_filter
from k8sconsole.model.kind_names import ambiguous_kind, choice_note
from k8sconsole.model.policy import Limits, Policy
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Answer, Face, Question, ToolCall
from k8sconsole.store.port import Store
from k8sconsole.tools.parameters import Context
from k8sconsole.tools.results import Proposal
from k8sconsole.tools.summaries import ListSummaries

UNCONFIRMED = 15.0
"""Seconds without a confirmation of cached rows until the cluster's address is tried."""

Progress = Callable[[float, float | None, str], Awaitable[None]]
"""(done, total or None, message)."""


async def no_progress(done: float, total: float | None, message: str) -> None:
    """Discards progress."""


class RefreshRequest(msgspec.Struct, frozen=True):
    """What to read from the cluster again: everything, one kind, either of them in one namespace, or one object of a kind."""

    resource: ApiResource | None = None
    namespace: str = ""
    name: str = ""

    @property
    def is_part(self) -> bool:
        """Whether it covers less than whole kinds."""
        return bool(self.namespace or self.name)


class RefreshResult(msgspec.Struct):
    """The result of a refresh of one kind, of one namespace of it, or of one object.

    objects: how many exist now. missing: what could not be read, and why.
    """

    kind: str
    objects: int
    added: int
    changed: int
    deleted: int
    seconds: float
    error: str = ""
    missing: list[str] = []
    namespace: str = ""
    name: str = ""


async def no_approver(question: Question) -> Answer:
    """The answer where no person can be asked: no."""
    return Answer(False, by="no one can be asked here", asked=False)


class Rivals(Protocol):
    """sure: the answer must be certain, even if the cluster has to be asked."""

    async def __call__(self, context: ClusterName, word: str, /, *, sure: bool = False) -> Sequence[ApiResource]: ...


async def no_rivals(context: ClusterName, word: str, /, *, sure: bool = False) -> Sequence[ApiResource]:
    """Where every word names one kind."""
    return ()


async def no_check(context: ClusterName) -> None:
    """The check of a process that knows no address."""


async def no_scanner(cluster: ClusterName, request: RefreshRequest) -> list[RefreshResult]:
    """The refresh of a process without a scanner."""
    raise UsageError("the cache cannot be refreshed", "this process runs no scanner", "k8sconsole scan --once")


@dataclass(frozen=True)
class ToolEnvironment:
    """What the runtime provides to all tools.

    store: None without a cache; every tool must then still work, only slower. selected: the contexts that the user chose.
    find_resource(context, word): raises UsageError or NotFound with the nearest kinds. rivals(context, word): the kinds of other groups
    that the word names as well. open_cluster(context): raises the errors of ``cluster.port``. ask: sends an approval question to a
    person. refresh(context, request): reads from the cluster into the cache; raises NotFound for an object that neither of them has.
    troubles(context): why its cache may be behind: the cluster is lost, or the kubeconfig is broken. is_lost(context): whether it does not
    answer now. silent_groups(context): API groups that did not answer discovery, with the reason. clock_skew(context): seconds by which
    its server's clock is ahead of this machine's. contexts_problem(): why the kubeconfig cannot be read, None if it can.
    check_connection(context): notices that the server of a cluster that is not scanned here refuses connections.
    """

    clock: Clock
    store: Store | None
    contexts: Callable[[], list[ContextInfo]]
    selected: Callable[[], tuple[ClusterName, ...]]
    open_cluster: Callable[[ClusterName], Awaitable[Cluster]]
    find_resource: Callable[[ClusterName, str], Awaitable[ApiResource]]
    table: Callable[[ClusterName, ApiResource], KindTable]
    policy: Callable[[], Policy]
    rivals: Rivals = no_rivals
    ask: Callable[[Question], Awaitable[Answer]] = no_approver
    publish: Callable[[Fact], None] = lambda fact: None
    noise: Callable[[], Mapping[str, Sequence[str]]] = dict
    refresh: Callable[[ClusterName, RefreshRequest], Awaitable[list[RefreshResult]]] = no_scanner
    summaries: ListSummaries = field(default_factory=ListSummaries)
    limits: Callable[[], Limits] = Limits
    troubles: Callable[[ClusterName], tuple[str, ...]] = lambda context: ()
    silent_groups: Callable[[ClusterName], Mapping[str, str]] = lambda context: {}
    clock_skew: Callable[[ClusterName], float] = lambda context: 0.0
    is_lost: Callable[[ClusterName], bool] = lambda context: False
    contexts_problem: Callable[[], ConsoleError | None] = lambda: None
    check_connection: Callable[[ClusterName], Awaitable[None]] = no_check

    def default_namespace(self, context: ClusterName) -> str:
        """The namespace that the kubeconfig context names, else ``default``."""
        return next((info.namespace for info in self.contexts() if info.name == context and info.namespace), "default")


def silent_group_reasons(groups: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence for each API group that did not answer discovery. groups: reasons by ``group/version``."""
    return tuple(f"{group}: {reason}" for group, reason in sorted(groups.items()))


def unguarded(context: "ToolContext", cluster: Cluster) -> Cluster:
    """The default guard: direct access."""
    return cluster


@dataclass
class ToolContext:
    """The state of one call.

    proposal: set once a change was prepared. deadline_at: monotonic seconds. retries_left: how often the pipeline will repeat the call.
    guard: wraps each cluster that the call opens, for the circuit breaker. changes: whether the tool changes something. remarks: what the
    caller must know of how the call was understood; they become warnings of the reply.
    """

    environment: ToolEnvironment
    call: ToolCall
    progress: Progress = no_progress
    proposal: Proposal | None = None
    deadline_at: float = math.inf
    retries_left: int = 0
    guard: "Callable[[ToolContext, Cluster], Cluster]" = unguarded
    changes: bool = False
    remarks: dict[str, None] = field(default_factory=dict)

    @property
    def store(self) -> Store | None:
        return self.environment.store

    @property
    def face(self) -> Face:
        return self.call.face

    @property
    def now(self) -> float:
        return self.environment.clock.now()

    def server_now(self, cluster: ClusterName) -> float:
        """The time by the clock of the cluster's server, in seconds since the epoch: the ages of its objects count from it."""
        return self.now + self.environment.clock_skew(cluster)

    def resolve_context(self, requested: str) -> ClusterName:
        """The requested context, else the first selected one, else the current one. Raises NotFound with the nearest names."""
        infos = self.environment.contexts()
        names = [str(info.name) for info in infos] + [str(name) for name in self.environment.selected()]
        if requested:
            if requested not in names:
                close = nearest_or_first(requested, sorted(set(names)), 5)
                raise NotFound(
                    f"no context {requested!r}",
                    "no such context in the kubeconfig",
                    "k8s_list_contexts",
                    {"parameter": "context", "given": requested, "nearest": close},
                )
            return ClusterName(requested)
        chosen = (*self.environment.selected(), *(info.name for info in infos if info.current), *(info.name for info in infos))
        if not chosen:
            raise self.environment.contexts_problem() or ConfigurationError(
                "no cluster to use", "the kubeconfig has no context", "k8sconsole demo"
            )
        return chosen[0]

    def default_namespace(self, context: ClusterName) -> str:
        return self.environment.default_namespace(context)

    async def open_cluster(self, context: ClusterName) -> Cluster:
        return self.guard(self, await self.environment.open_cluster(context))

    async def find_resource(self, context: ClusterName, word: str, parameter: str = "kind") -> ApiResource:
        """parameter: the call's parameter that holds the word. Raises UsageError with that parameter and the nearest kinds.

        A word that names kinds of several groups: a read takes the first and remarks on it, a change raises InvalidParams.
        """
        try:
            found = await self.environment.find_resource(context, word)
        except UsageError as problem:
            problem.details["parameter"] = parameter
            raise
        rivals = await self.environment.rivals(context, word, sure=self.changes)
        if rivals and self.changes:
            raise ambiguous_kind(word, (found, *rivals), parameter)
        if rivals:
            self.remarks[choice_note(word, found, rivals)] = None
        return found

    def will_retry(self, problem: ConsoleError) -> bool:
        """Whether the pipeline repeats the call after this error, so that a fallback to the cache is not needed yet."""
        return self.retries_left > 0 and isinstance(problem, ConnectionCut)

    def table(self, context: ClusterName, resource: ApiResource) -> KindTable:
        return self.environment.table(context, resource)

    def noise_filter(self, resource: ResourceName) -> NoiseFilter:
        """The fields of this kind whose changes history ignores."""
        return build_noise_filter(self.environment.noise(), resource)

    def live_freshness(self, missing: tuple[str, ...] = ()) -> Freshness:
        """The freshness of data read from the cluster just now."""
        return Freshness(Source.LIVE, self.now, not missing, missing)

    async def cache_freshness(self, context: ClusterName, resource: ResourceName, namespaces: Sequence[str] = ()) -> Freshness:
        """How old the cached rows of a kind are, and what is missing. observed_at is None if the kind was never scanned."""
        if self.store is None:
            return Freshness(Source.CACHE, None, False, (f"{context}: no cache",))
        state = await self.scan_state(context, resource)
        if state is not None and state.confirmed_at is not None and self.now - state.confirmed_at > UNCONFIRMED:
            await self.environment.check_connection(context)
        return self.freshness_of(state, context, namespaces)

    def freshness_of(self, state: ScanState | None, context: ClusterName, namespaces: Sequence[str] = ()) -> Freshness:
        """As ``cached_freshness``, with what this process knows of the connection to the cluster."""
        return cached_freshness(state, context, namespaces, self.environment.troubles(context))

    async def scan_state(self, context: ClusterName, resource: ResourceName) -> ScanState | None:
        """The state of the kind's last scan; None without a cache, or if the kind was never scanned."""
        states = await self.store.metadata.scan_states(context) if self.store is not None else []
        return next((one for one in states if one.resource == resource), None)


class Common(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The parameter that every Kubernetes tool has."""

    context: Context = ""
