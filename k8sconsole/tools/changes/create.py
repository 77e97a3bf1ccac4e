"""Creating one object from a manifest: tried by the server first, with the call that takes it back."""

from typing import Any

import msgspec

from k8sconsole.errors import NotFound
from k8sconsole.model.masking import mask_body
from k8sconsole.tools.changes.edits import TargetObject, Undo
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Proposal, Reply


class CreateResult(msgspec.Struct):
    """uid: of the object that was created. undo: the call that takes it back."""

    kind: str
    namespace: str
    name: str
    uid: str
    object: dict[str, Any]
    undo: dict[str, Any] | None = None


async def propose_create(context: ToolContext, target: TargetObject, manifest: dict[str, Any], consequences: tuple[str, ...]) -> Proposal:
    """Raises AlreadyExists, Invalid, Forbidden, as the server does."""
    checked = await send_create(context, target, manifest, dry_run=True)
    return Proposal((target.label,), consequences, manifest_yaml(checked), str(_undo_create(target)))


async def create_object(context: ToolContext, target: TargetObject, manifest: dict[str, Any], done: str = "created") -> Reply:
    created = await send_create(context, target, manifest, dry_run=False)
    named = msgspec.structs.replace(target, name=str(created["metadata"]["name"]))
    undo = _undo_create(named)
    made = CreateResult(
        str(target.resource.name), target.namespace, named.name, str(created["metadata"].get("uid", "")), created, undo.call
    )
    return Reply(msgspec.to_builtins(made), f"{done} {named.label} in {target.cluster}\nundo: {undo}", context.live())


def manifest_yaml(manifest: dict[str, Any]) -> str:
    """What the server would keep, without the bookkeeping."""
    import yaml

    kept = {key: value for key, value in manifest.items() if key != "status"}
    meta = manifest.get("metadata", {})
    kept["metadata"] = {key: value for key, value in meta.items() if key in ("name", "generateName", "namespace", "labels", "annotations")}
    text: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
    return text


def _undo_create(target: TargetObject) -> Undo:
    return Undo("k8s_delete_resource", target.arguments())


async def send_create(context: ToolContext, target: TargetObject, manifest: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    cluster = await context.cluster(target.cluster)
    try:
        answer = await cluster.create(target.resource, target.namespace or None, msgspec.json.encode(manifest), dry_run=dry_run)
    except NotFound as cause:
        details = {"parameter": "namespace", "given": target.namespace, "nearest": []}
        raise NotFound(
            f"no namespace {target.namespace!r} in {target.cluster}", cause.detail or cause.title, "k8s_list_namespaces", details
        ) from cause
    found: dict[str, Any] = msgspec.json.decode(mask_body(target.resource.name, answer))
    return found
