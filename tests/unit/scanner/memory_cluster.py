"""A ResourceSource in memory, with versions, pages, watches, refusals and outages."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import msgspec

from k8sconsole.cluster.port import Discovery, EventType, RawPage, ServerVersion, WatchEvent
from k8sconsole.errors import ConsoleError, CredentialsError, Gone, NotFound, Unreachable
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource, ClusterName

PODS = ApiResource("", "v1", "Pod", "pods", True, verbs=("get", "list", "watch"))
NODES = ApiResource("", "v1", "Node", "nodes", False, verbs=("get", "list", "watch"))
NAMESPACES = ApiResource("", "v1", "Namespace", "namespaces", False, verbs=("get", "list", "watch"))
SECRETS = ApiResource("", "v1", "Secret", "secrets", True, verbs=("get", "list", "watch"))
DEFINITIONS = ApiResource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False, verbs=("get", "list", "watch")
)
USAGE = ApiResource("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", True, verbs=("get", "list"))

Key = tuple[str, str, str]


class MemoryCluster:
    """lists, watches: the requests, in order. refusals: (resource, namespace or None) → the error to raise.

    open_watches, most_watches: the kinds watched now, and how many at most at a time.

    shortage: what every request raises, instead of an answer.

    patience: events after which a watch is ended, as a server does with a slow client. opens: set while watches are answered.
    """

    watches = True

    def __init__(self, name: str = "memory", resources: tuple[ApiResource, ...] = (PODS, NODES, NAMESPACES, DEFINITIONS)) -> None:
        self.name = ClusterName(name)
        self.server = "https://memory.invalid"
        self.clock_skew: float | None = None
        self.uid = "memory"
        self.resources = list(resources)
        self.refusals: dict[tuple[str, str | None], ConsoleError] = {}
        self.lists: list[tuple[str, str | None]] = []
        self.watches: list[tuple[str, str | None, str]] = []
        self.open_watches: list[str] = []
        self.most_watches = 0
        self.shortage: ConsoleError | None = None
        self.missing: dict[str, str] = {}
        self.login_seconds = 0.0
        self.patience = 1_000_000
        self.opens = asyncio.Event()
        self.opens.set()
        self._begun = time.monotonic()
        self.uid = f"uid-of-{name}"
        self._down = False
        self._version = 0
        self._oldest = 0
        self._objects: dict[Key, dict[str, Any]] = {}
        self._log: list[tuple[int, Key, WatchEvent]] = []
        self._moved = asyncio.Condition()

    async def put(self, resource: ApiResource, name: str, namespace: str = "", *, watched: bool = True, **content: Any) -> str:
        """Creates or replaces an object. Returns the new resourceVersion. watched: whether watches deliver the event."""
        key = (resource.name, namespace, name)
        kind = EventType.MODIFIED if key in self._objects else EventType.ADDED
        uid = self._objects[key]["metadata"]["uid"] if key in self._objects else f"uid-{self._version + 1}"
        extra = content.pop("metadata", {})
        metadata = {"name": name, "uid": uid, "creationTimestamp": "2026-11-22T03:00:00Z", **extra}
        obj = {"metadata": metadata | ({"namespace": namespace} if namespace else {}), **content}
        self._objects[key] = obj
        return await self._happened(kind, key, obj, watched=watched)

    async def remove(self, resource: ApiResource, name: str, namespace: str = "") -> None:
        key = (resource.name, namespace, name)
        await self._happened(EventType.DELETED, key, self._objects.pop(key))

    async def go_down(self) -> None:
        await self._set_down(True)

    async def come_back(self) -> None:
        await self._set_down(False)

    def compact(self) -> None:
        """Drops old versions: a watch from one of them gets 410."""
        self._oldest = self._version
        self._log.clear()

    async def log_in(self, within: float | None = None) -> None:
        """Completes login_seconds after the creation, however often it is called."""
        left = self._begun + self.login_seconds - time.monotonic()
        if within is not None and left > within:
            await asyncio.sleep(within)
            raise CredentialsError("still waiting for the exec plugin login")
        await asyncio.sleep(max(0.0, left))

    async def version(self) -> ServerVersion:
        self._answer()
        return ServerVersion("v1.36.0")

    async def identity(self) -> ClusterIdentity:
        self._answer()
        return ClusterIdentity(self.uid)

    async def discover(self) -> Discovery:
        self._answer()
        return Discovery(list(self.resources), dict(self.missing))

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        self._answer(resource, namespace)
        found = self._objects.get((resource.name, namespace or "", name))
        if found is None:
            raise NotFound(f"{resource.name} {name!r} not found", status={"details": {"name": name}})
        return bytes(_raw(found))

    async def pages(self, resource: ApiResource, *, namespace: str | None = None, limit: int = 500) -> AsyncIterator[RawPage]:
        self.lists.append((resource.name, namespace))
        self._answer(resource, namespace)
        version = str(self._version)
        items = [obj for key, obj in sorted(self._objects.items()) if key[0] == resource.name and namespace in (None, key[1])]
        for start in range(0, max(1, len(items)), limit):
            self._answer(resource, namespace)
            raws = [_raw(obj) for obj in items[start : start + limit]]
            yield RawPage(raws, version, "more" if start + limit < len(items) else "")
            await asyncio.sleep(0)

    async def watch(
        self,
        resource: ApiResource,
        *,
        resource_version: str,
        namespace: str | None = None,
        timeout: float = 290.0,
        opened: Callable[[], None],
    ) -> AsyncIterator[WatchEvent]:
        self.watches.append((resource.name, namespace, resource_version))
        async with self._count_watch(resource), aclosing(self._watch(resource, resource_version, namespace, opened)) as events:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    async for event in events:
                        yield event

    @asynccontextmanager
    async def _count_watch(self, resource: ApiResource) -> AsyncIterator[None]:
        self.open_watches.append(resource.name)
        self.most_watches = max(self.most_watches, len(self.open_watches))
        try:
            yield
        finally:
            self.open_watches.remove(resource.name)

    async def _watch(
        self, resource: ApiResource, resource_version: str, namespace: str | None, opened: Callable[[], None]
    ) -> AsyncGenerator[WatchEvent]:
        seen, left = int(resource_version), self.patience
        await self.opens.wait()
        self._answer(resource, namespace)
        opened()
        while True:
            self._answer(resource, namespace)
            if seen < self._oldest:
                raise Gone("The version is gone", "too old resource version")
            for version, key, event in list(self._log):
                if version > seen and key[0] == resource.name and namespace in (None, key[1]):
                    yield event
                    left -= 1
                    if not left:
                        return
            seen = self._version
            async with self._moved:
                await self._moved.wait_for(lambda: self._version > seen or self._down)  # noqa: B023 - awaited before it changes

    async def bookmark(self, resource: ApiResource) -> None:
        event = WatchEvent(EventType.BOOKMARK, _raw({"metadata": {"resourceVersion": str(self._version + 1)}}))
        await self._log_event((resource.name, "", ""), event)

    async def _happened(self, kind: EventType, key: Key, obj: dict[str, Any], *, watched: bool = True) -> str:
        obj["metadata"]["resourceVersion"] = str(self._version + 1)
        await self._log_event(key if watched else ("", "", ""), WatchEvent(kind, _raw(obj)))
        return str(self._version)

    async def _log_event(self, key: Key, event: WatchEvent) -> None:
        async with self._moved:
            self._version += 1
            self._log.append((self._version, key, event))
            self._moved.notify_all()

    async def _set_down(self, down: bool) -> None:
        async with self._moved:
            self._down = down
            self._moved.notify_all()

    def _answer(self, resource: ApiResource | None = None, namespace: str | None = None) -> None:
        if self.shortage is not None:
            raise self.shortage
        if self._down:
            raise Unreachable(f"{self.server} does not answer", "connection refused")
        refusal = self.refusals.get((resource.name, namespace)) if resource else None
        if refusal is not None:
            raise refusal


def _raw(obj: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(obj).encode())
