"""The clusters that this run can reach, their connections, and the choice among them."""

import asyncio
import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from k8sconsole.cluster.port import Cluster, Contexts
from k8sconsole.config.loader import LoadedSettings
from k8sconsole.errors import ConfigurationError, ConsoleError, UnknownContext
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.clusters import Connections, ContextInfo, PoolBounds
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Face

_CONNECT_WITHIN = 0.5
"""Seconds that a read of the cache waits for the answer whether its cluster listens."""


class Opening(msgspec.Struct, frozen=True):
    """How a face opens the console. needs_clusters: True where the cache alone is not enough, as for a scan. watch: watch for changes
    between two reads. make_contexts: replaces the kubeconfig as the source of contexts, as the demo cluster does."""

    loaded: LoadedSettings
    face: Face
    contexts: tuple[str, ...] = ()
    all_contexts: bool = False
    namespaces: tuple[str, ...] = ()
    scan: bool = False
    watch: bool = True
    offline: bool = False
    needs_clusters: bool = False
    make_contexts: Callable[[], Contexts] | None = None


class NoContexts:
    """No clusters: for offline work, or because the kubeconfig has a ``problem``."""

    def __init__(self, problem: ConsoleError | None = None) -> None:
        self.problem = problem

    def list(self) -> "list[ContextInfo]":
        return []

    def current(self) -> str:
        return ""

    def files(self) -> tuple[Path, ...]:
        return ()

    async def open(self, name: ClusterName) -> Cluster:
        raise self.problem or ConfigurationError(f"{name} is not connected", "--offline was given", "the same command without --offline")

    def origin(self) -> str:
        return "offline"


def find_contexts(bounds: PoolBounds, environ: Mapping[str, str] = os.environ) -> Contexts:
    """The kubeconfig's contexts, or the one of the pod this runs in. Raises ConfigurationError."""
    from k8sconsole.cluster.live.contexts import contexts_here

    return contexts_here(environ, bounds=bounds)


def has_kubeconfig() -> bool:
    """Whether anything names a cluster. It does not import the ``cluster`` room, which is slow."""
    if os.environ.get("KUBECONFIG") or os.environ.get("KUBERNETES_SERVICE_HOST"):
        return True
    return os.path.isfile(os.path.expanduser("~/.kube/config"))


def load_contexts(opening: Opening) -> Contexts:
    """Reads the kubeconfig; call it in a thread. Offline, or where an attached server is the source, a broken kubeconfig is kept as the
    reason why nothing else can be reached. Raises ConfigurationError."""
    from k8sconsole.config.attached_servers import scan_source

    server = scan_source(opening.loaded.settings)
    if not server:
        return _kubeconfig_contexts(opening)
    from k8sconsole.runtime.attached_context import AttachedContexts

    try:
        return AttachedContexts(server, _kubeconfig_contexts(opening))
    except ConfigurationError as problem:
        return AttachedContexts(server, NoContexts(problem))


def _kubeconfig_contexts(opening: Opening) -> Contexts:
    if opening.make_contexts is not None:
        return opening.make_contexts()
    if opening.offline:
        return NoContexts()
    try:
        contexts = find_contexts(opening.loaded.settings.cluster)
        if not contexts.list():
            raise ConfigurationError("the kubeconfig has no contexts", contexts.origin(), "kubectl config set-context, or k8sconsole demo")
    except ConfigurationError as problem:
        if opening.face is Face.TUI or opening.needs_clusters:
            raise
        return NoContexts(problem)
    return contexts


def choose_contexts(opening: Opening, offered: list[ContextInfo], read_current: Callable[[], str]) -> tuple[ClusterName, ...]:
    """The contexts that the opening names, or the current one. read_current: as ``Contexts.current``. Raises UnknownContext naming the
    nearest, also where the current context does not exist, and ConfigurationError where none is current."""
    names = [info.name for info in offered]
    if opening.all_contexts:
        return tuple(names)
    if opening.contexts:
        for name in opening.contexts:
            if name not in names:
                raise unknown_context(name, names)
        return tuple(ClusterName(name) for name in dict.fromkeys(opening.contexts))
    current = [info.name for info in offered if info.current]
    if current:
        return (current[0],)
    if wanted := read_current():
        problem = unknown_context(wanted, names)
        why = f"the kubeconfig's current-context names it; {problem.detail}"
        raise UnknownContext(problem.title, why, problem.remedy, problem.details)
    if len(names) == 1:
        return (names[0],)
    raise ConfigurationError("no context chosen", "the kubeconfig has no current context", f"--context {names[0] if names else 'NAME'}")


def unknown_context(wanted: str, names: "list[ClusterName]") -> UnknownContext:
    close = find_nearest(wanted, [str(name) for name in names])
    known = ", ".join(names[:8]) or "none"
    remedy = f"--context {shlex.quote(close[0])}" if close else "kubectl config get-contexts"
    return UnknownContext(
        f"no context {wanted!r}", f"there are: {known}", remedy, {"parameter": "context", "given": wanted, "nearest": close or names[:5]}
    )


async def find_refusal(server: str) -> str:
    """Why nothing listens at a server's address; empty where something may. It sends no request and imports no network library.

    A server behind a proxy is not tried.
    """
    parts = urlsplit(server)
    proxied = any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"))
    if not parts.hostname or proxied:
        return ""
    try:
        async with asyncio.timeout(_CONNECT_WITHIN):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except ConnectionRefusedError:
        return f"{server}: connection refused"
    except (OSError, TimeoutError):
        return ""
    writer.close()
    return ""


class ClusterPool:
    """The opened clusters: each is opened when it is first needed, and shared."""

    def __init__(self, contexts: Contexts) -> None:
        self.contexts = contexts
        self._opening: dict[ClusterName, asyncio.Task[Cluster]] = {}

    async def get(self, name: ClusterName) -> Cluster:
        """Raises UnknownContext, and what opening the cluster raises. A failed opening is tried again at the next call."""
        task = self._opening.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.get_running_loop().create_task(self._open(name))
            self._opening[name] = task
        return await asyncio.shield(task)

    def opened(self) -> list[Cluster]:
        """The clusters that are open now."""
        done = [task for task in self._opening.values() if task.done() and not task.cancelled() and not task.exception()]
        return [task.result() for task in done]

    def connections(self) -> list[Connections]:
        """The connection counts of each open cluster."""
        return [cluster.connections() for cluster in self.opened()]

    def clock_skew(self, name: ClusterName) -> float | None:
        """Seconds by which the clock of the cluster's server is ahead of this machine's; None before its first response."""
        return next((cluster.clock_skew for cluster in self.opened() if cluster.name == name), None)

    def prioritise(self, name: ClusterName) -> None:
        """Retries credentials that failed a moment ago, because a person waits for this cluster."""
        for cluster in self.opened():
            if cluster.name == name:
                cluster.retry_now()

    async def _open(self, name: ClusterName) -> Cluster:
        names = [info.name for info in await asyncio.to_thread(self.contexts.list)]
        if names and name not in names:
            raise unknown_context(name, names)
        return await self.contexts.open(name)

    async def close(self) -> None:
        for task in self._opening.values():
            task.cancel()  # no effect on those that are done
        for cluster in self.opened():
            await cluster.close()
