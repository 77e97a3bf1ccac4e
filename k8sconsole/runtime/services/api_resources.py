"""The kinds of each cluster, found by plural, singular, short name or kind, and the table that shows each."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from k8sconsole.errors import ConsoleError, DeadlineExceeded, Denied, Unavailable, UsageError
from k8sconsole.kit.clock import SystemClock
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.kind_names import matching_kinds
from k8sconsole.model.kind_words import read_kind
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table
from k8sconsole.runtime.cluster_pool import ClusterPool
from k8sconsole.store.port import Store

_DISCOVER_WITHIN = 8.0
"""Seconds that an unknown word waits for the cluster."""

_SHARED_FOR = 1.0
"""Seconds for which the result of a discovery for an unknown word is shared."""
_MOST_UNKNOWN = 200
SURE_FOR = 5.0
"""Seconds for which a discovery is new enough to change something on its word: about as long as one call takes."""
_BUILTIN = {one.name: one for one in BUILTIN}


class ApiResources:
    """The kinds of each cluster: from the last discovery in the store, else Kubernetes' built-in kinds."""

    def __init__(self, store: Store, pool: ClusterPool) -> None:
        self._clock = SystemClock()
        self._asked_at: dict[ClusterName, float] = {}
        self._unknown: dict[tuple[ClusterName, str], tuple[float, ConsoleError | None]] = {}
        self._locks = defaultdict[ClusterName, asyncio.Lock](asyncio.Lock)
        self._store = store
        self._pool = pool
        self._resources: dict[ClusterName, dict[ResourceName, ApiResource]] = {}
        self._tables: dict[tuple[ClusterName, ResourceName], KindTable] = {}
        self._silent_groups: dict[ClusterName, Mapping[str, str]] = {}

    async def load_settings(self, cluster: ClusterName) -> list[ApiResource]:
        """Loads the kinds from the store, with the columns of custom kinds. Returns them."""
        known = await self._store.metadata.resources(cluster)
        for record in await self._store.metadata.clusters():
            self._silent_groups[record.name] = record.silent_groups
        if known:
            self._resources[cluster] = {one.name: one for one in known}
            for resource in known:
                if resource.name not in _BUILTIN:
                    self._tables[(cluster, resource.name)] = await self._store.metadata.table(cluster, resource.name)
        return self.known(cluster)

    def silent_groups(self, cluster: ClusterName) -> Mapping[str, str]:
        """The API groups that did not answer the last discovery, as ``group/version``, with the reason."""
        return self._silent_groups.get(cluster, {})

    def known(self, cluster: ClusterName) -> list[ApiResource]:
        return list(self._resources.get(cluster, _BUILTIN).values())

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return self.known(cluster) if cluster in self._resources else await self.load_settings(cluster)

    async def find(self, cluster: ClusterName, word: str) -> ApiResource:
        """Asks the cluster once where no known kind matches the word: it may be new. Of several matching kinds the
        first in the server's own order; ``rivals`` names the others.

        Raises UsageError with the nearest kinds, Unavailable where the group of the word does not answer, and what prevents a first
        discovery.
        """
        found = matching_kinds(await self.resources(cluster), word)
        if found:
            return found[0]
        is_first = cluster not in self._resources
        problem = await self._look_up(cluster, word)
        found = matching_kinds(self.known(cluster), word)
        if found:
            return found[0]
        if is_first and isinstance(problem, Unavailable | Denied):
            raise type(problem)(f"cannot look up the kind {word!r}", f"{problem.title} — {problem.detail}", problem.remedy, problem.details)
        raise unknown_kind(word, self.known(cluster), silent=self.silent_groups(cluster), problem=problem)

    async def rivals(self, cluster: ClusterName, word: str, *, sure: bool = False) -> list[ApiResource]:
        """The other kinds that the word names, in other groups than that of ``find``.

        sure: ask the cluster, unless it was asked within the last ``SURE_FOR`` seconds. A kind may be newer than the cache.
        """
        found = matching_kinds(await self.resources(cluster), word)
        is_exact = bool(found) and found[0].name == word.lower()
        if sure and not is_exact and self._clock.monotonic() - self._asked_at.get(cluster, -math.inf) > SURE_FOR:
            await self._discover(cluster)
            found = matching_kinds(self.known(cluster), word)
        return found[1:]

    def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        """The cells of cached rows are in the order of this table's columns."""
        key = (cluster, resource.name)
        if key not in self._tables:
            self._tables[key] = find_table(resource)
        return self._tables[key]

    async def _look_up(self, cluster: ClusterName, word: str) -> ConsoleError | None:
        """Discovers the cluster's kinds for an unknown word, at most once a second for the same word: a client that repeats a wrong kind
        must not keep the cluster busy. Returns why the discovery failed, None if it did not."""
        async with self._locks[cluster]:
            at, problem = self._unknown.get((cluster, word), (-math.inf, None))
            if self._clock.monotonic() - at <= _SHARED_FOR:
                return problem
            problem = await self._discover(cluster)
            if len(self._unknown) >= _MOST_UNKNOWN:
                self._unknown.clear()
            self._unknown[cluster, word] = self._clock.monotonic(), problem
            return problem

    async def _discover(self, cluster: ClusterName) -> ConsoleError | None:
        """Discovers the cluster's kinds. Returns why that failed, None if it did not."""
        try:
            async with asyncio.timeout(_DISCOVER_WITHIN):
                found = await (await self._pool.get(cluster)).discover()
        except TimeoutError:
            return DeadlineExceeded(f"{cluster} does not answer", f"no reply within {_DISCOVER_WITHIN:g} s", "k8sconsole doctor")
        except ConsoleError as problem:
            return problem
        self._asked_at[cluster] = self._clock.monotonic()
        known = await self._store.metadata.resources(cluster)
        await self._store.metadata.record_resources(cluster, found.with_known(known).resources)
        await self.load_settings(cluster)
        self._silent_groups[cluster] = found.missing
        return None


def unknown_kind(
    word: str, resources: Sequence[ApiResource], *, silent: Mapping[str, str] | None = None, problem: ConsoleError | None = None
) -> ConsoleError:
    """UsageError, or Unavailable for a word with a group that does not answer.

    silent: groups that do not answer, by ``group/version``, with the reason. problem: why the cluster could not be asked.
    """
    silent = silent or {}
    group = read_kind(word).group
    if group and any(name.rpartition("/")[0] == group for name in silent):
        remedy = "kubectl get apiservices"
        why = "; ".join(f"{name}: {reason}" for name, reason in silent.items() if name.rpartition("/")[0] == group)
        return Unavailable(f"cannot look up the kind {word!r}", why, remedy, {"parameter": "kind", "given": word})
    words = sorted({name for one in resources for name in (one.plural, *one.short_names)})
    close = find_nearest(word.lower(), words) or find_nearest(read_kind(word).kind, words)
    remedy = close[0] if close else "a kind of `kubectl api-resources`"
    details = {"parameter": "kind", "given": word, "expected": "a kind of k8s_list_api_resources", "nearest": close}
    why = "the cluster has no resource of that name"
    if problem is not None:
        why = f"no known resource has that name, and the cluster could not be asked: {problem.title} — {problem.detail}"
    elif silent:
        why = f"the cluster has no resource of that name, but does not know all: {', '.join(sorted(silent))} do not answer"
    return UsageError(f"no kind {word!r}", why, remedy, details)
