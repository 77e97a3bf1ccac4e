"""One API server, as the port defines it: reading, changing, and reviewing access."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.cluster.errors import RequestInfo
from k8sconsole.cluster.live.access_source import AccessSource
from k8sconsole.cluster.live.discovery import discover
from k8sconsole.cluster.live.kubeconfig.login import Login, ResolveLogin, mask_address
from k8sconsole.cluster.live.pagination import list_pages
from k8sconsole.cluster.live.pods import OpenForward, eviction_body, run_command
from k8sconsole.cluster.live.streams import stream_log, watch_events
from k8sconsole.cluster.live.transport import ApiRequest, Transport, decode_response
from k8sconsole.cluster.port import (
    NO_SELECTORS,
    WATCH_SECONDS,
    WHOLE_LOG,
    AccessDecision,
    Discovery,
    ExecOutput,
    Forward,
    LogOptions,
    PatchType,
    RawPage,
    Selectors,
    ServerVersion,
    WatchEvent,
    ignore_opened,
)
from k8sconsole.errors import ConsoleError, Forbidden, NotFound
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.model.clusters import ClusterIdentity, Connections, PoolBounds
from k8sconsole.model.refs import ApiResource, ClusterName

_MANAGER = "k8sconsole"


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
    """Implements ``cluster.port.Cluster``. Belongs to the loop on which it was created; ``close`` ends its connections."""

    watches = True

    def __init__(self, name: ClusterName, source: AccessSource, bounds: PoolBounds) -> None:
        self.name = name
        self._source = source
        self._transport = Transport(source, bounds)
        self._forwards: list[OpenForward] = []

    @property
    def server(self) -> str:
        """The address that the kubeconfig has now, with keys masked."""
        return mask_address(self._source.server)

    @property
    def clock_skew(self) -> float | None:
        return self._transport.clock.skew

    @classmethod
    def from_login(
        cls, first: Login, resolve: ResolveLogin, environ: Mapping[str, str], bounds: PoolBounds, clock: Clock | None
    ) -> "LiveCluster":
        """resolve: reads the login again when its files change."""
        source = AccessSource(first, resolve, environ, clock or SystemClock())
        return cls(ClusterName(first.context), source, bounds)

    async def log_in(self, within: float | None = None) -> None:
        await self._source.wait_for_login(within)

    async def version(self) -> ServerVersion:
        info = RequestInfo(self.name, "get", "version")
        answer = await decode_response(info, await self._transport.fetch(ApiRequest(info, "/version")), _Version)
        return ServerVersion(answer.git_version, answer.platform)

    async def identity(self) -> ClusterIdentity:
        fingerprint = (await self._source.get()).fingerprint
        try:
            system = await self.get(_NAMESPACES, None, "kube-system")
        except (Forbidden, NotFound):
            return ClusterIdentity(fingerprint=fingerprint)
        uid = (await decode_response(self._info("get", _NAMESPACES), system, _Uid)).metadata.uid
        return ClusterIdentity(uid, fingerprint)

    async def discover(self) -> Discovery:
        return await discover(self._transport, self.name)

    def pages(
        self, resource: ApiResource, *, namespace: str | None = None, selectors: Selectors = NO_SELECTORS, limit: int = 500
    ) -> AsyncIterator[RawPage]:
        info = self._info("list", resource, namespace)
        return list_pages(self._transport, info, resource.path(namespace), _selector_params(selectors), limit)

    def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        selectors: Selectors = NO_SELECTORS,
        timeout: float = WATCH_SECONDS,
        idle_timeout: float = 90.0,
        initial_events: bool = False,
        opened: Callable[[], None] = ignore_opened,
    ) -> AsyncIterator[WatchEvent]:
        params = {**_selector_params(selectors), "resourceVersion": resource_version, "timeoutSeconds": str(max(1, int(timeout)))}
        if initial_events:
            params |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        info = self._info("watch", resource, namespace)
        return watch_events(self._transport, info, resource.path(namespace), params, idle_timeout, opened)

    async def get(self, resource: ApiResource, namespace: str | None, name: str, subresource: str | None = None) -> bytes:
        info = self._info("get", resource, namespace, name, subresource)
        return await self._transport.fetch(ApiRequest(info, resource.path(namespace, name, subresource)))

    async def get_path(self, path: str, params: Mapping[str, str] | None = None, accept: str = "application/json") -> bytes:
        return await self._transport.fetch(ApiRequest(RequestInfo(self.name, "get", path), path, params or {}, accept=accept))

    def logs(self, namespace: str, pod: str, options: LogOptions = WHOLE_LOG) -> AsyncIterator[bytes]:
        info = RequestInfo(self.name, "get", "pods/log", namespace, pod)
        return stream_log(self._transport, info, _PODS.path(namespace, pod, "log"), options)

    async def create(self, resource: ApiResource, namespace: str | None, body: bytes, *, dry_run: bool = False) -> bytes:
        return await self._write("POST", self._info("create", resource, namespace), resource.path(namespace), body, _write_params(dry_run))

    async def replace(
        self, resource: ApiResource, namespace: str | None, name: str, body: bytes, *, subresource: str | None = None, dry_run: bool = False
    ) -> bytes:
        info, path = self._info("update", resource, namespace, name, subresource), resource.path(namespace, name, subresource)
        return await self._write("PUT", info, path, body, _write_params(dry_run))

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
        """force: takes ownership of fields from other managers; only server-side apply supports it."""
        params = _write_params(dry_run, field_manager) | ({"force": "true"} if force and kind is PatchType.APPLY else {})
        info, path = self._info("patch", resource, namespace, name, subresource), resource.path(namespace, name, subresource)
        return await self._write("PATCH", info, path, body, params, kind.value)

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
        fields = {
            "propagationPolicy": propagation,
            "gracePeriodSeconds": grace_seconds,
            "preconditions": {"uid": uid} if uid else None,
            # In the body: a server that gets options in the body ignores the query, and would really delete.
            "dryRun": ["All"] if dry_run else None,
        }
        options: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
        options |= {key: value for key, value in fields.items() if value is not None}
        info = self._info("delete", resource, namespace, name)
        return await self._write("DELETE", info, resource.path(namespace, name), msgspec.json.encode(options), {})

    async def evict(self, namespace: str, pod: str, *, uid: str = "", grace_seconds: int | None = None, dry_run: bool = False) -> None:
        info = self._info("create", _PODS, namespace, pod, "eviction")
        await self._write(
            "POST", info, _PODS.path(namespace, pod, "eviction"), eviction_body(namespace, pod, uid, grace_seconds, dry_run), {}
        )

    async def execute(self, namespace: str, pod: str, container: str, command: Sequence[str], *, max_bytes: int) -> ExecOutput:
        info = self._info("create", _PODS, namespace, pod, "exec")
        return await run_command(self._transport, info, _PODS.path(namespace, pod, "exec"), container, command, max_bytes)

    async def forward(self, namespace: str, pod: str, port: int, *, local_port: int = 0) -> Forward:
        info = self._info("create", _PODS, namespace, pod, "portforward")
        opened = await OpenForward.open(self._transport, info, _PODS.path(namespace, pod, "portforward"), port, local_port)
        self._forwards.append(opened)
        return opened

    async def can_i(
        self, verb: str, resource: ApiResource, *, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> AccessDecision:
        attributes = {"verb": verb, "group": resource.group, "version": resource.version, "resource": resource.plural}
        attributes |= {"namespace": namespace or "", "name": name or "", "subresource": subresource or ""}
        review = {"kind": "SelfSubjectAccessReview", "apiVersion": _REVIEWS.api_version, "spec": {"resourceAttributes": attributes}}
        info = self._info("create", _REVIEWS)
        response = await self._write("POST", info, _REVIEWS.path(), msgspec.json.encode(review), {})
        answer = await decode_response(info, response, _Review)
        return AccessDecision(answer.status.allowed, answer.status.reason)

    def connections(self) -> Connections:
        return self._transport.connections(self.name)

    def retry_now(self) -> None:
        self._source.retry_now()

    async def kubeconfig_changed(self) -> None:
        self._source.mark_files_complete()
        with contextlib.suppress(ConsoleError):  # the next request raises the same error
            await self._source.get()

    async def close(self) -> None:
        for forward in self._forwards:
            await forward.close()
        await self._transport.close()

    async def _write(
        self, method: str, info: RequestInfo, path: str, body: bytes, params: Mapping[str, str], content_type: str = "application/json"
    ) -> bytes:
        return await self._transport.fetch(ApiRequest(info, path, params, method, body=body, content_type=content_type))

    def _info(
        self, verb: str, resource: ApiResource, namespace: str | None = None, name: str = "", subresource: str | None = None
    ) -> RequestInfo:
        full_name = f"{resource.name}/{subresource}" if subresource else resource.name
        return RequestInfo(self.name, verb, full_name, (namespace or "") if resource.namespaced else "", name)


_PODS = ApiResource("", "v1", "Pod", "pods", True)
_NAMESPACES = ApiResource("", "v1", "Namespace", "namespaces", False)
_REVIEWS = ApiResource("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", False)


def _selector_params(selectors: Selectors) -> dict[str, str]:
    chosen = {"labelSelector": selectors.label, "fieldSelector": selectors.field}
    return {key: value for key, value in chosen.items() if value}


def _write_params(dry_run: bool, field_manager: str = _MANAGER) -> dict[str, str]:
    return {"fieldManager": field_manager, **({"dryRun": "All"} if dry_run else {})}
