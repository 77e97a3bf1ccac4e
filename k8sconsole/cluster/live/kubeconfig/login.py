"""Resolves a context: its server, its user, and the files whose changes matter."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry, cluster_entry, user_entry
from k8sconsole.cluster.live.kubeconfig.files import Kubeconfig, KubeconfigEntry, as_text
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.masks import length_class

_KEY = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[\w~.-]{20,}")


@dataclass(frozen=True)
class Login:
    """A resolved context. files: everything that was read for it; when one of them changes, all are read again."""

    context: str
    cluster: ClusterEntry
    user: UserEntry
    namespace: str
    files: tuple[Path, ...]


ResolveLogin = Callable[[], Login]
"""Reads a login again from where it came. Blocking."""


def resolve_login(kubeconfig: Kubeconfig, name: str) -> Login:
    """Raises ConfigurationError when the context cannot be used; ``find_problem`` returns the same reason without raising."""
    if problem := find_problem(kubeconfig, name):
        raise ConfigurationError(f"cannot use the context {name}", problem, f"edit {_defining_file(kubeconfig, name)}")
    body = kubeconfig.contexts[name].body
    cluster = cluster_entry(kubeconfig.clusters[as_text(body.get("cluster"))])
    user_name = as_text(body.get("user"))
    user = user_entry(kubeconfig.users[user_name]) if user_name else UserEntry()
    return Login(name, cluster, user, as_text(body.get("namespace")), (*kubeconfig.files, *_pem_files(cluster, user)))


def find_problem(kubeconfig: Kubeconfig, name: str) -> str:
    """Returns why this context cannot be used, as far as the files show it; empty when they show no reason."""
    entry = kubeconfig.contexts.get(name)
    if entry is None:
        return f"no context is named {name}"
    cluster, user = as_text(entry.body.get("cluster")), as_text(entry.body.get("user"))
    if not cluster:
        return "it names no cluster"
    if cluster not in kubeconfig.clusters:
        return f"it names the cluster {cluster}, which no file defines"
    if user and user not in kubeconfig.users:
        return f"it names the user {user}, which no file defines"
    if not as_text(kubeconfig.clusters[cluster].body.get("server")):
        return f"the cluster {cluster} has no server"
    return "" if display_server(kubeconfig.clusters[cluster]) else f"the server of cluster {cluster} is not a valid address"


def find_warning(kubeconfig: Kubeconfig, name: str) -> str:
    """Returns that the context's credentials are not sent; empty when they are, or when the context cannot be used."""
    if find_problem(kubeconfig, name):
        return ""
    body = kubeconfig.contexts[name].body
    user = as_text(body.get("user"))
    return (
        explain_withheld(cluster_entry(kubeconfig.clusters[as_text(body.get("cluster"))]), user_entry(kubeconfig.users[user]))
        if user
        else ""
    )


def display_server(cluster: KubeconfigEntry | None) -> str:
    """Returns the server's address for display; empty when there is none or it is not valid."""
    try:
        has_server = cluster is not None and as_text(cluster.body.get("server"))
        return mask_address(server_url(cluster_entry(cluster))) if cluster and has_server else ""
    except ValueError:
        return ""


def server_url(cluster: ClusterEntry) -> str:
    """Returns the server's address with a scheme, without credentials, query and trailing slash. Raises ValueError when it is not valid."""
    secure = cluster.authority is not None or cluster.insecure or cluster.tls_server_name
    written = cluster.server if "://" in cluster.server else f"{'https' if secure else 'http'}://{cluster.server}"
    parts = urlsplit(written)
    if not parts.hostname or parts.port == 0:
        raise ValueError(written)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def explain_withheld(cluster: ClusterEntry, user: UserEntry) -> str:
    """Returns why the user's credentials are not sent to this server, as kubectl does not either; empty when nothing is withheld.

    Raises ValueError for a server that is not valid.
    """
    server = server_url(cluster)
    if urlsplit(server).scheme == "https" or not user.has_credentials:
        return ""
    return f"the credentials of user {user.name} are not sent to {mask_address(server)}: it is not https, so they would travel in the clear"


def mask_address(server: str) -> str:
    """Masks keys in the path: some proxies expect one there, as a long part of upper and lower case letters."""
    scheme, separator, rest = server.partition("://")
    parts = [length_class(len(part)) if index and _KEY.fullmatch(part) else part for index, part in enumerate(rest.split("/"))]
    return scheme + separator + "/".join(parts)


def _defining_file(kubeconfig: Kubeconfig, name: str) -> Path | str:
    entry = kubeconfig.contexts.get(name)
    return entry.file if entry else "the kubeconfig"


def _pem_files(cluster: ClusterEntry, user: UserEntry) -> list[Path]:
    sources = (cluster.authority, user.certificate, user.key)
    return [source.path for source in sources if source and source.path and not source.data]
