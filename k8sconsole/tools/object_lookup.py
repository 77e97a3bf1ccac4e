"""One object: from the cache, else from the cluster; and what it may have been called when there is none of that name."""

from typing import Any, cast

import msgspec

from k8sconsole.errors import NotFound, Unavailable
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.masking import mask_body
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef
from k8sconsole.tools.context import ToolContext


class Found(msgspec.Struct, frozen=True):
    """body: the object, masked, without managedFields."""

    body: dict[str, Any]
    freshness: Freshness
    warnings: tuple[str, ...] = ()


async def find_object(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str, *, live: bool = False
) -> Found:
    """Raises NotFound with the nearest names, or what the cluster raises where the cache cannot answer."""
    cached = None if live else await _cached(context, cluster, resource, namespace, name)
    if cached is not None:
        return cached
    try:
        raw = await (await context.cluster(cluster)).get(resource, namespace or None, name)
    except NotFound as cause:
        raise await not_found(context, cluster, resource, namespace, name) from cause
    except Unavailable as problem:
        if context.tries_again(problem):
            raise
        found = await _cached(context, cluster, resource, namespace, name)
        if found is not None:
            return msgspec.structs.replace(found, warnings=(f"{cluster} does not answer ({problem.title}); this is the cache",))
        if (await context.freshness(cluster, resource.name)).observed_at is None:
            raise
        raise await not_found(context, cluster, resource, namespace, name) from problem
    return Found(cast("dict[str, Any]", msgspec.json.decode(mask_body(resource.name, raw))), context.live())


async def not_found(context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str) -> NotFound:
    """The error, with names that exist and are like the one given; where the same name exists elsewhere, it says where."""
    names: list[str] = []
    elsewhere: list[str] = []
    if context.store is not None:
        rows = (await context.store.rows(RowQuery(resource.name, clusters=(cluster,)))).rows
        names = [row.name for row in rows if row.namespace == namespace]
        elsewhere = [row.namespace for row in rows if row.name == name and row.namespace != namespace]
    close = find_nearest(name, tuple(names)) or names[:5]
    what = resource.singular or resource.kind.lower()
    where = f" in {namespace}" if namespace else ""
    detail = f"it exists in {', '.join(elsewhere[:5])}" if elsewhere else f"{cluster} has none of that name{where}"
    remedy = f"namespace={elsewhere[0]}" if elsewhere else (close[0] if close else f"k8s_list_resources kind={resource.plural}")
    return NotFound(
        f"no {what} {name!r}{where}", detail, remedy, {"parameter": "name", "given": name, "nearest": close, "namespaces": elsewhere[:5]}
    )


async def _cached(context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str) -> Found | None:
    if context.store is None:
        return None
    body = await context.store.body(ObjectRef(cluster, resource.name, Namespace(namespace), name))
    if body is None:
        return None
    return Found(msgspec.json.decode(body), await context.freshness(cluster, resource.name))


def namespace_of(context: ToolContext, cluster: ClusterName, resource: ApiResource, asked: str) -> str:
    """The namespace of one object: the context's own by default, none for kinds without."""
    return (asked or context.default_namespace(cluster)) if resource.namespaced else ""
