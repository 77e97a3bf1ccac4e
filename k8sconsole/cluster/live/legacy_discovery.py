"""Discovery for servers before 1.26 and for servers behind an aggregator: the groups, then one request for each of their versions."""

import asyncio
from collections.abc import Iterable

import msgspec

from k8sconsole.cluster.errors import RequestInfo
from k8sconsole.cluster.live.transport import ApiRequest, Transport, decode_response
from k8sconsole.cluster.port import Discovery
from k8sconsole.errors import ConsoleError, CredentialsError, Unreachable
from k8sconsole.model.refs import ApiResource


class _GroupVersion(msgspec.Struct, frozen=True):
    version: str


class _Group(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    versions: list[_GroupVersion] = []
    preferred_version: _GroupVersion | None = None


class _Root(msgspec.Struct, frozen=True):
    """/api returns versions, /apis returns groups."""

    versions: list[str] = []
    groups: list[_Group] = []


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    kind: str
    namespaced: bool = False
    singular_name: str = ""
    verbs: list[str] = []
    short_names: list[str] = []
    categories: list[str] = []


class _ResourceList(msgspec.Struct, frozen=True):
    resources: list[_Resource] = []


async def discover_groups(transport: Transport, cluster: str, path: str, body: bytes) -> Discovery:
    """Returns the kinds of every version, in the order of their group's preference. body: the response of the root ``path``."""
    root = await decode_response(RequestInfo(cluster, "discover", path), body, _Root)
    versions = [("", version) for version in root.versions] + [pair for group in root.groups for pair in _preferred_first(group)]
    answers = await asyncio.gather(*(_discover_version(transport, cluster, group, version) for group, version in versions))
    resources = [resource for answer in answers for resource in answer.resources]
    return Discovery(resources, {name: why for answer in answers for name, why in answer.missing.items()})


def _preferred_first(group: _Group) -> list[tuple[str, str]]:
    preferred = [group.preferred_version.version] if group.preferred_version else []
    return [(group.name, version) for version in dict.fromkeys([*preferred, *(item.version for item in group.versions)])]


async def _discover_version(transport: Transport, cluster: str, group: str, version: str) -> Discovery:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    info = RequestInfo(cluster, "discover", path)
    try:
        answer = await decode_response(info, await transport.fetch(ApiRequest(info, path)), _ResourceList)
    except (Unreachable, CredentialsError):
        raise
    except ConsoleError as error:
        return Discovery([], {f"{group}/{version}" if group else version: error.detail or error.title})
    return Discovery(list(_api_resources(group, version, answer.resources)), {})


def _api_resources(group: str, version: str, resources: list[_Resource]) -> Iterable[ApiResource]:
    subresources: dict[str, list[str]] = {}
    for resource in resources:
        parent, _, part = resource.name.partition("/")
        subresources.setdefault(parent, []).extend([part] if part else [])
    for resource in resources:
        if "/" not in resource.name:
            yield ApiResource(
                group=group,
                version=version,
                kind=resource.kind,
                plural=resource.name,
                namespaced=resource.namespaced,
                singular=resource.singular_name,
                short_names=tuple(resource.short_names),
                categories=tuple(resource.categories),
                verbs=tuple(resource.verbs),
                subresources=tuple(subresources[resource.name]),
            )
