"""Implements ``cluster.port.Contexts``: the contexts of the kubeconfig files, and the cluster in whose pod this program runs."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from k8sconsole.cluster.live import in_cluster
from k8sconsole.cluster.live.kubeconfig.files import Kubeconfig, as_mapping, as_text, kubeconfig_paths, read_kubeconfig
from k8sconsole.cluster.live.kubeconfig.login import Login, ResolveLogin, display_server, find_problem, find_warning, resolve_login
from k8sconsole.cluster.port import Cluster, ContextInfo, Contexts
from k8sconsole.errors import ConfigurationError, NotFound
from k8sconsole.kit.clock import Clock
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.clusters import PoolBounds
from k8sconsole.model.refs import ClusterName

_BOUNDS = PoolBounds()


class KubeconfigContexts:
    """Reads the files on every call, so that a rotated kubeconfig is noticed.

    paths: without them, the files of KUBECONFIG, else ``~/.kube/config``.
    """

    def __init__(
        self,
        paths: Sequence[Path] | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        bounds: PoolBounds = _BOUNDS,
    ) -> None:
        self._paths = tuple(paths) if paths else kubeconfig_paths(environ)
        self._environ = environ
        self._clock = clock
        self._bounds = bounds

    def list(self) -> list[ContextInfo]:
        """Raises ConfigurationError when no file exists or a file is not valid."""
        kubeconfig = self._read()
        return [_context_info(kubeconfig, name) for name in kubeconfig.contexts]

    def current(self) -> str:
        return self._read().current

    async def open(self, name: ClusterName) -> Cluster:
        """Raises NotFound for an unknown context, ConfigurationError for one that cannot be used."""
        first = await asyncio.to_thread(self._read_login, name)
        return await _open_cluster(first, lambda: self._read_login_again(first), self._environ, self._bounds, self._clock)

    def files(self) -> tuple[Path, ...]:
        return self._paths

    def origin(self) -> str:
        return ", ".join(str(path) for path in self._paths if path.exists()) or ", ".join(map(str, self._paths))

    def _read_login(self, name: ClusterName) -> Login:
        kubeconfig = self._read()
        if name not in kubeconfig.contexts:
            raise _unknown_conas_text(name, kubeconfig.contexts, self.origin())
        return self._resolve(kubeconfig, name)

    def _read_login_again(self, before: Login) -> Login:
        """Raises NotFound when the context or the whole kubeconfig no longer exists, ConfigurationError when a file is not valid."""
        kubeconfig = read_kubeconfig(self._paths)
        if before.context not in kubeconfig.contexts:
            raise _removed_conas_text(before, kubeconfig, self.origin())
        return self._resolve(kubeconfig, before.context)

    def _resolve(self, kubeconfig: Kubeconfig, name: str) -> Login:
        """Its files include those that do not exist yet: one of them may appear, and win."""
        login = resolve_login(kubeconfig, name)
        return replace(login, files=tuple(dict.fromkeys((*self._paths, *login.files))))

    def _read(self) -> Kubeconfig:
        kubeconfig = read_kubeconfig(self._paths)
        if kubeconfig.files:
            return kubeconfig
        tried = ", ".join(map(str, self._paths))
        raise ConfigurationError("no kubeconfig was found", f"looked for {tried}", "k8sconsole demo, or set KUBECONFIG to your file")


class InClusterContexts:
    """The cluster in whose pod this program runs, reached with the pod's service account."""

    def __init__(self, environ: Mapping[str, str] = os.environ, folder: Path = in_cluster.FOLDER, bounds: PoolBounds = _BOUNDS) -> None:
        self._environ = environ
        self._folder = folder
        self._bounds = bounds

    def list(self) -> list[ContextInfo]:
        login = self._read_login()
        return [ContextInfo(in_cluster.NAME, login.cluster.name, login.cluster.server, login.user.name, login.namespace, current=True)]

    def current(self) -> str:
        return in_cluster.NAME

    async def open(self, name: ClusterName) -> Cluster:
        if name != in_cluster.NAME:
            raise _unknown_conas_text(name, [in_cluster.NAME], self.origin())
        first = await asyncio.to_thread(self._read_login)
        return await _open_cluster(first, self._read_login, self._environ, self._bounds)

    def files(self) -> tuple[Path, ...]:
        """None that a person changes: the kubelet's token and authority are checked with each request."""
        return ()

    def origin(self) -> str:
        return in_cluster.NAME

    def _read_login(self) -> Login:
        return in_cluster.read_login(self._environ, self._folder)


def contexts_here(environ: Mapping[str, str] = os.environ, folder: Path = in_cluster.FOLDER, bounds: PoolBounds = _BOUNDS) -> Contexts:
    """Returns the kubeconfig's contexts; without a kubeconfig, inside a pod, the pod's own cluster."""
    if not any(path.exists() for path in kubeconfig_paths(environ)) and in_cluster.is_in_cluster(environ, folder):
        return InClusterContexts(environ, folder, bounds)
    return KubeconfigContexts(environ=environ, bounds=bounds)


async def _open_cluster(
    first: Login, resolve: ResolveLogin, environ: Mapping[str, str], bounds: PoolBounds, clock: Clock | None = None
) -> Cluster:
    """Imports the network library in a thread, because that takes some 0.3 s and must not block the loop."""
    module = await asyncio.to_thread(import_module, "k8sconsole.cluster.live.cluster")
    opened: Cluster = module.LiveCluster.from_login(first, resolve, environ, bounds, clock)
    return opened


def _context_info(kubeconfig: Kubeconfig, name: str) -> ContextInfo:
    body = kubeconfig.contexts[name].body
    cluster = as_text(body.get("cluster"))
    return ContextInfo(
        name=ClusterName(name),
        cluster=cluster,
        server=display_server(kubeconfig.clusters.get(cluster)),
        user=as_text(body.get("user")),
        namespace=as_text(body.get("namespace")),
        current=name == kubeconfig.current,
        problem=find_problem(kubeconfig, name),
        warning=find_warning(kubeconfig, name),
        plugin=_credential_plugin(kubeconfig, as_text(body.get("user"))),
        proxied=cluster in kubeconfig.clusters and bool(as_text(kubeconfig.clusters[cluster].body.get("proxy-url"))),
    )


def _credential_plugin(kubeconfig: Kubeconfig, user: str) -> str:
    body = kubeconfig.users[user].body if user in kubeconfig.users else {}
    return as_text(as_mapping(body.get("exec")).get("command")) or as_text(as_mapping(body.get("auth-provider")).get("name"))


def _removed_conas_text(before: Login, kubeconfig: Kubeconfig, origin: str) -> NotFound:
    """A context of another name with the same cluster and user is taken for the same one, renamed."""
    target = (before.cluster.name, before.user.name)
    bodies = {name: entry.body for name, entry in kubeconfig.contexts.items()}
    renamed = [name for name, body in bodies.items() if (as_text(body.get("cluster")), as_text(body.get("user"))) == target]
    detail = f"it may be named {renamed[0]} now" if renamed else "it was removed or renamed"
    remedy = f"k8sconsole --context {renamed[0]}" if renamed else "kubectl config get-contexts"
    return NotFound(f"context {before.context} is no longer in the kubeconfig", f"{detail}; read from {origin}", remedy)


def _unknown_conas_text(name: str, known: Sequence[str] | Mapping[str, object], origin: str) -> NotFound:
    close = find_nearest(name, list(known))
    remedy = f"one of: {', '.join(close or list(known)[:5])}" if known else "k8sconsole demo"
    return NotFound(f"no context is named {name}", f"read from {origin}", remedy, {"parameter": "context", "given": name, "nearest": close})
