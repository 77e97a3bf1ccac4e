"""Which clusters a face looks at, how each is doing, and what kinds it has."""

from collections.abc import Sequence

import msgspec

from k8sconsole.errors import ConfigurationError
from k8sconsole.model.cache_records import ClusterRecord, ScanState
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, Notice, ResourcesDiscovered
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import ClusterPool, NoContexts, Opening, choose, unknown_context
from k8sconsole.runtime.services.api_resources import Catalogue

CACHED_ONLY = "not in the kubeconfig: answered from the cache"


class ClusterChooser:
    """selected: the clusters looked at, the first being the one that is meant when none is named."""

    def __init__(self, opening: Opening, pool: ClusterPool, catalogue: Catalogue) -> None:
        self.opening = opening
        self.pool = pool
        self.catalogue = catalogue
        self.selected: tuple[ClusterName, ...] = ()
        self._states: dict[ClusterName, ClusterState] = {}
        self._cached: dict[ClusterName, str] = {}
        self._offered: list[ContextInfo] | None = None

    def contexts(self) -> list[ContextInfo]:
        """Those of the kubeconfig, then those that only the cache knows, which have a ``problem`` that says so. While the kubeconfig cannot
        be understood, what it said before. Raises ConfigurationError when it never could."""
        offered = self._offer()
        servers = {**dict.fromkeys(self._states, ""), **self._cached}
        left = sorted(set(servers) - {info.name for info in offered})
        return offered + [ContextInfo(name, "", servers[name], "", "", problem=CACHED_ONLY) for name in left]

    def states(self) -> dict[ClusterName, ClusterState]:
        return {cluster: self._states.get(cluster, ClusterState(cluster, ConnectionState.OFFLINE)) for cluster in self.selected}

    def choose(self, known: Sequence[ClusterRecord], clusters: Sequence[str] = ()) -> list[Notice]:
        """What was asked for at the start, or these: of the kubeconfig, else of what the cache knows. What a person should be told of that.
        Raises NotFound and ConfigurationError."""
        self._cached = {record.name: record.api_server for record in sorted(known, key=lambda record: -record.seen_at)}
        asked = msgspec.structs.replace(self.opening, contexts=tuple(clusters), all_contexts=False) if clusters else self.opening
        if self.opening.offline or isinstance(self.pool.contexts, NoContexts):
            self.selected = self._choose_cached(asked)
            return self._why_cached()
        offered = self._offer()
        gone = [name for name in asked.contexts if name in self._cached and name not in {info.name for info in offered}]
        if gone and not asked.needs_clusters:
            left = [name for name in asked.contexts if name not in gone]
            rest = choose(msgspec.structs.replace(asked, contexts=tuple(left)), offered) if left else ()
            order = {name: place for place, name in enumerate(asked.contexts)}
            self.selected = tuple(sorted({*rest, *map(ClusterName, gone)}, key=lambda name: order[name]))
            return [Notice(f"Context {name} is not in the kubeconfig", "answered from the cache", "warning") for name in gone]
        self.selected = choose(asked, offered)
        return []

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return await self.catalogue.resources(cluster)

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        """Raises UsageError with the nearest kinds."""
        return await self.catalogue.find(cluster, word)

    def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        return self.catalogue.table(cluster, resource)

    def _offer(self) -> list[ContextInfo]:
        try:
            self._offered = self.pool.contexts.list()
        except ConfigurationError:
            if self._offered is None:
                raise
        return list(self._offered)

    def _choose_cached(self, asked: Opening) -> tuple[ClusterName, ...]:
        """Of what the cache knows: those named, all, or the one that was seen last."""
        known = tuple(self._cached)
        problem = self.pool.contexts.problem if isinstance(self.pool.contexts, NoContexts) else None
        if asked.face is not Face.MCP:
            for name in asked.contexts:
                if name not in known:
                    raise problem or unknown_context(name, list(known))
            if problem is not None and not known:
                raise problem
        if asked.contexts:
            return tuple(ClusterName(name) for name in dict.fromkeys(asked.contexts))
        return known if asked.all_contexts else known[:1]

    def _why_cached(self) -> list[Notice]:
        """A client of MCP is told in every answer; at the screen the state says offline."""
        problem = self.pool.contexts.problem if isinstance(self.pool.contexts, NoContexts) else None
        if problem is None or self.opening.face is not Face.CLI:
            return []
        why = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
        return [Notice("offline, answered from the cache", why, "warning")]

    def begin(self, cluster: ClusterName, known: Sequence[ScanState], version: str, *, offline: bool) -> ClusterState:
        """The first word on a cluster, before anything of this run is known of it: how old the cache's knowledge is."""
        seen = max((state.confirmed_at for state in known if state.confirmed_at), default=None)
        state = ClusterState(cluster, ConnectionState.OFFLINE if offline else ConnectionState.CONNECTING, version=version, seen_at=seen)
        return self._states.setdefault(cluster, state)

    def remember(self, fact: Fact) -> "ClusterName | None":
        """A listener's part: keeps the newest state, and names the cluster whose kinds must be learnt anew."""
        if isinstance(fact, ClusterState):
            before = self._states.get(fact.cluster)
            kept = {"seen_at": fact.seen_at or before.seen_at, "version": fact.version or before.version} if before else {}
            self._states[fact.cluster] = msgspec.structs.replace(fact, **kept)
        return fact.cluster if isinstance(fact, ResourcesDiscovered) else None
