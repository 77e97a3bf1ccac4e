"""The kinds of each cluster, found by plural, singular, short name or kind, and the table that shows each."""

from collections.abc import Sequence

from k8sconsole.errors import ConsoleError, UsageError
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table
from k8sconsole.runtime.cluster_pool import ClusterPool
from k8sconsole.store.port import Store

_BUILTIN = {one.name: one for one in BUILTIN}


class ApiResources:
    """The kinds of each cluster: from the last discovery in the store, else Kubernetes' built-in kinds."""

    def __init__(self, store: Store, pool: ClusterPool) -> None:
        self._store = store
        self._pool = pool
        self._resources: dict[ClusterName, dict[ResourceName, ApiResource]] = {}
        self._tables: dict[tuple[ClusterName, ResourceName], KindTable] = {}

    async def load_settings(self, cluster: ClusterName) -> list[ApiResource]:
        """Loads the kinds from the store, with the columns of custom kinds. Returns them."""
        known = await self._store.metadata.resources(cluster)
        if known:
            self._resources[cluster] = {one.name: one for one in known}
            for resource in known:
                if resource.name not in _BUILTIN:
                    self._tables[(cluster, resource.name)] = await self._store.metadata.table(cluster, resource.name)
        return self.known(cluster)

    def known(self, cluster: ClusterName) -> list[ApiResource]:
        return list(self._resources.get(cluster, _BUILTIN).values())

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return self.known(cluster) if cluster in self._resources else await self.load_settings(cluster)

    async def find(self, cluster: ClusterName, word: str) -> ApiResource:
        """Raises UsageError with the nearest kinds where no kind matches the word. Asks a cluster that was never discovered."""
        found = _best(await self.resources(cluster), word)
        if found is None and cluster not in self._resources:
            await self._discover(cluster)
            found = _best(self.known(cluster), word)
        if found is None:
            raise unknown_kind(word, self.known(cluster))
        return found

    def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        """The cells of cached rows are in the order of this table's columns."""
        key = (cluster, resource.name)
        if key not in self._tables:
            self._tables[key] = find_table(resource)
        return self._tables[key]

    async def _discover(self, cluster: ClusterName) -> None:
        try:
            discovery = await (await self._pool.get(cluster)).discover()
        except ConsoleError:
            # The caller raises UsageError for the unknown word, with what to try.
            return
        await self._store.metadata.record_resources(cluster, discovery.resources)
        await self.load_settings(cluster)


def _best(resources: list[ApiResource], word: str) -> ApiResource | None:
    """Of several matching kinds the exact plural wins, then the core group, then the first group by name."""
    found = [one for one in resources if one.answers_to(word)]
    return min(found, key=lambda one: (one.plural != word.lower(), one.group != "", one.group), default=None)


def unknown_kind(word: str, resources: Sequence[ApiResource]) -> UsageError:
    words = sorted({name for one in resources for name in (one.plural, *one.short_names)})
    close = find_nearest(word.lower(), words)
    remedy = close[0] if close else "a kind of `kubectl api-resources`"
    details = {"parameter": "kind", "given": word, "expected": "a kind of k8s_list_api_resources", "nearest": close}
    return UsageError(f"no kind {word!r}", "the cluster has no resource of that name", remedy, details)
