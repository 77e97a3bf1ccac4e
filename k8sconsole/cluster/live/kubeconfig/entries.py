"""What the entries of a kubeconfig mean: clusters, users and contexts as frozen readings."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from k8sconsole.cluster.live.kubeconfig.files import Entry, mapping, sequence, text
from k8sconsole.errors import ConfigurationError


@dataclass(frozen=True)
class Material:
    """PEM that stands inline in the kubeconfig (``data``, base64) or in a file of its own; inline wins."""

    label: str
    owner: str
    data: str = field(default="", repr=False)
    path: Path | None = None

    def read(self) -> bytes:
        """Raises ConfigurationError when the file is missing or the data is no base64."""
        try:
            return base64.b64decode(self.data) if self.data or self.path is None else self.path.read_bytes()
        except binascii.Error as error:
            raise ConfigurationError(f"{self.label}-data of {self.owner} is not base64", remedy="check the kubeconfig") from error
        except OSError as error:
            reason = f"{self.path}: {error.strerror}"
            raise ConfigurationError(f"Cannot read the {self.label} of {self.owner}", reason, "check the path in the kubeconfig") from error


@dataclass(frozen=True)
class ClusterEntry:
    """server as written there; exec_config is what an exec plugin is told about this cluster."""

    name: str
    server: str
    authority: Material | None = None
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
    """Every way a user may prove itself; empty where the kubeconfig says nothing. folder is where relative commands start."""

    name: str = ""
    folder: Path = Path()
    certificate: Material | None = None
    key: Material | None = None
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    impersonation: Impersonation = Impersonation()
    exec: Mapping[str, Any] = field(default_factory=dict, repr=False)
    auth_provider: Mapping[str, Any] = field(default_factory=dict, repr=False)


def cluster_entry(entry: Entry) -> ClusterEntry:
    body = entry.body
    return ClusterEntry(
        name=entry.name,
        server=text(body.get("server")),
        authority=_material(entry, "certificate-authority", f"cluster {entry.name}"),
        insecure=text(body.get("insecure-skip-tls-verify")).lower() == "true",
        tls_server_name=text(body.get("tls-server-name")),
        proxy_url=text(body.get("proxy-url")),
        exec_config=_exec_config(body),
    )


def user_entry(entry: Entry) -> UserEntry:
    body = entry.body
    token_file = text(body.get("tokenFile"))
    return UserEntry(
        name=entry.name,
        folder=entry.file.absolute().parent,
        certificate=_material(entry, "client-certificate", f"user {entry.name}"),
        key=_material(entry, "client-key", f"user {entry.name}"),
        token=text(body.get("token")),
        token_file=_beside(entry, token_file) if token_file else None,
        username=text(body.get("username")),
        password=text(body.get("password")),
        impersonation=_impersonation(body),
        exec=mapping(body.get("exec")),
        auth_provider=mapping(body.get("auth-provider")),
    )


def _impersonation(body: Mapping[str, Any]) -> Impersonation:
    extra = mapping(body.get("as-user-extra"))
    return Impersonation(
        user=text(body.get("as")),
        uid=text(body.get("as-uid")),
        groups=tuple(map(text, sequence(body.get("as-groups")))),
        extra=tuple((key, text(value)) for key, values in extra.items() for value in sequence(values)),
    )


def _material(entry: Entry, label: str, owner: str) -> Material | None:
    data, path = text(entry.body.get(f"{label}-data")), text(entry.body.get(label))
    if not data and not path:
        return None
    return Material(label, owner, data, _beside(entry, path) if path else None)


def _beside(entry: Entry, path: str) -> Path:
    """Relative paths are relative to the file that names them."""
    return entry.file.absolute().parent / Path(path).expanduser()


def _exec_config(body: Mapping[str, Any]) -> Any:
    for extension in map(mapping, sequence(body.get("extensions"))):
        if text(extension.get("name")) == "client.authentication.k8s.io/exec":
            return extension.get("extension")
    return None
