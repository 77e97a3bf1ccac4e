"""Which clusters a face looks at, how each is doing, and what kinds it has."""

from collections.abc import Sequence

import msgspec

from k8sconsole.model.contexts import ContextInfo
from k8sconsole.model.events import ClusterState, Fact, ResourcesDiscovered, Trust
from k8sconsole.model.reading import ScanState
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tables import KindTable
from k8sconsole.runtime.catalogue import Catalogue
from k8sconsole.runtime.reach import ClusterPool, Opening, choose


class ClusterChooser:
    """selected: the clusters looked at, the first being the one that is meant when none is named."""

    def __init__(self, opening: Opening, pool: ClusterPool, catalogue: Catalogue) -> None:
        self.opening = opening
        self.pool = pool
        self.catalogue = catalogue
        self.selected: tuple[ClusterName, ...] = ()
        self._states: dict[ClusterName, ClusterState] = {}

    def contexts(self) -> list[ContextInfo]:
        return self.pool.contexts.list()

    def states(self) -> dict[ClusterName, ClusterState]:
        return {cluster: self._states.get(cluster, ClusterState(cluster, Trust.OFFLINE)) for cluster in self.selected}

    def choose(self, clusters: Sequence[str] = ()) -> tuple[ClusterName, ...]:
        """What was asked for at the start, or these; raises NotFound and ConfigurationError."""
        asked = msgspec.structs.replace(self.opening, contexts=tuple(clusters), all_contexts=False) if clusters else self.opening
        self.selected = choose(asked, self.contexts())
        return self.selected

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return await self.catalogue.resources(cluster)

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        """Raises UsageError with the nearest kinds."""
        return await self.catalogue.find(cluster, word)

    def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        return self.catalogue.table(cluster, resource)

    def begin(self, cluster: ClusterName, known: Sequence[ScanState], version: str, *, offline: bool) -> ClusterState:
        """The first word on a cluster, before anything of this run is known of it: how old the cache's knowledge is."""
        seen = max((state.confirmed_at for state in known if state.confirmed_at), default=None)
        state = ClusterState(cluster, Trust.OFFLINE if offline else Trust.CONNECTING, version=version, seen_at=seen)
        return self._states.setdefault(cluster, state)

    def remember(self, fact: Fact) -> "ClusterName | None":
        """A listener's part: keeps the newest state, and names the cluster whose kinds must be learnt anew."""
        if isinstance(fact, ClusterState):
            before = self._states.get(fact.cluster)
            kept = {"seen_at": fact.seen_at or before.seen_at, "version": fact.version or before.version} if before else {}
            self._states[fact.cluster] = msgspec.structs.replace(fact, **kept)
        return fact.cluster if isinstance(fact, ResourcesDiscovered) else None
