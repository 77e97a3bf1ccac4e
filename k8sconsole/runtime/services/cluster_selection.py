"""Which clusters the console shows, their connection states, and the kinds they have."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from k8sconsole.errors import ConfigurationError, ConsoleError
from k8sconsole.kit.clock import SystemClock, format_rfc3339
from k8sconsole.model.cache_records import ClusterRecord, ScanState
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, Notice, ResourcesDiscovered
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import ClusterPool, NoContexts, Opening, choose_contexts, find_refusal, unknown_context
from k8sconsole.runtime.services.api_resources import ApiResources


def _changed_at(files: Sequence[Path]) -> float:
    """When the newest of these files was written, in seconds since the epoch; now for files that are gone."""
    written = [path.stat().st_mtime for path in files if path.exists()]
    return max(written, default=0.0) or SystemClock().now()


_CHECK_EVERY = 10.0
"""Seconds between two tries of an address."""
ONLY_CACHED = "not in the kubeconfig: answered from the cache"


class ClusterSelection:
    """The ClustersApi.

    opening: what the face asked for at the start. begin: awaited after each selection; it starts scanning the clusters that are new.
    ``current`` is what is selected now.
    """

    def __init__(
        self,
        opening: Opening,
        pool: ClusterPool,
        api_resources: ApiResources,
        cached_clusters: Callable[[], Awaitable[list[ClusterRecord]]],
        publish: Callable[[Fact], None],
        begin: Callable[[], Awaitable[None]],
    ) -> None:
        self.current: tuple[ClusterName, ...] = ()
        self._opening = opening
        self._pool = pool
        self._api_resources = api_resources
        self._cached_clusters = cached_clusters
        self._publish = publish
        self._begin = begin
        self._states: dict[ClusterName, ClusterState] = {}
        self._cached: dict[ClusterName, str] = {}
        self._cached_skews: dict[ClusterName, float] = {}
        self._offered: list[ContextInfo] | None = None
        self._warned: set[ClusterName] = set()
        self._checked: dict[ClusterName, tuple[float, str]] = {}
        self._broken: tuple[float, ConfigurationError] | None = None

    async def contexts(self) -> list[ContextInfo]:
        return self.list_contexts()

    def list_contexts(self) -> list[ContextInfo]:
        """While the kubeconfig cannot be parsed, its last contents, each with that problem. Raises ConfigurationError when it never could
        be."""
        offered = self._read_kubeconfig()
        if self._broken:
            problem = self._broken[1]
            offered = [msgspec.structs.replace(info, problem=info.problem or f"{problem.title} — {problem.detail}") for info in offered]
        servers = {**dict.fromkeys(self._states, ""), **self._cached}
        only_cached = sorted(set(servers) - {info.name for info in offered})
        return offered + [ContextInfo(name, "", servers[name], "", "", problem=ONLY_CACHED) for name in only_cached]

    def contexts_problem(self) -> ConsoleError | None:
        """Why the kubeconfig could not be read the last time; None if it could."""
        return self._kubeconfig_problem() or (self._broken[1] if self._broken else None)

    def is_lost(self, cluster: ClusterName) -> bool:
        state = self._states.get(cluster)
        return (state is not None and state.connection is ConnectionState.LOST) or bool(self._checked.get(cluster, (0.0, ""))[1])

    async def check_connection(self, cluster: ClusterName) -> None:
        """Tries the address of a cluster that this process does not scan, at most once in some seconds. Only a refusal is a result."""
        scanned = self._opening.scan and cluster in self.current
        now = SystemClock().monotonic()
        if self._opening.offline or scanned or now - self._checked.get(cluster, (float("-inf"), ""))[0] < _CHECK_EVERY:
            return
        info = next((one for one in self._offered or () if one.name == cluster), None)
        self._checked[cluster] = now, await find_refusal(info.server) if info and not info.proxied else ""

    def clock_skew(self, cluster: ClusterName) -> float:
        """Seconds by which the server's clock is ahead of this machine's: as measured by this process, else as recorded in the cache."""
        measured = self._pool.clock_skew(cluster)
        return self._cached_skews.get(cluster, 0.0) if measured is None else measured

    def troubles(self, cluster: ClusterName) -> tuple[str, ...]:
        """Why the cached rows of this cluster may be behind it, and since when: it is lost, or the kubeconfig is broken."""
        state, problem = self._states.get(cluster), self.contexts_problem()
        found: list[str] = []
        if self.is_lost(cluster):
            since = f" since {format_rfc3339(state.seen_at)}" if state and state.seen_at else ""
            reason = (state.detail if state else "") or self._checked.get(cluster, (0.0, ""))[1]
            found.append(f"{cluster}: lost{since}: {reason}")
        if problem is not None:
            since = f" since {format_rfc3339(self._broken[0])}" if self._broken else ""
            kept = "; its last contents stay in use" if self._broken else ""
            found.append(f"{cluster}: the kubeconfig is broken{since}: {problem.title} — {problem.detail}{kept}")
        return tuple(found)

    async def selected(self) -> tuple[ClusterName, ...]:
        return self.current

    async def states(self) -> dict[ClusterName, ClusterState]:
        return {cluster: self._states.get(cluster, ClusterState(cluster, ConnectionState.OFFLINE)) for cluster in self.current}

    async def select(self, names: Sequence[str]) -> None:
        await self.choose(names)
        await self._begin()

    async def choose(self, names: Sequence[str] = ()) -> None:
        """Selects these contexts, or without names those of the opening. Publishes a Notice for each that only the cache knows, and one for
        each context's warning, once. Raises NotFound, ConfigurationError."""
        for notice in [*self._choose(await self._cached_clusters(), names), *self._new_warnings()]:
            self._publish(notice)

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return await self._api_resources.resources(cluster)

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        return await self._api_resources.find(cluster, word)

    async def rivals(self, cluster: ClusterName, word: str) -> list[ApiResource]:
        return await self._api_resources.rivals(cluster, word)

    async def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        return self._api_resources.table(cluster, resource)

    def publish_first_state(self, cluster: ClusterName, scans: Sequence[ScanState], version: str, *, offline: bool) -> None:
        """The state before this run knows anything of the cluster: how old the cache is. scans: the cache's scan states of this cluster."""
        seen_at = max((state.confirmed_at for state in scans if state.confirmed_at), default=None)
        state = ClusterState(cluster, ConnectionState.OFFLINE if offline else ConnectionState.CONNECTING, version=version, seen_at=seen_at)
        state = msgspec.structs.replace(state, clock_skew=self.clock_skew(cluster))
        self._publish(self._states.setdefault(cluster, state))

    def handle_fact(self, fact: Fact) -> ClusterName | None:
        """A bus listener. Keeps the newest state; returns the cluster whose kinds must be loaded again."""
        if isinstance(fact, ClusterState):
            before = self._states.get(fact.cluster)
            kept = {"seen_at": fact.seen_at or before.seen_at, "version": fact.version or before.version} if before else {}
            if fact.connection in (ConnectionState.LIVE, ConnectionState.PARTIAL):
                self._cached_skews[fact.cluster] = fact.clock_skew
            self._states[fact.cluster] = msgspec.structs.replace(fact, **kept)
        return fact.cluster if isinstance(fact, ResourcesDiscovered) else None

    def _choose(self, cached: Sequence[ClusterRecord], names: Sequence[str]) -> list[Notice]:
        self._cached = {record.name: record.api_server for record in sorted(cached, key=lambda record: -record.seen_at)}
        self._cached_skews = {record.name: record.clock_skew for record in cached}
        request = msgspec.structs.replace(self._opening, contexts=tuple(names), all_contexts=False) if names else self._opening
        if self._opening.offline or isinstance(self._pool.contexts, NoContexts):
            self.current = self._choose_cached(request)
            return self._explain_cached()
        offered, read_current = self._read_kubeconfig(), self._pool.contexts.current
        listed = {info.name for info in offered}
        gone = [name for name in request.contexts if name in self._cached and name not in listed]
        if not gone or request.needs_clusters:
            self.current = choose_contexts(request, offered, read_current)
            return []
        remaining = tuple(name for name in request.contexts if name not in gone)
        reachable = choose_contexts(msgspec.structs.replace(request, contexts=remaining), offered, read_current) if remaining else ()
        order = {name: index for index, name in enumerate(request.contexts)}
        self.current = tuple(sorted({*reachable, *map(ClusterName, gone)}, key=lambda name: order[name]))
        return [Notice(f"Context {name} is not in the kubeconfig", "answered from the cache", "warning") for name in gone]

    def _new_warnings(self) -> list[Notice]:
        warnings = {info.name: info.warning for info in self._offered or () if info.warning and info.name in self.current}
        new = [name for name in warnings if name not in self._warned]
        self._warned.update(new)
        return [Notice(f"Context {name}", warnings[name], "warning") for name in new]

    def _read_kubeconfig(self) -> list[ContextInfo]:
        try:
            self._offered, self._broken = self._pool.contexts.list(), None
        except ConfigurationError as problem:
            if self._offered is None:
                raise
            if self._broken is None or str(self._broken[1]) != str(problem):
                self._broken = (_changed_at(self._pool.contexts.files()), problem)
        return list(self._offered)

    def _choose_cached(self, request: Opening) -> tuple[ClusterName, ...]:
        """Of the clusters in the cache: those named, all, or the one seen last."""
        known = tuple(self._cached)
        problem = self._kubeconfig_problem()
        if request.face is not Face.MCP:
            for name in request.contexts:
                if name not in known:
                    raise problem or unknown_context(name, list(known))
            if problem is not None and not known:
                raise problem
        if request.contexts:
            return tuple(ClusterName(name) for name in dict.fromkeys(request.contexts))
        return known if request.all_contexts else known[:1]

    def _explain_cached(self) -> list[Notice]:
        """Only the command line needs it: an MCP client finds it in every answer, the terminal shows the state offline."""
        problem = self._kubeconfig_problem()
        if problem is None or self._opening.face is not Face.CLI:
            return []
        why = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
        return [Notice("offline, answered from the cache", why, "warning")]

    def _kubeconfig_problem(self) -> ConsoleError | None:
        return self._pool.contexts.problem if isinstance(self._pool.contexts, NoContexts) else None
