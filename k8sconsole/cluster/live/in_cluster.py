"""Being a pod of the cluster: the kubelet mounts a token, an authority and a namespace, and sets two variables for the address."""

from collections.abc import Mapping
from pathlib import Path

from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, Material, UserEntry
from k8sconsole.cluster.live.kubeconfig.login import Login
from k8sconsole.errors import ConfigurationError
from k8sconsole.model.refs import ClusterName

NAME = ClusterName("in-cluster")
FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def present(environ: Mapping[str, str], folder: Path = FOLDER) -> bool:
    return bool(environ.get("KUBERNETES_SERVICE_HOST")) and (folder / "token").exists()


def login(environ: Mapping[str, str], folder: Path = FOLDER) -> Login:
    """Raises ConfigurationError outside a pod."""
    if not present(environ, folder):
        raise ConfigurationError("This is not a pod with a service account", f"no {folder / 'token'}", "set KUBECONFIG to your file")
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    authority = folder / "ca.crt"
    cluster = ClusterEntry(
        name=NAME,
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        authority=Material("certificate-authority", "the service account", path=authority) if authority.exists() else None,
    )
    return Login(NAME, cluster, UserEntry("service account", folder, token_file=folder / "token"), _namespace(folder), (authority,))


def _namespace(folder: Path) -> str:
    try:
        return (folder / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
