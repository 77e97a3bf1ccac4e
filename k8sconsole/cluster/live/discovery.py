"""Discovers the kinds that a server serves: in two requests where it has aggregated discovery, else group by group.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

import asyncio
from collections.abc import Iterable

import msgspec

from k8sconsole.cluster.errors import RequestInfo
from k8sconsole.cluster.live.legacy_discovery import discover_groups
from k8sconsole.cluster.live.transport import ApiRequest, Transport, decode_response
from k8sconsole.cluster.port import Discovery
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


async def discover(transport: Transport, cluster: str) -> Discovery:
    """Returns each kind once, at the version that its group prefers; a kind that this version lacks comes from the next one.

    A group that does not answer is named in ``missing`` and does not affect the others.
    """
    core, groups = await asyncio.gather(_discover_root(transport, cluster, "/api"), _discover_root(transport, cluster, "/apis"))
    kinds: dict[tuple[str, str], ApiResource] = {}
    for kind in (*core.resources, *groups.resources):
        kinds.setdefault((kind.group, kind.plural), kind)
    return Discovery(list(kinds.values()), {**core.missing, **groups.missing})


async def _discover_root(transport: Transport, cluster: str, path: str) -> Discovery:
    """Returns the kinds of every version, in the order of their group's preference."""
    info = RequestInfo(cluster, "discover", path)
    body = await transport.fetch(ApiRequest(info, path, accept=_AGGREGATED))
    answer = await decode_response(info, body, _GroupList)
    if answer.kind != "APIGroupDiscoveryList":
        return await discover_groups(transport, cluster, path, body)
    found = Discovery([], {})
    for group in answer.items:
        _add_group(found, group)
    return found


def _add_group(found: Discovery, group: _Group) -> None:
    name = group.metadata.name
    for version in group.versions:
        found.resources.extend(_api_resources(name, version))
        if version.freshness != "Current":
            found.missing[f"{name}/{version.version}"] = "the server behind this API group does not answer"


def _api_resources(group: str, version: _Version) -> Iterable[ApiResource]:
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
