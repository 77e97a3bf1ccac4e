"""Manifests: parsing one, a dry run of its creation, the creation, and the call that undoes it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec

from k8sconsole.errors import InvalidParams, NotFound, argument_details
from k8sconsole.kit.text import format_yaml_problem
from k8sconsole.model.masking import mask_body
from k8sconsole.tools.changes.dangers import change_dangers
from k8sconsole.tools.changes.edits import Undo, manifest_yaml
from k8sconsole.tools.changes.target import TargetObject
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Proposal, Reply

MOST_TEXT = 1_000_000
"""Characters of a manifest at most."""


class CreateResult(msgspec.Struct):
    """uid: of the created object. undo: the call that deletes it. objects: for several documents the result
    of each, in order; the other fields are then the first's."""

    kind: str
    namespace: str
    name: str
    uid: str
    object: dict[str, Any]
    undo: dict[str, Any] | None = None
    objects: list[dict[str, Any]] = []


async def propose_create(context: ToolContext, target: TargetObject, manifest: dict[str, Any], consequences: tuple[str, ...]) -> Proposal:
    """The proposal after a dry run. Raises AlreadyExists, Invalid, Forbidden, as the server does."""
    checked = await send_create(context, target, manifest, dry_run=True)
    dangers = await change_dangers(context, target, None, checked)
    shown = await asyncio.to_thread(manifest_yaml, checked)
    return Proposal((target.label,), consequences, shown, str(_undo_by_delete(target)), dangers=dangers)


async def create_object(context: ToolContext, target: TargetObject, manifest: dict[str, Any], done: str = "created") -> Reply:
    created = await send_create(context, target, manifest, dry_run=False)
    created_target = msgspec.structs.replace(target, name=str(created["metadata"]["name"]))
    undo = _undo_by_delete(created_target)
    result = CreateResult(
        str(target.resource.name), target.namespace, created_target.name, str(created["metadata"].get("uid", "")), created, undo.call
    )
    return Reply(msgspec.to_builtins(result), f"{done} {created_target.label} in {target.cluster}\nundo: {undo}", context.live_freshness())


def _undo_by_delete(target: TargetObject) -> Undo:
    return Undo("k8s_delete_resource", target.arguments())


async def send_create(context: ToolContext, target: TargetObject, manifest: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    cluster = await context.open_cluster(target.cluster)
    try:
        answer = await cluster.create(target.resource, target.namespace or None, msgspec.json.encode(manifest), dry_run=dry_run)
    except NotFound as cause:
        details = argument_details("namespace", target.namespace)
        raise NotFound(
            f"no namespace {target.namespace!r} in {target.cluster}", cause.detail or cause.title, "k8s_list_namespaces", details
        ) from cause
    found: dict[str, Any] = msgspec.json.decode(mask_body(target.resource.name, answer))
    return found


Manifest = dict[str, Any] | str | list[dict[str, Any]]


def parse_manifest(given: Manifest) -> dict[str, Any]:
    """The only object of a manifest, with apiVersion, kind and metadata present. Raises InvalidParams that names what is missing."""
    documents = read_documents(given)
    document = documents[0] if len(documents) == 1 else None
    if not isinstance(document, dict):
        raise _invalid_manifest("it is no object", "apiVersion, kind and metadata")
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            raise _invalid_manifest(f"it has no {field}", f"{field}: …")
    if not isinstance(document.get("metadata"), dict):
        raise _invalid_manifest("it has no metadata", "metadata: {name: …}")
    return document


def read_documents(given: Manifest) -> list[Any]:
    """The objects of a manifest in their order: the documents of a YAML text, and the items of a List in its place."""
    documents = _load_yaml(given) if isinstance(given, str) else [given]
    return [one for document in documents for each in (document if isinstance(document, list) else [document]) for one in _list_items(each)]


def _list_items(document: Any) -> Iterator[Any]:
    """The items of a ``List``, or of a list of one kind such as ``ConfigMapList``, whose items need not name it."""
    kind = document.get("kind") if isinstance(document, dict) else None
    items = document.get("items") if isinstance(kind, str) and kind.endswith("List") else None
    if not isinstance(items, list):
        yield document
        return
    own = {} if kind == "List" else {"apiVersion": document.get("apiVersion"), "kind": str(kind).removesuffix("List")}
    for item in items:
        yield from _list_items(own | item if isinstance(item, dict) else item)


def _load_yaml(text: str) -> list[Any]:
    import yaml

    if len(text) > MOST_TEXT:
        raise _invalid_manifest(f"it is longer than {MOST_TEXT} characters", "a shorter manifest")
    try:
        return [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as cause:
        raise _invalid_manifest(f"it is not valid YAML: {format_yaml_problem(cause)}", "a JSON object") from cause


def _invalid_manifest(why: str, remedy: str) -> InvalidParams:
    details = argument_details("manifest", "an unreadable manifest", expected="one object: apiVersion, kind, metadata")
    return InvalidParams("invalid manifest", why, remedy, details)
