"""Finds one object in the cache, else in the cluster, and builds the NotFound errors with the nearest names."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from k8sconsole.cluster.port import Selectors
from k8sconsole.errors import InvalidParams, NotFound, Unavailable, argument_details
from k8sconsole.kit.text import find_nearest, nearest_or_first
from k8sconsole.model.cache_records import RowQuery, covers
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.masking import mask_body
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef
from k8sconsole.tools.context import ToolContext


class FoundObject(msgspec.Struct, frozen=True):
    """body: the object, masked, without managedFields."""

    body: dict[str, Any]
    freshness: Freshness
    warnings: tuple[str, ...] = ()


async def find_object(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str, *, live: bool = False
) -> FoundObject:
    """Find an object in the cache, else in the cluster. live: in the cluster first.

    Raises NotFound with the nearest names, or the cluster's error if the cache has never seen the kind.
    """
    cached = None if live else await _find_cached(context, cluster, resource, namespace, name)
    if cached is not None:
        return cached
    try:
        raw = await (await context.open_cluster(cluster)).get(resource, namespace or None, name)
    except NotFound as cause:
        raise await object_not_found(context, cluster, resource, namespace, name) from cause
    except Unavailable as problem:
        if context.will_retry(problem):
            raise
        found = await _find_cached(context, cluster, resource, namespace, name)
        if found is not None:
            return msgspec.structs.replace(found, warnings=(f"{cluster} does not answer ({problem.title}); the cached object is shown",))
        if not covers(await context.scan_state(cluster, resource.name), (namespace,) if namespace else ()):
            raise
        missing = await object_not_found(context, cluster, resource, namespace, name)
        missing.detail = f"the cache has no object of that name, and {cluster} does not answer: {problem.title} — {problem.detail}"
        raise missing from problem
    return FoundObject(cast("dict[str, Any]", msgspec.json.decode(mask_body(resource.name, raw))), context.live_freshness())


async def namespaces_with(context: ToolContext, cluster: ClusterName, resource: ApiResource, name: str) -> list[str]:
    """The namespaces that have an object of this name, as far as the cache knows; without a cache as far as the cluster knows."""
    if context.store is not None and (await context.cache_freshness(cluster, resource.name)).observed_at is not None:
        return [row.namespace for row in (await context.store.objects.rows(RowQuery(resource.name, clusters=(cluster,), name=name))).rows]
    reader = await context.open_cluster(cluster)
    pages = [page async for page in reader.pages(resource, namespace=None, selectors=Selectors(field=f"metadata.name={name}"))]
    return [str(msgspec.json.decode(item)["metadata"].get("namespace", "")) for page in pages for item in page.items]


async def object_not_found(context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str) -> NotFound:
    """The error for an object that does not exist, with the nearest names and the other namespaces that have this name."""
    names: list[str] = []
    elsewhere: list[str] = []
    if context.store is not None:
        rows = (await context.store.objects.rows(RowQuery(resource.name, clusters=(cluster,)))).rows
        names = [row.name for row in rows if row.namespace == namespace]
        elsewhere = [row.namespace for row in rows if row.name == name and row.namespace != namespace]
    where = f" in {namespace}" if namespace else ""
    return name_not_found(
        resource.singular or resource.kind.lower(),
        (namespace, name),
        (names, elsewhere),
        f"{cluster} has no object of that name{where}",
        f"k8s_list_resources kind={resource.plural}",
    )


def _names_of_owner(name: str, names: Sequence[str]) -> list[str]:
    """The names that exist under the owner that a name has or is, the nearest first: ``web-5c9-x1`` for ``web`` and for ``web-5c9-gone``,
    and the owner ``web`` for ``web-5c9-x1``."""
    owners = [one for one in names if name.startswith(f"{one}-")]
    stem = name
    while stem:
        owned = [one for one in names if one.startswith(f"{stem}-")]
        if owned:
            return [*owners, *find_nearest(name, owned, most=5, likeness=0.0)]
        stem = stem.rpartition("-")[0]
    return owners


def name_not_found(kind: str, place: tuple[str, str], known: tuple[Sequence[str], Sequence[str]], why: str, listing: str) -> NotFound:
    """The error for a name that does not exist, with the nearest names.

    place: namespace ("" for none) and name. known: the names in that namespace, and the other namespaces that have this name.
    why: the reason when no other namespace has it. listing: the call that lists the names, tried when no name is known.
    """
    namespace, name = place
    names, elsewhere = known[0], list(known[1])[:5]
    close = list(dict.fromkeys((*_names_of_owner(name, names), *nearest_or_first(name, names, 5))))[:5]
    why = f"it exists in {', '.join(elsewhere)}" if elsewhere else why
    remedy = f"namespace={elsewhere[0]}" if elsewhere else (close[0] if close else listing)
    where = f" in {namespace}" if namespace else ""
    return NotFound(f"no {kind} {name!r}{where}", why, remedy, argument_details("name", name, close, namespaces=elsewhere))


async def _find_cached(context: ToolContext, cluster: ClusterName, resource: ApiResource, namespace: str, name: str) -> FoundObject | None:
    if context.store is None:
        return None
    body = await context.store.objects.body(ObjectRef(cluster, resource.name, Namespace(namespace), name))
    if body is None:
        return None
    freshness = await context.cache_freshness(cluster, resource.name, (namespace,) if namespace else ())
    return FoundObject(msgspec.json.decode(body), freshness)


def object_namespace(context: ToolContext, cluster: ClusterName, resource: ApiResource, requested: str) -> str:
    """The namespace of one object: the context's default if none is requested, empty for a cluster-scoped kind."""
    return (requested or context.default_namespace(cluster)) if resource.namespaced else ""


def container_names(pod: dict[str, Any]) -> list[str]:
    """Containers first, then init containers, then ephemeral ones."""
    spec = pod.get("spec") or {}
    return [str(one.get("name", "")) for field in ("containers", "initContainers", "ephemeralContainers") for one in spec.get(field) or []]


def container_not_found(container: str, name: str, names: Sequence[str]) -> InvalidParams:
    """The error for a container that the pod or workload of this name does not have. names: those it has."""
    close = nearest_or_first(container, names)
    details = argument_details("container", container, close, "one of its containers")
    return InvalidParams(f"no container {container!r} in {name}", f"it has {', '.join(names)}", f"container={close[0]}", details)
