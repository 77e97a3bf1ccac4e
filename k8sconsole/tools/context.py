"""What a tool may use: the cache, the clusters, the clock. The runtime chooses them; a tool only asks."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import ConfigurationError, ConnectionCut, ConsoleError, NotFound, UsageError
from k8sconsole.kit.clock import Clock
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.model.cache_records import cached_freshness
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.events import Fact
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history.noise import NoiseFilter, build_noise_filter
from k8sconsole.model.policy import Limits, Policy
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Answer, Face, Question, ToolCall
from k8sconsole.store.port import Store
from k8sconsole.tools.results import Proposal
from k8sconsole.tools.summaries import Overviews

Progress = Callable[[float, float | None, str], Awaitable[None]]
"""(done, total or None, what is being done)."""


async def no_progress(done: float, total: float | None, message: str) -> None:
    """For callers that do not care."""


class RereadWanted(msgspec.Struct, frozen=True):
    """What is to be read anew: everything, one kind, what of them is in one namespace, or, with a kind and a name, one object."""

    resource: ApiResource | None = None
    namespace: str = ""
    name: str = ""

    @property
    def is_part(self) -> bool:
        """Less than whole kinds."""
        return bool(self.namespace or self.name)


class Reread(msgspec.Struct):
    """What reading one kind anew came to, or a part of it: what its namespace holds, or its one object. objects: how many there are now;
    missing: what could not be read, and why."""

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


async def nobody(question: Question) -> Answer:
    """The answer where nobody can be asked."""
    return Answer(False, by="nobody could be asked")


async def no_scanner(cluster: ClusterName, wanted: RereadWanted) -> list[Reread]:
    """Where nothing reads clusters."""
    raise UsageError("nothing reads clusters into the cache here", "this run has no scanner", "k8sconsole scan --once")


@dataclass(frozen=True)
class ToolEnvironment:
    """What the runtime lends to the tools. store is None where there is no cache; everything must work then, only slower.

    find_resource(context, word) raises UsageError or NotFound naming the nearest; open_cluster(context) may raise what ``cluster.port``
    lists. refresh(context, wanted) reads into the cache; it raises NotFound for an object that neither the cluster nor the cache knows.
    """

    clock: Clock
    store: Store | None
    contexts: Callable[[], list[ContextInfo]]
    selected: Callable[[], tuple[ClusterName, ...]]
    open_cluster: Callable[[ClusterName], Awaitable[Cluster]]
    find_resource: Callable[[ClusterName, str], Awaitable[ApiResource]]
    table: Callable[[ClusterName, ApiResource], KindTable]
    policy: Callable[[], Policy]
    ask: Callable[[Question], Awaitable[Answer]] = nobody
    publish: Callable[[Fact], None] = lambda fact: None
    noise: Callable[[], Mapping[str, Sequence[str]]] = dict
    refresh: Callable[[ClusterName, RereadWanted], Awaitable[list[Reread]]] = no_scanner
    overviews: Overviews = field(default_factory=Overviews)
    limits: Callable[[], Limits] = Limits


def unguarded(context: "ToolContext", cluster: Cluster) -> Cluster:
    """Where nothing stands in between."""
    return cluster


@dataclass
class ToolContext:
    """For one call. proposal is there once a change was prepared. until: monotonic seconds when the call's time is up. tries_left: how
    often the call will be tried again. guard: what stands between the call and a cluster."""

    environment: ToolEnvironment
    call: ToolCall
    progress: Progress = no_progress
    proposal: Proposal | None = None
    until: float = math.inf
    tries_left: int = 0
    guard: "Callable[[ToolContext, Cluster], Cluster]" = unguarded

    @property
    def store(self) -> Store | None:
        return self.environment.store

    @property
    def face(self) -> Face:
        return self.call.face

    @property
    def now(self) -> float:
        return self.environment.clock.now()

    def context(self, asked: str) -> ClusterName:
        """The context meant: the one asked for, else the first selected, else the current one. Raises NotFound with the nearest names."""
        infos = self.environment.contexts()
        names = [str(info.name) for info in infos] + [str(name) for name in self.environment.selected()]
        if asked:
            if asked not in names:
                close = nearest_or_first(asked, sorted(set(names)), 5)
                raise NotFound(
                    f"no context {asked!r}",
                    "no such context in the kubeconfig",
                    "k8s_list_contexts",
                    {"parameter": "context", "given": asked, "nearest": close},
                )
            return ClusterName(asked)
        chosen = (*self.environment.selected(), *(info.name for info in infos if info.current), *(info.name for info in infos))
        if not chosen:
            raise ConfigurationError("no cluster to ask", "there is no kubeconfig context", "k8sconsole demo")
        return chosen[0]

    def default_namespace(self, context: ClusterName) -> str:
        """The context's own."""
        return next((info.namespace for info in self.environment.contexts() if info.name == context and info.namespace), "default")

    async def cluster(self, context: ClusterName) -> Cluster:
        return self.guard(self, await self.environment.open_cluster(context))

    async def resource(self, context: ClusterName, word: str, parameter: str = "kind") -> ApiResource:
        """parameter: which one of the call's the word stands in. Raises UsageError naming it and the nearest kinds."""
        try:
            return await self.environment.find_resource(context, word)
        except UsageError as problem:
            problem.details["parameter"] = parameter
            raise

    def tries_again(self, problem: ConsoleError) -> bool:
        """Whether the cluster will be asked once more after this, so that the cache need not stand in for it yet."""
        return self.tries_left > 0 and isinstance(problem, ConnectionCut)

    def table(self, context: ClusterName, resource: ApiResource) -> KindTable:
        return self.environment.table(context, resource)

    def noise(self, resource: ResourceName) -> NoiseFilter:
        """Which fields of this kind differ without meaning anything, as the rules of history have it."""
        return build_noise_filter(self.environment.noise(), resource)

    def live(self, missing: tuple[str, ...] = ()) -> Freshness:
        """Seen just now."""
        return Freshness(Source.LIVE, self.now, not missing, missing)

    async def freshness(self, context: ClusterName, resource: ResourceName) -> Freshness:
        """How old the cached rows of a kind are, and what they lack. observed_at is None when the kind was never read."""
        if self.store is None:
            return Freshness(Source.CACHE, None, False, (f"{context}: there is no cache",))
        state = next((one for one in await self.store.metadata.scan_states(context) if one.resource == resource), None)
        return cached_freshness(state, context)


AsOf = Annotated[str, Meta(description="The past: -30m, 14:00")]


class Common(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The parameter that every Kubernetes tool has."""

    context: str = ""
