"""Kubeconfig files with everything inline, so that one file is all a client needs."""

import base64
from pathlib import Path

import yaml

from tests.control_plane.certificates import KeyPair


def write(path: Path, *, context: str, server: str, authority: Path, user: str, credentials: KeyPair) -> Path:
    """Write a kubeconfig of one cluster, one user, one current context named ``context``; returns ``path``."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
        "clusters": [{"name": context, "cluster": {"server": server, "certificate-authority-data": _inline(authority)}}],
        "users": [{"name": user, "user": _certificate(credentials)}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def _certificate(pair: KeyPair) -> dict[str, str]:
    return {"client-certificate-data": _inline(pair.certificate), "client-key-data": _inline(pair.key)}


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
