"""Which kinds a cluster has, by whatever word a person uses, and the table each is shown in."""

from k8sconsole.errors import ConsoleError, UsageError
from k8sconsole.kit.text import nearest
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, PrinterColumn, printer_columns, table_for
from k8sconsole.runtime.reach import ClusterPool
from k8sconsole.store.port import RowQuery, Store

CRDS = ResourceName("customresourcedefinitions.apiextensions.k8s.io")


class Catalogue:
    """Remembers per cluster what discovery said last; before that, the store's memory, then Kubernetes' own kinds."""

    def __init__(self, store: Store, pool: ClusterPool) -> None:
        self._store = store
        self._pool = pool
        self._resources: dict[ClusterName, dict[ResourceName, ApiResource]] = {}
        self._tables: dict[tuple[ClusterName, ResourceName], KindTable] = {}

    async def resources(self, cluster: ClusterName, *, refresh: bool = False) -> list[ApiResource]:
        """What discovery said last; before any discovery, what Kubernetes itself always has."""
        if refresh or cluster not in self._resources:
            known = await self._store.resources(cluster)
            if known:
                self._resources[cluster] = {one.name: one for one in known}
                await self._learn_columns(cluster)
        return list(self._resources.get(cluster, {one.name: one for one in BUILTIN}).values())

    async def find(self, cluster: ClusterName, word: str) -> ApiResource:
        """Raises UsageError with the nearest kinds when no kind answers to the word."""
        found = _best(await self.resources(cluster), word)
        if found is None and cluster not in self._resources:
            await self._discover(cluster)
            found = _best(await self.resources(cluster), word)
        if found is None:
            raise _unknown(word, await self.resources(cluster))
        return found

    def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        key = (cluster, resource.name)
        if key not in self._tables:
            self._tables[key] = table_for(resource)
        return self._tables[key]

    async def _discover(self, cluster: ClusterName) -> None:
        try:
            discovery = await (await self._pool.get(cluster)).discover()
        except ConsoleError:
            # The word stays unknown among the kinds that are known without asking; that error says what to try.
            return
        await self._store.record_resources(cluster, discovery.resources)
        self._resources[cluster] = {one.name: one for one in discovery.resources}

    async def _learn_columns(self, cluster: ClusterName) -> None:
        """Custom kinds bring their own columns, in their definitions."""
        import msgspec

        for _, body in await self._store.bodies(RowQuery(CRDS, clusters=(cluster,))):
            definition = msgspec.json.decode(body)
            spec = definition.get("spec", {})
            name = ResourceName(f"{spec.get('names', {}).get('plural')}.{spec.get('group')}")
            resource = self._resources[cluster].get(name)
            if resource:
                columns: tuple[PrinterColumn, ...] = printer_columns(definition, resource.version)
                self._tables[(cluster, name)] = table_for(resource, columns)


def _best(resources: list[ApiResource], word: str) -> ApiResource | None:
    """Of several kinds that answer, the plural itself wins, then the core group, then the first."""
    found = [one for one in resources if one.answers_to(word)]
    return min(found, key=lambda one: (one.plural != word.lower(), one.group != "", one.group), default=None)


def _unknown(word: str, resources: list[ApiResource]) -> UsageError:
    words = sorted({name for one in resources for name in (one.plural, *one.short_names)})
    close = nearest(word.lower(), words)
    remedy = close[0] if close else "a kind of `kubectl api-resources`"
    return UsageError(
        f"no kind {word!r}", "the cluster has no resource of that name", remedy, {"parameter": "kind", "given": word, "nearest": close}
    )
