"""The kubeconfig a demo cluster hands out, one file a user, readable by its owner only."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from k8sconsole.demo.certificates import IssuedCertificate
    from k8sconsole.demo.users import User

Json = dict[str, Any]
PREFIX = "/as/"


@dataclass(frozen=True, slots=True)
class ApiServerAddress:
    """How a cluster is reached: its name, address, and its authority's certificate (PEM) where it speaks TLS."""

    cluster: str
    url: str
    authority: bytes | None = None


def write_kubeconfig(
    path: Path, door: ApiServerAddress, user: User, certificate: IssuedCertificate | None = None, namespace: str = "default"
) -> None:
    """Writes a kubeconfig; JSON is YAML. Over plain HTTP the token is also in the address, because client-go sends credentials
    over TLS only."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": door.cluster,
        "clusters": [{"name": door.cluster, "cluster": _cluster_entry(door, user)}],
        "contexts": [{"name": door.cluster, "context": {"cluster": door.cluster, "user": user.name, "namespace": namespace}}],
        "users": [{"name": user.name, "user": _user_entry(user, certificate)}],
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)


def _cluster_entry(door: ApiServerAddress, user: User) -> Json:
    if door.authority is None:
        return {"server": f"{door.url}{PREFIX}{user.token}"}
    return {"server": door.url, "certificate-authority-data": base64.b64encode(door.authority).decode()}


def _user_entry(user: User, certificate: IssuedCertificate | None) -> Json:
    if certificate is None:
        return {"token": user.token}
    return {
        "client-certificate-data": base64.b64encode(certificate.certificate).decode(),
        "client-key-data": base64.b64encode(certificate.key).decode(),
    }
