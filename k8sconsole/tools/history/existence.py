"""Checks that the names in a history query exist or existed, so that a typing error is NotFound and not an empty list."""

from collections.abc import AsyncIterator

from k8sconsole.errors import NotFound
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.history import ChangeQuery
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.queries import NAMES, history_of


async def check_names_known(context: ToolContext, query: ChangeQuery) -> None:
    """Raises NotFound, with the nearest names, for a name or an owner that is neither in the cluster nor in the history. Raises UsageError
    for an owner of an unknown kind."""
    if query.name and not await _is_known(context, query, query.name, query.resources):
        raise await _unknown_name(context, query, "name", query.resources)
    if query.owner:
        word, _, name = query.owner.rpartition("/")
        kinds = ((await context.find_resource(query.clusters[0], word, "owner")).name,) if word else ()
        if not await _is_known(context, query, name, kinds):
            raise await _unknown_name(context, query, "owner", kinds)


async def _is_known(context: ToolContext, query: ChangeQuery, name: str, kinds: tuple[ResourceName, ...]) -> bool:
    if (await history_of(context).changes(_whole_history(context, query, kinds, name))).versions:
        return True
    async for known in _current_names(context, query, kinds, name):
        if name in known:
            return True
    return False


def _whole_history(context: ToolContext, query: ChangeQuery, kinds: tuple[ResourceName, ...], name: str = "") -> ChangeQuery:
    """The same query over the whole history. name: "" for all names."""
    return ChangeQuery(0.0, context.now, query.clusters, kinds, query.namespaces, name, limit=1 if name else NAMES)


async def _current_names(context: ToolContext, query: ChangeQuery, kinds: tuple[ResourceName, ...], part: str) -> AsyncIterator[list[str]]:
    """Cached names that contain the part, one list for each kind and namespace."""
    store = context.store
    for cluster in query.clusters if store is not None else ():
        for kind in kinds or await _scanned_kinds(context, cluster):
            for namespace in query.namespaces or ("",):
                yield await store.objects.names(cluster, kind, part, namespace=namespace, limit=NAMES) if store is not None else []


async def _scanned_kinds(context: ToolContext, cluster: ClusterName) -> list[ResourceName]:
    return [state.resource for state in await context.store.metadata.scan_states(cluster)] if context.store is not None else []


async def _unknown_name(context: ToolContext, query: ChangeQuery, parameter: str, kinds: tuple[ResourceName, ...]) -> NotFound:
    given = str(getattr(query, parameter))
    name = given.rpartition("/")[2]
    names = {version.ref.name for version in (await history_of(context).changes(_whole_history(context, query, kinds))).versions}
    async for known in _current_names(context, query, kinds, name[:2]):
        names.update(known)
    close = find_nearest(name, sorted(names))
    details = {"parameter": parameter, "given": given[:100], "expected": "an object in the cache or in the history", "nearest": close}
    title = f"no object {name[:100]!r}" if parameter == "name" else f"no owner {given[:100]!r}"
    return NotFound(title, "neither the cache nor the history has one there", close[0] if close else "k8s_search_resources", details)
