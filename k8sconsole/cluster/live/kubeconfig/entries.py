"""The clusters and users of a kubeconfig, interpreted."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from k8sconsole.cluster.live.kubeconfig.files import KubeconfigEntry, as_list, as_mapping, as_text
from k8sconsole.errors import ConfigurationError
from k8sconsole.kit.system_errors import explain_os_error


@dataclass(frozen=True)
class PemSource:
    """PEM from the kubeconfig itself (``data``, base64) or from a file (``path``). ``data`` wins.

    label, owner: the key and the entry that it belongs to, for messages.
    """

    label: str
    owner: str
    data: str = field(default="", repr=False)
    path: Path | None = None

    def read(self) -> bytes:
        """Blocking. Raises ConfigurationError when the file is missing or the data is not base64."""
        try:
            return base64.b64decode(self.data) if self.data or self.path is None else self.path.read_bytes()
        except binascii.Error as error:
            raise ConfigurationError(
                f"{self.label}-data of {self.owner} is not base64", remedy=f"check {self.label}-data in the kubeconfig"
            ) from error
        except OSError as error:
            raise ConfigurationError(f"cannot read the {self.label} of {self.owner}", *explain_os_error(error, self.path or "")) from error


@dataclass(frozen=True)
class ClusterEntry:
    """server: as written in the kubeconfig. exec_config: data for exec plugins, from the cluster's extensions."""

    name: str
    server: str
    authority: PemSource | None = None
    insecure: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    exec_config: Any = None


@dataclass(frozen=True)
class Impersonation:
    user: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class UserEntry:
    """Every way in which a user may authenticate; empty when the kubeconfig has none.

    folder: of the kubeconfig; relative commands start there.
    """

    name: str = ""
    folder: Path = Path()
    certificate: PemSource | None = None
    key: PemSource | None = None
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    impersonation: Impersonation = Impersonation()
    exec: Mapping[str, Any] = field(default_factory=dict, repr=False)
    auth_provider: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def has_credentials(self) -> bool:
        ways = (self.certificate, self.key, self.token, self.token_file, self.username, self.exec, self.auth_provider)
        return any(ways)


def cluster_entry(entry: KubeconfigEntry) -> ClusterEntry:
    body = entry.body
    return ClusterEntry(
        name=entry.name,
        server=as_text(body.get("server")),
        authority=_pem_source(entry, "certificate-authority", f"cluster {entry.name}"),
        insecure=as_text(body.get("insecure-skip-tls-verify")).lower() == "true",
        tls_server_name=as_text(body.get("tls-server-name")),
        proxy_url=as_text(body.get("proxy-url")),
        exec_config=_read_exec_config(body),
    )


def user_entry(entry: KubeconfigEntry) -> UserEntry:
    body = entry.body
    token_file = as_text(body.get("tokenFile"))
    return UserEntry(
        name=entry.name,
        folder=entry.file.absolute().parent,
        certificate=_pem_source(entry, "client-certificate", f"user {entry.name}"),
        key=_pem_source(entry, "client-key", f"user {entry.name}"),
        token=as_text(body.get("token")),
        token_file=_resolve_path(entry, token_file) if token_file else None,
        username=as_text(body.get("username")),
        password=as_text(body.get("password")),
        impersonation=_read_impersonation(body),
        exec=as_mapping(body.get("exec")),
        auth_provider=as_mapping(body.get("auth-provider")),
    )


def _read_impersonation(body: Mapping[str, Any]) -> Impersonation:
    extra = as_mapping(body.get("as-user-extra"))
    return Impersonation(
        user=as_text(body.get("as")),
        uid=as_text(body.get("as-uid")),
        groups=tuple(map(as_text, as_list(body.get("as-groups")))),
        extra=tuple((key, as_text(value)) for key, values in extra.items() for value in as_list(values)),
    )


def _pem_source(entry: KubeconfigEntry, label: str, owner: str) -> PemSource | None:
    data, path = as_text(entry.body.get(f"{label}-data")), as_text(entry.body.get(label))
    if not data and not path:
        return None
    return PemSource(label, owner, data, _resolve_path(entry, path) if path else None)


def _resolve_path(entry: KubeconfigEntry, path: str) -> Path:
    """Relative paths start at the folder of the kubeconfig that names them."""
    return entry.file.absolute().parent / Path(path).expanduser()


def _read_exec_config(body: Mapping[str, Any]) -> Any:
    for extension in map(as_mapping, as_list(body.get("extensions"))):
        if as_text(extension.get("name")) == "client.authentication.k8s.io/exec":
            return extension.get("extension")
    return None
