"""Creating, applying and patching any object."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import Conflict, InvalidParams, NotFound, argument_details
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.create import CreateResult, create_object, parse_manifest, propose_create, read_documents
from k8sconsole.tools.changes.edits import (
    ChangePlan,
    ChangeResult,
    Edit,
    Undo,
    change_handlers,
    fetch_live,
    refuse_masked_values,
    undo_from_history,
)
from k8sconsole.tools.changes.target import TargetObject, resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import Form, Kind, ObjectName, OwnNamespace
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool

Manifest = Annotated[dict[str, Any] | str | list[dict[str, Any]], Meta(description="Objects, as JSON or as YAML text")]
_PATCHES = {"merge": PatchType.MERGE, "strategic": PatchType.STRATEGIC, "json": PatchType.JSON}


class _ManifestInput(Common, kw_only=True):
    """kind and name come from the manifest, so that policy judges the object that is written."""

    manifest: Manifest
    namespace: Annotated[str, Meta(description="If the manifest names none", extra={"form": Form.WORD})] = ""

    @property
    def kind(self) -> str:
        """With its group; a core kind as ``Service.v1.``, since another group may have a kind of that name."""
        document = parse_manifest(self.manifest)
        group, _, version = document["apiVersion"].rpartition("/")
        return f"{document['kind']}.{group or f'{version}.'}"

    @property
    def name(self) -> str:
        return str(parse_manifest(self.manifest)["metadata"].get("name") or "")


class CreateResourceInput(_ManifestInput, kw_only=True):
    pass


class ApplyResourceInput(_ManifestInput, kw_only=True):
    force: Annotated[bool, Meta(description="Take over fields of other field managers")] = False


class PatchForm(StrEnum):
    MERGE = "merge"
    STRATEGIC = "strategic"
    JSON = "json"


class PatchResourceInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    patch: Annotated[dict[str, Any] | list[dict[str, Any]], Meta(description="An object; for json a list of operations")]
    form: Annotated[PatchForm, Meta(description="Patch type")] = PatchForm.MERGE
    namespace: OwnNamespace = ""


async def prepare_create(args: CreateResourceInput, context: ToolContext) -> Proposal:
    target, manifest = await _target_and_manifest(args, context)
    consequences = ("the Secret's values are sent as given",) if target.resource.name == "secrets" else ()
    return await propose_create(context, target, manifest, consequences)


async def create_resource(args: CreateResourceInput, context: ToolContext) -> Reply:
    target, manifest = await _target_and_manifest(args, context)
    return await create_object(context, target, manifest)


async def plan_apply(args: ApplyResourceInput, context: ToolContext) -> ChangePlan:
    target, manifest = await _target_and_manifest(args, context)
    if not target.name:
        raise InvalidParams(
            "manifest has no name",
            "apply needs metadata.name",
            "metadata: {name: …}",
            argument_details("manifest", "no name", expected="metadata.name"),
        )
    edit = Edit(manifest, PatchType.APPLY, force=args.force)
    try:
        before = await fetch_live(context, target)
    except NotFound:
        return ChangePlan(target, edit, Undo("k8s_delete_resource", target.arguments()), None, ("creates it: no object has that name",))
    consequences = ("takes over fields of other field managers",) if args.force else ()
    return ChangePlan(target, edit, await undo_from_history(context, target, before), before, consequences)


async def plan_patch(args: PatchResourceInput, context: ToolContext) -> ChangePlan:
    if isinstance(args.patch, list) is not (args.form is PatchForm.JSON):
        wanted = "a list of operations" if args.form is PatchForm.JSON else "an object"
        details = argument_details("patch", type(args.patch).__name__, ["form=json", "form=merge"], wanted)
        raise InvalidParams("patch is malformed", f"form={args.form} needs {wanted}", "form=merge or form=json", details)
    refuse_masked_values(args.patch, "patch")
    target = await resolve_target(args, context)
    before = await fetch_live(context, target)
    return ChangePlan(target, Edit(args.patch, _PATCHES[args.form]), await undo_from_history(context, target, before), before)


def split_manifest(args: Any) -> list[Any]:
    """One input for each object of the manifest, in order. Raises InvalidParams for text that cannot be parsed."""
    return [msgspec.structs.replace(args, manifest=document) for document in read_documents(args.manifest)]


async def locate_manifest(args: Any, context: ToolContext) -> Any:
    """Fills in the manifest's own namespace, so that policy judges the place that is written. Raises InvalidParams if two namespaces are
    named, and UsageError for a kind that the cluster does not serve."""
    await context.find_resource(context.resolve_context(args.context), args.kind, "manifest")
    own = str(parse_manifest(args.manifest)["metadata"].get("namespace") or "")
    if own and args.namespace and own != args.namespace:
        details = argument_details("namespace", args.namespace, [own], own)
        raise InvalidParams("namespace contradicts the manifest", f"the manifest names {own!r}", f"namespace={own}", details)
    return msgspec.structs.replace(args, namespace=own or args.namespace)


async def _target_and_manifest(args: _ManifestInput, context: ToolContext) -> tuple[TargetObject, dict[str, Any]]:
    """The object and its manifest with its namespace filled in."""
    manifest = parse_manifest(args.manifest)
    refuse_masked_values(manifest, "manifest")
    target = await resolve_target(args, context)
    meta = {**manifest["metadata"], **({"namespace": target.namespace} if target.namespace else {})}
    return target, {**manifest, "metadata": meta}


def _naming_field_owners(handler: Any) -> Any:
    """Wraps a handler: an apply conflict then names the field managers and the parameter that takes the fields over."""

    async def wrapped(args: ApplyResourceInput, context: ToolContext) -> Any:
        try:
            return await handler(args, context)
        except Conflict as cause:
            causes = [str(one.get("message", "")) + f" ({one.get('field', '')})" for one in cause.details.get("causes") or []]
            if not causes:
                raise
            details = argument_details("force", args.force, ["force=true"], conflicts=causes)
            raise Conflict(
                f"{parse_manifest(args.manifest)['kind']} {args.name} has fields of other field managers",
                "; ".join(causes),
                "force=true, or omit those fields",
                details,
            ) from cause

    return wrapped


_prepare_apply, _apply = (_naming_field_owners(handler) for handler in change_handlers(plan_apply, "applied"))
_prepare_patch, _patch = change_handlers(plan_patch, "patched")


def _capabilities(verb: str) -> Capabilities:
    return Capabilities(("*",), (verb,), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "create_resource",
        "Create an object",
        "Creates objects of any kind, in order. Fails if a name exists.",
        (CreateResourceInput, CreateResult),
        (prepare_create, create_resource),
        _capabilities("create"),
        Risk.DESTRUCTIVE,
        locate=locate_manifest,
        split=split_manifest,
        idempotent=False,
    ),
    changing_tool(
        "apply_resource",
        "Apply a manifest",
        "Server-side apply of objects, in order: creates each, or changes the fields that its manifest names.",
        (ApplyResourceInput, ChangeResult),
        (_prepare_apply, _apply),
        _capabilities("patch"),
        Risk.DESTRUCTIVE,
        locate=locate_manifest,
        split=split_manifest,
    ),
    changing_tool(
        "patch_resource",
        "Patch an object",
        "Changes fields of one object. For replicas, images and labels the tools for those are safer.",
        (PatchResourceInput, ChangeResult),
        (_prepare_patch, _patch),
        _capabilities("patch"),
        Risk.DESTRUCTIVE,
        idempotent=False,
    ),
)
