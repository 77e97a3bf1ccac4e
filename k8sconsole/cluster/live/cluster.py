"""One API server behind the port: reading, changing, asking for leave."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.cluster.errors import Asked
from k8sconsole.cluster.live.access_source import AccessSource
from k8sconsole.cluster.live.decoding import decoded
from k8sconsole.cluster.live.discovery import discover
from k8sconsole.cluster.live.kubeconfig.login import Login, Resolve, shown
from k8sconsole.cluster.live.paging import pages
from k8sconsole.cluster.live.pods import OpenForward, eviction, executed
from k8sconsole.cluster.live.reading import events, log_lines
from k8sconsole.cluster.live.transport import Request, Transport
from k8sconsole.cluster.port import (
    AccessDecision,
    Discovery,
    Forward,
    LogOptions,
    Output,
    PatchType,
    RawPage,
    Selectors,
    ServerVersion,
    WatchEvent,
    unheard,
)
from k8sconsole.errors import ConsoleError, Forbidden, NotFound
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.model.clusters import ClusterIdentity, Connections, PoolBounds
from k8sconsole.model.refs import ApiResource, ClusterName

_MANAGER = "k8sconsole"
_EVERYTHING = Selectors()
_WHOLE_LOG = LogOptions()


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str
    platform: str = ""


class _UidMeta(msgspec.Struct, frozen=True):
    uid: str = ""


class _Uid(msgspec.Struct, frozen=True):
    metadata: _UidMeta = _UidMeta()


class _ReviewStatus(msgspec.Struct, frozen=True):
    allowed: bool = False
    reason: str = ""


class _Review(msgspec.Struct, frozen=True):
    status: _ReviewStatus = _ReviewStatus()


class LiveCluster:
    """Implements ``cluster.port.Cluster``. Belongs to the event loop it was made on; close() ends its connections."""

    watches = True

    def __init__(self, name: ClusterName, source: AccessSource, bounds: PoolBounds) -> None:
        self.name = name
        self._source = source
        self._transport = Transport(source, bounds)
        self._forwards: list[OpenForward] = []

    @property
    def server(self) -> str:
        """As the kubeconfig has it now, and as it may be told."""
        return shown(self._source.server)

    @classmethod
    def of(cls, first: Login, resolve: Resolve, environ: Mapping[str, str], bounds: PoolBounds, clock: Clock | None) -> "LiveCluster":
        """resolve reads the login anew when its files change."""
        source = AccessSource(first, resolve, environ, clock or SystemClock())
        return cls(ClusterName(first.context), source, bounds)

    async def log_in(self, within: float | None = None) -> None:
        await self._source.logged_in(within)

    async def version(self) -> ServerVersion:
        asked = Asked(self.name, "get", "version")
        answer = await decoded(asked, await self._transport.fetch(Request(asked, "/version")), _Version)
        return ServerVersion(answer.git_version, answer.platform)

    async def identity(self) -> ClusterIdentity:
        door = (await self._source.current()).door
        try:
            system = await self.get(_NAMESPACES, None, "kube-system")
        except (Forbidden, NotFound):
            return ClusterIdentity(fingerprint=door)
        uid = (await decoded(self._asked("get", _NAMESPACES), system, _Uid)).metadata.uid
        return ClusterIdentity(uid, door)

    async def discover(self) -> Discovery:
        return (await discover(self._transport, self.name)).discovery()

    def pages(
        self, resource: ApiResource, *, namespace: str | None = None, selectors: Selectors = _EVERYTHING, limit: int = 500
    ) -> AsyncIterator[RawPage]:
        asked = self._asked("list", resource, namespace)
        return pages(self._transport, asked, resource.path(namespace), _selecting(selectors), limit)

    def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        selectors: Selectors = _EVERYTHING,
        timeout: float = 290.0,
        idle_timeout: float = 90.0,
        initial_events: bool = False,
        opened: Callable[[], None] = unheard,
    ) -> AsyncIterator[WatchEvent]:
        params = {**_selecting(selectors), "resourceVersion": resource_version, "timeoutSeconds": str(max(1, int(timeout)))}
        if initial_events:
            params |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return events(self._transport, self._asked("watch", resource, namespace), resource.path(namespace), params, idle_timeout, opened)

    async def get(self, resource: ApiResource, namespace: str | None, name: str, subresource: str | None = None) -> bytes:
        asked = self._asked("get", resource, namespace, name, subresource)
        return await self._transport.fetch(Request(asked, resource.path(namespace, name, subresource)))

    async def get_path(self, path: str, params: Mapping[str, str] | None = None, accept: str = "application/json") -> bytes:
        return await self._transport.fetch(Request(Asked(self.name, "get", path), path, params or {}, accept=accept))

    def logs(self, namespace: str, pod: str, options: LogOptions = _WHOLE_LOG) -> AsyncIterator[bytes]:
        asked = Asked(self.name, "get", "pods/log", namespace, pod)
        return log_lines(self._transport, asked, _PODS.path(namespace, pod, "log"), options)

    async def create(self, resource: ApiResource, namespace: str | None, body: bytes, *, dry_run: bool = False) -> bytes:
        return await self._changed("POST", self._asked("create", resource, namespace), resource.path(namespace), body, _writing(dry_run))

    async def replace(
        self, resource: ApiResource, namespace: str | None, name: str, body: bytes, *, subresource: str | None = None, dry_run: bool = False
    ) -> bytes:
        asked, path = self._asked("update", resource, namespace, name, subresource), resource.path(namespace, name, subresource)
        return await self._changed("PUT", asked, path, body, _writing(dry_run))

    async def patch(
        self,
        resource: ApiResource,
        namespace: str | None,
        name: str,
        body: bytes,
        kind: PatchType,
        *,
        subresource: str | None = None,
        field_manager: str = _MANAGER,
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        """force takes over fields that other managers own; only server-side apply knows it."""
        params = _writing(dry_run, field_manager) | ({"force": "true"} if force and kind is PatchType.APPLY else {})
        asked, path = self._asked("patch", resource, namespace, name, subresource), resource.path(namespace, name, subresource)
        return await self._changed("PATCH", asked, path, body, params, kind.value)

    async def delete(
        self,
        resource: ApiResource,
        namespace: str | None,
        name: str,
        *,
        propagation: str | None = None,
        grace_seconds: int | None = None,
        uid: str = "",
        dry_run: bool = False,
    ) -> bytes:
        wished = {
            "propagationPolicy": propagation,
            "gracePeriodSeconds": grace_seconds,
            "preconditions": {"uid": uid} if uid else None,
            # In the body, because a server that is sent options in a body does not look at the query: it would delete.
            "dryRun": ["All"] if dry_run else None,
        }
        options: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
        options |= {key: value for key, value in wished.items() if value is not None}
        asked = self._asked("delete", resource, namespace, name)
        return await self._changed("DELETE", asked, resource.path(namespace, name), msgspec.json.encode(options), {})

    async def evict(self, namespace: str, pod: str, *, uid: str = "", grace_seconds: int | None = None, dry_run: bool = False) -> None:
        asked = self._asked("create", _PODS, namespace, pod, "eviction")
        await self._changed(
            "POST", asked, _PODS.path(namespace, pod, "eviction"), eviction(namespace, pod, uid, grace_seconds, dry_run), {}
        )

    async def execute(self, namespace: str, pod: str, container: str, command: Sequence[str], *, most_bytes: int) -> Output:
        asked = self._asked("create", _PODS, namespace, pod, "exec")
        return await executed(self._transport, asked, _PODS.path(namespace, pod, "exec"), container, command, most_bytes)

    async def forward(self, namespace: str, pod: str, port: int, *, local_port: int = 0) -> Forward:
        asked = self._asked("create", _PODS, namespace, pod, "portforward")
        opened = await OpenForward.open(self._transport, asked, _PODS.path(namespace, pod, "portforward"), port, local_port)
        self._forwards.append(opened)
        return opened

    async def can_i(
        self, verb: str, resource: ApiResource, *, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> AccessDecision:
        wanted = {"verb": verb, "group": resource.group, "version": resource.version, "resource": resource.plural}
        wanted |= {"namespace": namespace or "", "name": name or "", "subresource": subresource or ""}
        review = {"kind": "SelfSubjectAccessReview", "apiVersion": _REVIEWS.api_version, "spec": {"resourceAttributes": wanted}}
        asked = self._asked("create", _REVIEWS)
        answer = await decoded(asked, await self._changed("POST", asked, _REVIEWS.path(), msgspec.json.encode(review), {}), _Review)
        return AccessDecision(answer.status.allowed, answer.status.reason)

    def connections(self) -> Connections:
        return self._transport.connections(self.name)

    def hurry(self) -> None:
        self._source.hurry()

    async def kubeconfig_changed(self) -> None:
        self._source.files_settled()
        with contextlib.suppress(ConsoleError):  # whoever asks next is told
            await self._source.current()

    async def close(self) -> None:
        for forward in self._forwards:
            await forward.close()
        await self._transport.close()

    async def _changed(
        self, method: str, asked: Asked, path: str, body: bytes, params: Mapping[str, str], content_type: str = "application/json"
    ) -> bytes:
        return await self._transport.fetch(Request(asked, path, params, method, body=body, content_type=content_type))

    def _asked(
        self, verb: str, resource: ApiResource, namespace: str | None = None, name: str = "", subresource: str | None = None
    ) -> Asked:
        what = f"{resource.name}/{subresource}" if subresource else resource.name
        return Asked(self.name, verb, what, (namespace or "") if resource.namespaced else "", name)


_PODS = ApiResource("", "v1", "Pod", "pods", True)
_NAMESPACES = ApiResource("", "v1", "Namespace", "namespaces", False)
_REVIEWS = ApiResource("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", False)


def _selecting(selectors: Selectors) -> dict[str, str]:
    chosen = {"labelSelector": selectors.label, "fieldSelector": selectors.field}
    return {key: value for key, value in chosen.items() if value}


def _writing(dry_run: bool, field_manager: str = _MANAGER) -> dict[str, str]:
    return {"fieldManager": field_manager, **({"dryRun": "All"} if dry_run else {})}
