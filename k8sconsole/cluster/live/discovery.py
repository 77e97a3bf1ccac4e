"""Which kinds a server has: the aggregated form in two requests, or the older one, group by group.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

import asyncio
from collections.abc import Iterable

import msgspec

from k8sconsole.cluster.errors import Asked
from k8sconsole.cluster.live.decoding import decoded
from k8sconsole.cluster.live.legacy_discovery import legacy
from k8sconsole.cluster.live.transport import Request, Transport
from k8sconsole.cluster.live.versions import Found
from k8sconsole.model.refs import ApiResource

_AGGREGATED = ",".join(
    [*(f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")), "application/json"]
)


class _GroupVersionKind(msgspec.Struct, frozen=True):
    kind: str = ""


class _Subresource(msgspec.Struct, frozen=True):
    subresource: str


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    resource: str
    scope: str = ""
    response_kind: _GroupVersionKind | None = None
    singular_resource: str = ""
    verbs: list[str] = []
    short_names: list[str] = []
    categories: list[str] = []
    subresources: list[_Subresource] = []


class _Version(msgspec.Struct, frozen=True):
    version: str
    resources: list[_Resource] = []
    freshness: str = "Current"


class _Metadata(msgspec.Struct, frozen=True):
    name: str = ""


class _Group(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    versions: list[_Version] = []


class _GroupList(msgspec.Struct, frozen=True):
    kind: str = ""
    items: list[_Group] = []


async def discover(transport: Transport, cluster: str) -> Found:
    """Both roots at once. A group that does not answer is named in ``missing`` and costs the others nothing."""
    core, groups = await asyncio.gather(_root(transport, cluster, "/api"), _root(transport, cluster, "/apis"))
    return core.also(groups)


async def _root(transport: Transport, cluster: str, path: str) -> Found:
    asked = Asked(cluster, "discover", path)
    body = await transport.fetch(Request(asked, path, accept=_AGGREGATED))
    answer = await decoded(asked, body, _GroupList)
    if answer.kind != "APIGroupDiscoveryList":
        return await legacy(transport, cluster, path, body)
    found = Found()
    for group in answer.items:
        _add(found, group)
    return found


def _add(found: Found, group: _Group) -> None:
    name = group.metadata.name
    for version in group.versions:
        found.add(_kinds(name, version))
        if version.freshness != "Current":
            found.missing[f"{name}/{version.version}"] = "the server behind this API group does not answer"


def _kinds(group: str, version: _Version) -> Iterable[ApiResource]:
    for item in version.resources:
        if item.response_kind and item.response_kind.kind:
            yield ApiResource(
                group=group,
                version=version.version,
                kind=item.response_kind.kind,
                plural=item.resource,
                namespaced=item.scope == "Namespaced",
                singular=item.singular_resource,
                short_names=tuple(item.short_names),
                categories=tuple(item.categories),
                verbs=tuple(item.verbs),
                subresources=tuple(part.subresource for part in item.subresources),
            )
