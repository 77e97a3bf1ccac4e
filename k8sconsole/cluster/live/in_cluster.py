"""Access from inside a pod: the kubelet mounts a token, an authority and a namespace, and sets two variables for the address.

https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

from collections.abc import Mapping
from pathlib import Path

from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, PemSource, UserEntry
from k8sconsole.cluster.live.kubeconfig.login import Login
from k8sconsole.errors import ConfigurationError
from k8sconsole.model.refs import ClusterName

NAME = ClusterName("in-cluster")
FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def is_in_cluster(environ: Mapping[str, str], folder: Path = FOLDER) -> bool:
    """Whether this program runs in a pod with a service account."""
    return bool(environ.get("KUBERNETES_SERVICE_HOST")) and (folder / "token").exists()


def read_login(environ: Mapping[str, str], folder: Path = FOLDER) -> Login:
    """Blocking: reads the mounted files. Raises ConfigurationError outside a pod."""
    if not is_in_cluster(environ, folder):
        raise ConfigurationError("not in a pod with a service account", f"{folder / 'token'} does not exist", "set KUBECONFIG to your file")
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    authority = folder / "ca.crt"
    cluster = ClusterEntry(
        name=NAME,
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        authority=PemSource("certificate-authority", "the service account", path=authority) if authority.exists() else None,
    )
    return Login(NAME, cluster, UserEntry("service account", folder, token_file=folder / "token"), _read_namespace(folder), (authority,))


def _read_namespace(folder: Path) -> str:
    try:
        return (folder / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
