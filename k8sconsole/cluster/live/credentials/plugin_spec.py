"""How an exec plugin is run, and what it prints: the client.authentication.k8s.io/v1 and v1beta1 protocol.

https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from k8sconsole.cluster.live.kubeconfig.entries import ClusterEntry, UserEntry
from k8sconsole.cluster.live.kubeconfig.files import as_list, as_mapping, as_text
from k8sconsole.errors import ConfigurationError, CredentialsError

_GROUP = "client.authentication.k8s.io"
_VERSIONS = (f"{_GROUP}/v1", f"{_GROUP}/v1beta1")


@dataclass(frozen=True)
class PluginSpec:
    """environment: variables that are added to those of this process."""

    user: str
    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    api_version: str
    install_hint: str
    wants_cluster: bool


class PluginStatus(msgspec.Struct, frozen=True, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: str | None = None


class PluginAnswer(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    status: PluginStatus | None = None


def plugin_spec(user: UserEntry) -> PluginSpec:
    """Raises ConfigurationError for an unsupported version, CredentialsError for a plugin that requires a terminal."""
    body = user.exec
    command, version = as_text(body.get("command")), as_text(body.get("apiVersion"))
    if not command:
        raise ConfigurationError(f"cannot use the user {user.name}", "its exec entry has no command", "add command to the kubeconfig")
    if version not in _VERSIONS:
        raise ConfigurationError(
            f"cannot use the exec plugin {command}",
            f"apiVersion {version or '(none)'} is not supported",
            f"set apiVersion: {_VERSIONS[0]}",
        )
    if as_text(body.get("interactiveMode")) == "Always":
        raise CredentialsError(
            f"the exec plugin {command} of user {user.name} requires a terminal",
            "interactiveMode is Always, but plugins run without a terminal here",
            "log in with the plugin in a shell, then set interactiveMode: IfAvailable",
        )
    return PluginSpec(
        user.name,
        _resolve_command(command, user.folder),
        tuple(map(as_text, as_list(body.get("args")))),
        {
            as_text(item.get("name")): as_text(item.get("value"))
            for item in map(as_mapping, as_list(body.get("env")))
            if as_text(item.get("name"))
        },
        version,
        as_text(body.get("installHint")),
        as_text(body.get("provideClusterInfo")).lower() == "true",
    )


def exec_info(spec: PluginSpec, cluster: ClusterEntry) -> str:
    """The value of KUBERNETES_EXEC_INFO."""
    spec_json: dict[str, Any] = {"interactive": False}
    if spec.wants_cluster:
        spec_json["cluster"] = _cluster_info(cluster)
    return json.dumps({"apiVersion": spec.api_version, "kind": "ExecCredential", "spec": spec_json})


def _resolve_command(command: str, folder: Path) -> str:
    """A command with a slash is relative to the kubeconfig; a bare one is looked up in PATH."""
    return str(folder / Path(command).expanduser()) if os.sep in command else command


def _cluster_info(cluster: ClusterEntry) -> dict[str, Any]:
    import base64

    info: dict[str, Any] = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure,
        "certificate-authority-data": base64.b64encode(cluster.authority.read()).decode() if cluster.authority else "",
        "proxy-url": cluster.proxy_url,
        "config": cluster.exec_config,
    }
    return {key: value for key, value in info.items() if value}
