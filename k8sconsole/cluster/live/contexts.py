"""The contexts of the kubeconfig files, implementing ``cluster.port.Contexts``; and of the cluster this program runs in."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from k8sconsole.cluster.live import in_cluster
from k8sconsole.cluster.live.kubeconfig.files import Kubeconfig, candidates, read, text
from k8sconsole.cluster.live.kubeconfig.login import Login, Resolve, address, login, problem
from k8sconsole.cluster.port import Cluster, ContextInfo, Contexts
from k8sconsole.errors import ConfigurationError, NotFound
from k8sconsole.kit.clock import Clock
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.clusters import PoolBounds
from k8sconsole.model.refs import ClusterName

_BOUNDS = PoolBounds()


class KubeconfigContexts:
    """Reads the files anew on every call, so that a rotated kubeconfig is seen. Without paths: KUBECONFIG, else ``~/.kube/config``."""

    def __init__(
        self,
        paths: Sequence[Path] | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        bounds: PoolBounds = _BOUNDS,
    ) -> None:
        self._paths = tuple(paths) if paths else candidates(environ)
        self._environ = environ
        self._clock = clock
        self._bounds = bounds

    def list(self) -> list[ContextInfo]:
        """Raises ConfigurationError when no file exists or one cannot be understood."""
        kubeconfig = self._read()
        return [_info(kubeconfig, name) for name in kubeconfig.contexts]

    async def open(self, name: ClusterName) -> Cluster:
        """Raises NotFound for an unknown context, ConfigurationError for one that cannot be used."""
        first = await asyncio.to_thread(self._login, name)
        return await _cluster(first, lambda: self._login_again(first), self._environ, self._bounds, self._clock)

    def files(self) -> tuple[Path, ...]:
        return self._paths

    def origin(self) -> str:
        return ", ".join(str(path) for path in self._paths if path.exists()) or ", ".join(map(str, self._paths))

    def _login(self, name: ClusterName) -> Login:
        kubeconfig = self._read()
        if name not in kubeconfig.contexts:
            raise _unknown(name, kubeconfig.contexts, self.origin())
        return self._whole(kubeconfig, name)

    def _login_again(self, before: Login) -> Login:
        """Raises NotFound where the context, or the whole kubeconfig, has gone; ConfigurationError for what cannot be understood."""
        kubeconfig = read(self._paths)
        if before.context not in kubeconfig.contexts:
            raise _gone(before, kubeconfig, self.origin())
        return self._whole(kubeconfig, before.context)

    def _whole(self, kubeconfig: Kubeconfig, name: str) -> Login:
        """With the files that do not exist yet: one of them may appear, and win."""
        found = login(kubeconfig, name)
        return replace(found, files=tuple(dict.fromkeys((*self._paths, *found.files))))

    def _read(self) -> Kubeconfig:
        kubeconfig = read(self._paths)
        if kubeconfig.files:
            return kubeconfig
        tried = ", ".join(map(str, self._paths))
        raise ConfigurationError("No kubeconfig was found", f"looked for {tried}", "k8sconsole demo, or set KUBECONFIG to your file")


class InClusterContexts:
    """The one cluster whose pod this program is, reached with the pod's service account."""

    def __init__(self, environ: Mapping[str, str] = os.environ, folder: Path = in_cluster.FOLDER, bounds: PoolBounds = _BOUNDS) -> None:
        self._environ = environ
        self._folder = folder
        self._bounds = bounds

    def list(self) -> list[ContextInfo]:
        found = self._login()
        return [ContextInfo(in_cluster.NAME, found.cluster.name, found.cluster.server, found.user.name, found.namespace, current=True)]

    async def open(self, name: ClusterName) -> Cluster:
        if name != in_cluster.NAME:
            raise _unknown(name, [in_cluster.NAME], self.origin())
        first = await asyncio.to_thread(self._login)
        return await _cluster(first, self._login, self._environ, self._bounds)

    def files(self) -> tuple[Path, ...]:
        """None that a person changes: the kubelet's token and authority are looked at with each request."""
        return ()

    def origin(self) -> str:
        return in_cluster.NAME

    def _login(self) -> Login:
        return in_cluster.login(self._environ, self._folder)


def contexts_here(environ: Mapping[str, str] = os.environ, folder: Path = in_cluster.FOLDER, bounds: PoolBounds = _BOUNDS) -> Contexts:
    """The kubeconfig's contexts; without a kubeconfig and inside a pod, that pod's own cluster."""
    if not any(path.exists() for path in candidates(environ)) and in_cluster.present(environ, folder):
        return InClusterContexts(environ, folder, bounds)
    return KubeconfigContexts(environ=environ, bounds=bounds)


async def _cluster(first: Login, resolve: Resolve, environ: Mapping[str, str], bounds: PoolBounds, clock: Clock | None = None) -> Cluster:
    """The network library takes some 0.3 s to import: in a thread, so that the loop goes on."""
    module = await asyncio.to_thread(import_module, "k8sconsole.cluster.live.cluster")
    opened: Cluster = module.LiveCluster.of(first, resolve, environ, bounds, clock)
    return opened


def _info(kubeconfig: Kubeconfig, name: str) -> ContextInfo:
    body = kubeconfig.contexts[name].body
    cluster = text(body.get("cluster"))
    return ContextInfo(
        name=ClusterName(name),
        cluster=cluster,
        server=address(kubeconfig.clusters.get(cluster)),
        user=text(body.get("user")),
        namespace=text(body.get("namespace")),
        current=name == kubeconfig.current,
        problem=problem(kubeconfig, name),
    )


def _gone(before: Login, kubeconfig: Kubeconfig, origin: str) -> NotFound:
    """A context of another name with the same cluster and user is taken for the same one, renamed."""
    wanted = (before.cluster.name, before.user.name)
    bodies = {name: entry.body for name, entry in kubeconfig.contexts.items()}
    renamed = [name for name, body in bodies.items() if (text(body.get("cluster")), text(body.get("user"))) == wanted]
    detail = f"it may be called {renamed[0]} now" if renamed else "it was removed or renamed"
    remedy = f"k8sconsole --context {renamed[0]}" if renamed else "kubectl config get-contexts"
    return NotFound(f"Context {before.context} is no longer in the kubeconfig", f"{detail}; read from {origin}", remedy)


def _unknown(name: str, known: Sequence[str] | Mapping[str, object], origin: str) -> NotFound:
    close = find_nearest(name, list(known))
    remedy = f"one of: {', '.join(close or list(known)[:5])}" if known else "k8sconsole demo"
    return NotFound(
        f"No context is called {name}", f"read from {origin}", remedy, {"parameter": "context", "given": name, "nearest": close}
    )
