"""Discovery as servers before 1.26, and servers behind an aggregator, speak it: the groups, then one request for each of their versions."""

import asyncio
from collections.abc import Iterable

import msgspec

from k8sconsole.cluster.errors import Asked
from k8sconsole.cluster.live.decoding import decoded
from k8sconsole.cluster.live.transport import Request, Transport
from k8sconsole.cluster.live.versions import Found
from k8sconsole.errors import ConsoleError, CredentialsError, Unreachable
from k8sconsole.model.refs import ApiResource


class _GroupVersion(msgspec.Struct, frozen=True):
    version: str


class _Group(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    versions: list[_GroupVersion] = []
    preferred_version: _GroupVersion | None = None


class _Root(msgspec.Struct, frozen=True):
    """/api answers with versions, /apis with groups."""

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


async def legacy(transport: Transport, cluster: str, path: str, body: bytes) -> Found:
    """``body`` is the root's answer."""
    root = await decoded(Asked(cluster, "discover", path), body, _Root)
    wanted = [("", version) for version in root.versions] + [pair for group in root.groups for pair in _preferred_first(group)]
    answers = await asyncio.gather(*(_version(transport, cluster, group, version) for group, version in wanted))
    found = Found()
    for answer in answers:
        found.add(answer.kinds.values())
        found.missing.update(answer.missing)
    return found


def _preferred_first(group: _Group) -> list[tuple[str, str]]:
    preferred = [group.preferred_version.version] if group.preferred_version else []
    return [(group.name, version) for version in dict.fromkeys([*preferred, *(item.version for item in group.versions)])]


async def _version(transport: Transport, cluster: str, group: str, version: str) -> Found:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    asked = Asked(cluster, "discover", path)
    found = Found()
    try:
        answer = await decoded(asked, await transport.fetch(Request(asked, path)), _ResourceList)
    except (Unreachable, CredentialsError):
        raise
    except ConsoleError as error:
        found.missing[f"{group}/{version}" if group else version] = error.detail or error.title
        return found
    found.add(_kinds(group, version, answer.resources))
    return found


def _kinds(group: str, version: str, resources: list[_Resource]) -> Iterable[ApiResource]:
    below: dict[str, list[str]] = {}
    for resource in resources:
        parent, _, part = resource.name.partition("/")
        below.setdefault(parent, []).extend([part] if part else [])
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
                subresources=tuple(below[resource.name]),
            )
