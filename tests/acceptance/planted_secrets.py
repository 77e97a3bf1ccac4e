"""Recognisable secrets in the places from which secrets are known to leak, and one public word that proves the search."""

import base64
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import yaml
import zstandard

from k8sconsole.store.sqlite.history.object_versions import unpack_version

PUBLIC = "plainly-visible-word-4711"
SECRETS = {
    "secret data": "hunter2-in-string-data-91af",
    "environment": "hunter2-in-password-variable-27bd",
    "kubeconfig": "hunter2-in-kubeconfig-token-c30e",
    "url": "hunter2-in-annotated-url-58d1",
    "argument": "hunter2-in-an-argument-e64c",
}
OBJECTS = ("secrets planted-secret", "configmaps planted-config", "pods planted-pod")


def manifests() -> str:
    """Three objects for ``kubectl apply``, which keeps a copy of each in an annotation."""
    documents = [_secret(), _config_map(), _pod()]
    return "---\n".join(yaml.safe_dump(document) for document in documents)


def _meta(name: str) -> dict[str, object]:
    return {"name": name, "labels": {"app": PUBLIC}, "annotations": {"note": PUBLIC}}


def _secret() -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _meta("planted-secret"), "stringData": {"value": SECRETS["secret data"]}}


def _config_map() -> dict[str, object]:
    user = {"name": "admin", "user": {"token": SECRETS["kubeconfig"]}}
    kubeconfig = {"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": [user]}
    meta = {
        **_meta("planted-config"),
        "annotations": {"note": PUBLIC, "upstream": f"https://robot:{SECRETS['url']}@git.example.org/repository"},
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"kubeconfig": yaml.safe_dump(kubeconfig), "word": PUBLIC}}


def _pod() -> dict[str, object]:
    container = {
        "name": "main",
        "image": "registry.example/planted:1",
        "args": ["serve", f"--token={SECRETS['argument']}"],
        "env": [{"name": "PASSWORD", "value": SECRETS["environment"]}, {"name": "GREETING", "value": PUBLIC}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _meta("planted-pod"), "spec": {"containers": [container]}}


def leaks(where: str, content: bytes) -> list[str]:
    """The secrets in ``content``, plain or in base64, each with the place."""
    return [f"{name} in {where}" for name, value in SECRETS.items() if _is_in(value, content)]


def shows_public(content: bytes) -> bool:
    return PUBLIC.encode() in content


def _is_in(value: str, content: bytes) -> bool:
    """Base64 encodes a text differently at each of three offsets. The part that does not depend on its neighbours is searched for."""
    raw = value.encode()
    shifted = (base64.b64encode(b"\0" * offset + raw) for offset in range(3))
    return any(form in content for form in (raw, *(one[4:-4] for one in shifted)))


def unpacked(database: Path) -> Iterable[bytes]:
    """Every value of every table of an SQLite file. Compressed values are unpacked, former versions rebuilt from their patches."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield from (plain(value) for value in row)
        for packed, patch in connection.execute("SELECT k.body, v.patch FROM versions v JOIN keyframes k ON k.id = v.keyframe_id"):
            yield unpack_version(connection, packed, patch)
    finally:
        connection.close()


def plain(value: object) -> bytes:
    """A value of the cache as bytes of text. Bodies of objects are compressed with zstd."""
    if not isinstance(value, bytes):
        return str(value).encode()
    try:
        return zstandard.ZstdDecompressor().decompress(value)
    except zstandard.ZstdError:
        return value
