"""Creating one object from a manifest: a dry run on the server, the creation, and the call that undoes it."""

from typing import Any

import msgspec

from k8sconsole.errors import NotFound, argument_details
from k8sconsole.model.masking import mask_body
from k8sconsole.tools.changes.edits import TargetObject, Undo
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Proposal, Reply


class CreateResult(msgspec.Struct):
    """uid: of the created object. undo: the call that deletes it."""

    kind: str
    namespace: str
    name: str
    uid: str
    object: dict[str, Any]
    undo: dict[str, Any] | None = None


async def propose_create(context: ToolContext, target: TargetObject, manifest: dict[str, Any], consequences: tuple[str, ...]) -> Proposal:
    """The proposal after a dry run. Raises AlreadyExists, Invalid, Forbidden, as the server does."""
    checked = await send_create(context, target, manifest, dry_run=True)
    return Proposal((target.label,), consequences, manifest_yaml(checked), str(_undo_create(target)))


async def create_object(context: ToolContext, target: TargetObject, manifest: dict[str, Any], done: str = "created") -> Reply:
    created = await send_create(context, target, manifest, dry_run=False)
    created_target = msgspec.structs.replace(target, name=str(created["metadata"]["name"]))
    undo = _undo_create(created_target)
    result = CreateResult(
        str(target.resource.name), target.namespace, created_target.name, str(created["metadata"].get("uid", "")), created, undo.call
    )
    return Reply(msgspec.to_builtins(result), f"{done} {created_target.label} in {target.cluster}\nundo: {undo}", context.live_freshness())


def manifest_yaml(manifest: dict[str, Any]) -> str:
    """The manifest as YAML, without status and server fields."""
    import yaml

    fields = {key: value for key, value in manifest.items() if key != "status"}
    meta = manifest.get("metadata", {})
    fields["metadata"] = {
        key: value for key, value in meta.items() if key in ("name", "generateName", "namespace", "labels", "annotations")
    }
    text: str = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)
    return text


def _undo_create(target: TargetObject) -> Undo:
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
