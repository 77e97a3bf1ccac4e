"""What a context leads to: a server, a user, and the files that may change under us."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry, cluster_entry, user_entry
from k8sconsole.cluster.live.kubeconfig.files import Entry, Kubeconfig, text
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.masks import length_class

_KEY = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[\w~.-]{20,}")


@dataclass(frozen=True)
class Login:
    """files: everything read to build the connection; a change in one of them means reading all of it again."""

    context: str
    cluster: ClusterEntry
    user: UserEntry
    namespace: str
    files: tuple[Path, ...]


Resolve = Callable[[], Login]
"""Reads a login anew from where it came; blocking, for a thread."""


def login(kubeconfig: Kubeconfig, name: str) -> Login:
    """Raises ConfigurationError when the context cannot be used; ``problem`` tells without raising."""
    if trouble := problem(kubeconfig, name):
        raise ConfigurationError(f"The context {name} cannot be used", trouble, f"mend {_file_of(kubeconfig, name)}")
    body = kubeconfig.contexts[name].body
    cluster = cluster_entry(kubeconfig.clusters[text(body.get("cluster"))])
    user_name = text(body.get("user"))
    user = user_entry(kubeconfig.users[user_name]) if user_name else UserEntry()
    return Login(name, cluster, user, text(body.get("namespace")), (*kubeconfig.files, *_material_files(cluster, user)))


def problem(kubeconfig: Kubeconfig, name: str) -> str:
    """Why this context cannot be used, seen without connecting; empty when nothing speaks against it."""
    entry = kubeconfig.contexts.get(name)
    if entry is None:
        return f"no context is called {name}"
    cluster, user = text(entry.body.get("cluster")), text(entry.body.get("user"))
    if not cluster:
        return "it names no cluster"
    if cluster not in kubeconfig.clusters:
        return f"it names the cluster {cluster}, which no file defines"
    if user and user not in kubeconfig.users:
        return f"it names the user {user}, which no file defines"
    if not text(kubeconfig.clusters[cluster].body.get("server")):
        return f"the cluster {cluster} has no server"
    return "" if address(kubeconfig.clusters[cluster]) else f"the server of cluster {cluster} is no address"


def address(cluster: Entry | None) -> str:
    """The server's address as it may be shown, empty where there is none that can be read."""
    try:
        return shown(server_url(cluster_entry(cluster))) if cluster and text(cluster.body.get("server")) else ""
    except ValueError:
        return ""


def server_url(cluster: ClusterEntry) -> str:
    """The server's address with a scheme, without credentials, query or a slash at its end. Raises ValueError for what is no address."""
    secure = cluster.authority is not None or cluster.insecure or cluster.tls_server_name
    written = cluster.server if "://" in cluster.server else f"{'https' if secure else 'http'}://{cluster.server}"
    parts = urlsplit(written)
    if not parts.hostname or parts.port == 0:
        raise ValueError(written)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def shown(server: str) -> str:
    """An address as it may be told: some doors have their key in the path (a long part of small and capital letters)."""
    scheme, separator, rest = server.partition("://")
    parts = [length_class(len(part)) if at and _KEY.fullmatch(part) else part for at, part in enumerate(rest.split("/"))]
    return scheme + separator + "/".join(parts)


def _file_of(kubeconfig: Kubeconfig, name: str) -> Path | str:
    entry = kubeconfig.contexts.get(name)
    return entry.file if entry else "the kubeconfig"


def _material_files(cluster: ClusterEntry, user: UserEntry) -> list[Path]:
    materials = (cluster.authority, user.certificate, user.key)
    return [material.path for material in materials if material and material.path and not material.data]
