# ruff: noqa: ASYNC240 - looking at files may block here
"""What was masked while it was present is masked in what was: changes and deletions make history of secrets, and no byte of one is kept."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.model.history import Change
from k8sconsole.model.objects import DeletedObject
from k8sconsole.model.refs import ApiResource, Namespace, ObjectRef, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.store.port import WriteBatch
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.store import SqliteStore
from tests.acceptance.planted_secrets import unpacked
from tests.contract.store_objects import HERE
from tests.unit.model.test_masking import PLACES, SECRET

SEEN = "plainly-visible-word-4711"
MORE: dict[str, tuple[str, dict[str, Any]]] = {
    "a custom object's fields": ("vaults.example.org", {"spec": {"password": SECRET, "adminToken": SECRET, "apiKey": SECRET}}),
    "an event": ("events", {"message": f"failed to pull https://robot:{SECRET}@registry.example.org/web", "reason": "Failed"}),
    "managedFields": ("pods", {"metadata": {"managedFields": [{"fieldsV1": {f"v:{SECRET}": {}}}]}}),
    "a TLS key": ("secrets", {"type": "kubernetes.io/tls", "data": {"tls.key": base64.b64encode(SECRET.encode()).decode()}}),
    "a helm release": ("secrets", {"type": "helm.sh/release.v1", "data": {"release": base64.b64encode(SECRET.encode()).decode()}}),
}
PLANTED = {**PLACES, **MORE}


def manifest(place: str, version: int) -> bytes:
    """The secret in its place, and something that differs from version to version beside it."""
    content = json.loads(json.dumps(PLANTED[place][1]).replace(SECRET, SECRET if version < 2 else f"{SECRET}-and-more"))
    meta = content.setdefault("metadata", {})
    meta |= {"name": "planted", "namespace": "shop", "uid": f"uid-{place}", "resourceVersion": str(version)}
    meta.setdefault("labels", {}).update({"turn": f"{version}", "app": SEEN})
    return json.dumps(content, separators=(",", ":")).encode()


def resource_of(place: str) -> ApiResource:
    name = PLANTED[place][0]
    plural, _, group = name.partition(".")
    return next((each for each in BUILTIN if each.name == name), ApiResource(group, "v1", plural.title(), plural, True))


async def lived(store: SqliteStore, place: str) -> ObjectRef:
    """Added, changed three times, deleted."""
    resource = resource_of(place)
    parser = ResourceParser(resource, find_table(resource))
    for version in range(4):
        objects, _ = parser.objects([manifest(place, version)], {})
        await store.objects.write(WriteBatch(HERE, resource.name, 1000.0 + version, objects, columns=parser.columns))
    await store.objects.write(WriteBatch(HERE, resource.name, 2000.0, gone=[DeletedObject(Namespace("shop"), "planted")]))
    return ObjectRef(HERE, ResourceName(resource.name), Namespace("shop"), "planted")


def forms() -> Iterator[bytes]:
    """The secret as it is, and in base64 at each of three offsets."""
    yield SECRET.encode()
    yield from (base64.b64encode(b"\0" * offset + SECRET.encode())[4:-4] for offset in range(3))


@pytest.mark.parametrize("place", PLANTED)
async def test_no_byte_of_a_secret_is_in_the_file_or_its_history(tmp_path: Path, place: str) -> None:
    assert any(form in manifest(place, 0) for form in forms()), "the search finds it where it is"
    store = await open_store(tmp_path / "cache.db")
    ref = await lived(store, place)
    versions = (await store.history.versions(ref)).versions
    assert [version.change for version, _ in versions] == [Change.ADDED, *[Change.MODIFIED] * 3, Change.DELETED]
    bodies = [body for _, body in versions]
    assert all(SEEN.encode() in body for body in bodies)
    kept = [path.read_bytes() for path in tmp_path.iterdir()]
    assert len(kept) == 3, "the file and its two side files"
    opened = list(unpacked(tmp_path / "cache.db"))
    assert any(SEEN.encode() in one for one in opened)
    assert [form for form in forms() for content in (*bodies, *kept, *opened) if form in content] == []
    await store.close()
