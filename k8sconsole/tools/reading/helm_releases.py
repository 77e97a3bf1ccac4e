"""Helm releases, read from Helm's secrets: one secret per revision, with the release as gzipped JSON, base64-encoded twice.

The cache stores no value of a secret, only labels. So names, revisions and states are known without the cluster, charts and values are not.

https://helm.sh/docs/topics/advanced/#storage-backends
"""

import asyncio
import base64
import binascii
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.cluster.port import Selectors
from k8sconsole.errors import NotFound, ServerError, Unavailable, argument_details
from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.filters import parse_filter
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.object_lookup import name_not_found

SECRETS = ResourceName("secrets")
OWNED = "owner=helm"
NEWEST = f"{OWNED},status!=superseded"
"""Selects all revisions that no later one superseded: usually one secret per release."""
_PAGE = 50
_MAX_UNPACKED = 64 << 20
"""Bytes of a decompressed release at most. Compressed it fits into one secret, which etcd limits to one or two megabytes."""
_GZIP = b"\x1f\x8b"


class _Metadata(msgspec.Struct):
    name: str = ""
    version: str = ""
    app_version: str = msgspec.field(default="", name="appVersion")


class _Chart(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    values: dict[str, Any] | None = None


class _Info(msgspec.Struct):
    status: str = ""
    description: str = ""
    last_deployed: str = ""


class _Stored(msgspec.Struct):
    name: str
    namespace: str = ""
    version: int = 0
    info: _Info = msgspec.field(default_factory=_Info)
    chart: _Chart = msgspec.field(default_factory=_Chart)
    config: dict[str, Any] | None = None


class _Meta(msgspec.Struct):
    namespace: str = ""
    labels: dict[str, str] = {}


class _Secret(msgspec.Struct):
    metadata: _Meta
    data: dict[str, str] = {}


class HelmRelease(msgspec.Struct):
    """One revision of a release. updated: ISO 8601. chart, app_version, description: empty if the reply comes from the cache."""

    name: str
    namespace: str
    revision: int
    status: str
    updated: str = ""
    chart: str = ""
    app_version: str = ""
    description: str = ""


class HelmRevision(msgspec.Struct, frozen=True):
    """given: the values of the installation. defaults: the chart's own values."""

    release: HelmRelease
    given: dict[str, Any]
    defaults: dict[str, Any]


class HelmReleases(msgspec.Struct, frozen=True):
    releases: list[HelmRelease]
    freshness: Freshness
    warnings: tuple[str, ...] = ()


async def read_releases(context: ToolContext, cluster: ClusterName, namespaces: Sequence[str]) -> HelmReleases:
    """The newest revision of every release, ordered by namespace and name. No namespaces: all. Reads the cached labels if the cluster is
    unreachable."""
    found: dict[tuple[str, str], HelmRelease] = {}
    try:
        for namespace in namespaces or (None,):
            async for one in read_revisions(context, cluster, namespace, NEWEST):
                _keep_newest(found, one.release)
    except Unavailable as problem:
        return await _releases_from_cache(context, cluster, namespaces, problem)
    return HelmReleases([found[key] for key in sorted(found)], context.live_freshness())


async def list_revisions(context: ToolContext, cluster: ClusterName, namespace: str, name: str) -> list[HelmRevision]:
    """The revisions of one release that Helm still stores, newest first. Raises NotFound with the nearest names."""
    found = [one async for one in read_revisions(context, cluster, namespace, f"{OWNED},name={name}")]
    if not found:
        raise await _release_not_found(context, cluster, namespace, name)
    return sorted(found, key=lambda one: -one.release.revision)


async def find_revision(context: ToolContext, cluster: ClusterName, namespace: str, name: str, number: int) -> HelmRevision:
    """One revision; number 0 is the newest. Raises NotFound with the existing revisions."""
    selector = f"{OWNED},name={name},version={number}" if number else f"{NEWEST},name={name}"
    found = [one async for one in read_revisions(context, cluster, namespace, selector)]
    if found:
        return max(found, key=lambda one: one.release.revision)
    stored = await list_revisions(context, cluster, namespace, name)
    if not number:
        return stored[0]
    known = [one.release.revision for one in stored]
    details = argument_details("revision", number, known)
    raise NotFound(f"{name} has no revision {number}", f"the revisions are {', '.join(map(str, known))}", f"revision={known[0]}", details)


async def read_revisions(context: ToolContext, cluster: ClusterName, namespace: str | None, selector: str) -> AsyncIterator[HelmRevision]:
    """Reads the revisions live. Raises ServerError for a secret that cannot be decoded as a release."""
    reached = await context.open_cluster(cluster)
    kind = await context.find_resource(cluster, SECRETS)
    async for page in reached.pages(kind, namespace=namespace, selectors=Selectors(label=selector), limit=_PAGE):
        for one in await asyncio.to_thread(lambda items: [_unpack_secret(item) for item in items], page.items):
            yield one


def _unpack_secret(item: msgspec.Raw) -> HelmRevision:
    try:
        secret = msgspec.json.decode(item, type=_Secret)
        stored = msgspec.json.decode(_decompress(secret.data["release"]), type=_Stored)
    except (msgspec.MsgspecError, KeyError, ValueError, zlib.error) as problem:
        raise ServerError(
            "cannot read a release", f"the secret is not in Helm's format: {type(problem).__name__}", "helm list"
        ) from problem
    about = stored.chart.metadata
    chart = f"{about.name}-{about.version}" if about.name else ""
    release = HelmRelease(
        stored.name, stored.namespace or secret.metadata.namespace, stored.version, stored.info.status, stored.info.last_deployed, chart,
        about.app_version, stored.info.description,
    )  # fmt: skip
    return HelmRevision(release, stored.config or {}, stored.chart.values or {})


def _decompress(text: str) -> bytes:
    """Raises ValueError (binascii's is one) and zlib.error."""
    packed = base64.b64decode(base64.b64decode(text))
    if not packed.startswith(_GZIP):
        return packed  # early Helm 2 releases are not compressed
    unzip = zlib.decompressobj(wbits=31)
    unpacked = unzip.decompress(packed, _MAX_UNPACKED)
    if unzip.unconsumed_tail:
        raise binascii.Error("the decompressed release is too large")
    return unpacked


def _keep_newest(found: dict[tuple[str, str], HelmRelease], one: HelmRelease) -> None:
    key = (one.namespace, one.name)
    if key not in found or found[key].revision < one.revision:
        found[key] = one


async def _releases_from_cache(context: ToolContext, cluster: ClusterName, namespaces: Sequence[str], problem: Unavailable) -> HelmReleases:
    freshness = await context.cache_freshness(cluster, SECRETS)
    if freshness.observed_at is None:
        raise problem
    found: dict[tuple[str, str], HelmRelease] = {}
    for namespace, labels in await _secret_labels(context, cluster, namespaces):
        _keep_newest(found, _release_from_labels(namespace, labels))
    warning = f"{cluster} does not answer ({problem.title}); the cache has no charts, since it stores no secret's value"
    return HelmReleases([found[key] for key in sorted(found)], freshness, (warning,))


def _release_from_labels(namespace: str, labels: Mapping[str, str]) -> HelmRelease:
    number, at = labels.get("version", ""), labels.get("modifiedAt", "")
    updated = format_rfc3339(float(at)) if at.isdigit() else ""
    return HelmRelease(labels.get("name", ""), namespace, int(number) if number.isdigit() else 0, labels.get("status", ""), updated)


async def release_names(context: ToolContext, cluster: ClusterName, namespace: str = "") -> list[str]:
    """Release names in the cache."""
    return sorted(
        {labels.get("name", "") for _, labels in await _secret_labels(context, cluster, (namespace,) if namespace else ())} - {""}
    )


async def revision_numbers(context: ToolContext, cluster: ClusterName, namespace: str, name: str) -> list[int]:
    """Revision numbers in the cache, newest first."""
    known = await _secret_labels(context, cluster, (namespace,))
    return sorted((_release_from_labels(namespace, labels).revision for _, labels in known if labels.get("name") == name), reverse=True)


async def _secret_labels(context: ToolContext, cluster: ClusterName, namespaces: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """(namespace, labels) of the cached Helm secrets."""
    if context.store is None:
        return []
    names = tuple(Namespace(one) for one in namespaces)
    rows = (await context.store.objects.rows(RowQuery(SECRETS, (cluster,), names, filter=parse_filter(f"-l {OWNED}")))).rows
    return [(row.namespace, row.labels) for row in rows]


async def _release_not_found(context: ToolContext, cluster: ClusterName, namespace: str, name: str) -> NotFound:
    known = await _secret_labels(context, cluster, ())
    in_namespace = sorted({labels.get("name", "") for space, labels in known if space == namespace})
    elsewhere = sorted({space for space, labels in known if labels.get("name") == name and space != namespace})
    why = f"Helm has no release of that name there on {cluster}"
    return name_not_found("release", (namespace, name), (in_namespace, elsewhere), why, "helm_list_releases")
