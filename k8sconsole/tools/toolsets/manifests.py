"""Any object from a manifest: created, applied, or patched."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import Conflict, InvalidParams, NotFound
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.create import CreateResult, create_object, propose_create
from k8sconsole.tools.changes.edits import (
    ChangePlan,
    ChangeResult,
    Edit,
    TargetObject,
    Undo,
    change_handlers,
    fetch_live,
    refuse_masked_values,
    resolve_target,
    undo_from_history,
)
from k8sconsole.tools.changes.manifest import parse_manifest
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, change

Manifest = Annotated[dict[str, Any] | str, Meta(description="One object, as JSON or as YAML text")]
_PATCHES = {"merge": PatchType.MERGE, "strategic": PatchType.STRATEGIC, "json": PatchType.JSON}


class _ManifestInput(Common, kw_only=True):
    """kind, name and namespace are the manifest's own: policy judges what will really be written."""

    manifest: Manifest
    namespace: Annotated[str, Meta(description="Where the manifest names none")] = ""

    @property
    def kind(self) -> str:
        document = parse_manifest(self.manifest)
        group = document["apiVersion"].rpartition("/")[0]
        return f"{document['kind']}.{group}" if group else str(document["kind"])

    @property
    def name(self) -> str:
        return str(parse_manifest(self.manifest)["metadata"].get("name") or "")


class CreateResourceInput(_ManifestInput, kw_only=True):
    pass


class ApplyResourceInput(_ManifestInput, kw_only=True):
    force: Annotated[bool, Meta(description="Take over fields that others own")] = False


class PatchForm(StrEnum):
    MERGE = "merge"
    STRATEGIC = "strategic"
    JSON = "json"


class PatchResourceInput(Common, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD", min_length=1)]
    name: Annotated[str, Meta(min_length=1)]
    patch: Annotated[dict[str, Any] | list[dict[str, Any]], Meta(description="An object; for json a list of operations")]
    form: Annotated[PatchForm, Meta(description="How lists merge")] = PatchForm.MERGE
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""


async def prepare_create(args: CreateResourceInput, context: ToolContext) -> Proposal:
    one, manifest = await _target_and_manifest(args, context)
    consequences = ("values of a Secret are sent as given",) if one.resource.name == "secrets" else ()
    return await propose_create(context, one, manifest, consequences)


async def create_resource(args: CreateResourceInput, context: ToolContext) -> Reply:
    one, manifest = await _target_and_manifest(args, context)
    return await create_object(context, one, manifest)


async def plan_apply(args: ApplyResourceInput, context: ToolContext) -> ChangePlan:
    one, manifest = await _target_and_manifest(args, context)
    if not one.name:
        raise InvalidParams(
            "manifest",
            "apply needs metadata.name",
            "metadata.name",
            {"parameter": "manifest", "given": "no name", "expected": "metadata.name"},
        )
    edit = Edit(manifest, PatchType.APPLY, force=args.force)
    try:
        before = await fetch_live(context, one)
    except NotFound:
        return ChangePlan(one, edit, Undo("k8s_delete_resource", one.arguments()), None, ("creates it: there is none of that name yet",))
    consequences = ("takes over fields that others own",) if args.force else ()
    return ChangePlan(one, edit, await undo_from_history(context, one, before), before, consequences)


async def plan_patch(args: PatchResourceInput, context: ToolContext) -> ChangePlan:
    if isinstance(args.patch, list) is not (args.form is PatchForm.JSON):
        wanted = "a list of operations" if args.form is PatchForm.JSON else "an object"
        details = {"parameter": "patch", "given": type(args.patch).__name__, "expected": wanted, "nearest": ["form=json", "form=merge"]}
        raise InvalidParams("patch", f"{wanted} was expected for form={args.form}", "form", details)
    refuse_masked_values(args.patch, "patch")
    one = await resolve_target(args, context)
    before = await fetch_live(context, one)
    return ChangePlan(one, Edit(args.patch, _PATCHES[args.form]), await undo_from_history(context, one, before), before)


async def locate(args: Any, context: ToolContext) -> Any:
    """With the manifest's own namespace, so that policy judges where it will be written. Raises InvalidParams where two are named, and
    UsageError for a kind that the cluster does not have."""
    await context.resource(context.context(args.context), args.kind, "manifest")
    own = str(parse_manifest(args.manifest)["metadata"].get("namespace") or "")
    if own and args.namespace and own != args.namespace:
        details = {"parameter": "namespace", "given": args.namespace, "expected": own, "nearest": [own]}
        raise InvalidParams("namespace", f"the manifest says {own!r}", f"namespace={own}", details)
    return msgspec.structs.replace(args, namespace=own or args.namespace)


async def _target_and_manifest(args: _ManifestInput, context: ToolContext) -> tuple[TargetObject, dict[str, Any]]:
    """The object and its manifest with its namespace filled in."""
    manifest = parse_manifest(args.manifest)
    refuse_masked_values(manifest, "manifest")
    one = await resolve_target(args, context)
    meta = {**manifest["metadata"], **({"namespace": one.namespace} if one.namespace else {})}
    return one, {**manifest, "metadata": meta}


def _naming_field_owners(planner_prepare: Any) -> Any:
    """The server's conflict with the names of those who own the fields, and the way to take them over."""

    async def told(args: ApplyResourceInput, context: ToolContext) -> Any:
        try:
            return await planner_prepare(args, context)
        except Conflict as cause:
            causes = [str(one.get("message", "")) + f" ({one.get('field', '')})" for one in cause.details.get("causes") or []]
            if not causes:
                raise
            details = {"parameter": "force", "given": args.force, "conflicts": causes, "nearest": ["force=true"]}
            raise Conflict(
                f"others own fields of {args.kind} {args.name}", "; ".join(causes), "force=true, or leave those fields out", details
            ) from cause

    return told


_prepare_apply, _apply = (_naming_field_owners(half) for half in change_handlers(plan_apply, "applied"))
_prepare_patch, _patch = change_handlers(plan_patch, "patched")


def _capabilities(verb: str) -> Capabilities:
    return Capabilities(("*",), (verb,), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    change(
        "create_resource",
        "Create an object",
        "Creates one object of any kind. Fails where one of that name exists.",
        (CreateResourceInput, CreateResult),
        (prepare_create, create_resource),
        _capabilities("create"),
        Risk.DESTRUCTIVE,
        locate=locate,
        idempotent=False,
    ),
    change(
        "apply_resource",
        "Apply a manifest",
        "Server-side apply of one object: creates it, or changes the fields that the manifest names.",
        (ApplyResourceInput, ChangeResult),
        (_prepare_apply, _apply),
        _capabilities("patch"),
        Risk.DESTRUCTIVE,
        locate=locate,
    ),
    change(
        "patch_resource",
        "Patch an object",
        "Changes fields of one object. For replicas, images, labels their own tools are safer.",
        (PatchResourceInput, ChangeResult),
        (_prepare_patch, _patch),
        _capabilities("patch"),
        Risk.DESTRUCTIVE,
        idempotent=False,
    ),
)
