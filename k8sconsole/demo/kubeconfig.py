"""The kubeconfig files of a demo cluster: one per user, mode 0600."""

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
    """The cluster's name, its URL, and the certificate (PEM) of its authority when it serves TLS."""

    cluster: str
    url: str
    authority: bytes | None = None


def write_kubeconfig(path: Path, address: ApiServerAddress, user: User, certificate: IssuedCertificate | None = None) -> None:
    """Write a kubeconfig as JSON, which is valid YAML. Its context names no namespace, so that the console opens on all of them.

    Over plain HTTP the server's URL carries the token, because Kubernetes' clients send credentials over TLS only.
    """
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": address.cluster,
        "clusters": [{"name": address.cluster, "cluster": _cluster_entry(address, user)}],
        "contexts": [{"name": address.cluster, "context": {"cluster": address.cluster, "user": user.name}}],
        "users": [{"name": user.name, "user": _user_entry(user, certificate) if address.authority else {}}],
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)


def _cluster_entry(address: ApiServerAddress, user: User) -> Json:
    if address.authority is None:
        return {"server": f"{address.url}{PREFIX}{user.token}"}
    return {"server": address.url, "certificate-authority-data": base64.b64encode(address.authority).decode()}


def _user_entry(user: User, certificate: IssuedCertificate | None) -> Json:
    if certificate is None:
        return {"token": user.token}
    return {
        "client-certificate-data": base64.b64encode(certificate.certificate).decode(),
        "client-key-data": base64.b64encode(certificate.key).decode(),
    }
