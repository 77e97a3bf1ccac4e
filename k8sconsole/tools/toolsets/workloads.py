"""Workloads: scale, set an image, restart, and roll back."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import PatchType, Selectors
from k8sconsole.errors import InvalidParams, NotFound, argument_details
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.disruption_budgets import budgets_broken_by_scaling
from k8sconsole.tools.changes.edits import ChangePlan, ChangeResult, Edit, Undo, change_handlers, fetch_live
from k8sconsole.tools.changes.target import TargetObject, resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import container_not_found
from k8sconsole.tools.parameters import Form, Image, ObjectName, OwnNamespace, WorkloadKind
from k8sconsole.tools.spec import ToolSpec, changing_tool

RESTARTED = "kubectl.kubernetes.io/restartedAt"
REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_ROLLABLE = ("deployments.apps", "statefulsets.apps", "daemonsets.apps")


class WorkloadInput(Common, kw_only=True):
    kind: WorkloadKind
    name: ObjectName
    namespace: OwnNamespace = ""


class ScaleResourceInput(WorkloadInput, kw_only=True):
    replicas: Annotated[int, Meta(description="How many pods", ge=0, le=10_000)]


class SetImageInput(WorkloadInput, kw_only=True):
    image: Image
    container: Annotated[str, Meta(description="Required if there are several")] = ""


class RolloutUndoInput(WorkloadInput, kw_only=True):
    kind: Annotated[str, Meta(description="Deployments only", extra={"form": Form.KIND})] = "deployments.apps"
    revision: Annotated[int, Meta(ge=0, description="0: the previous one")] = 0


async def plan_scale(args: ScaleResourceInput, context: ToolContext) -> ChangePlan:
    target = await resolve_target(args, context)
    before, scale = await fetch_live(context, target), await fetch_live(context, target, "scale")
    was = int((scale.get("spec") or {}).get("replicas") or 0)
    consequences = [f"all {was} replicas stop: no pod serves"] if args.replicas == 0 and was else []
    if not consequences and args.replicas < was:
        consequences = [f"{was - args.replicas} of {was} pods are deleted"]
    consequences += await budgets_broken_by_scaling(context, target.cluster, before, args.replicas)
    undo = Undo("k8s_scale_resource", target.arguments(replicas=was))
    return ChangePlan(target, Edit({"spec": {"replicas": args.replicas}}, subresource="scale"), undo, before, tuple(consequences))


async def plan_restart(args: WorkloadInput, context: ToolContext) -> ChangePlan:
    target = _require_rollable(await resolve_target(args, context))
    before = await fetch_live(context, target)
    pods = (before.get("status") or {}).get("replicas") or (before.get("status") or {}).get("desiredNumberScheduled") or 0
    at = datetime.fromtimestamp(context.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    edit = Edit({"spec": {"template": {"metadata": {"annotations": {RESTARTED: at}}}}})
    why = "the replaced pods do not return; the template is unchanged"
    return ChangePlan(target, edit, Undo(why=why), before, (f"its {pods} pods are replaced, as the update strategy allows",))


async def plan_image(args: SetImageInput, context: ToolContext) -> ChangePlan:
    target = _require_rollable(await resolve_target(args, context))
    before = await fetch_live(context, target)
    container, was = _choose_template_container(args, before)
    edit = Edit({"spec": {"template": {"spec": {"containers": [{"name": container, "image": args.image}]}}}}, PatchType.STRATEGIC)
    undo = Undo("k8s_set_image", target.arguments(container=container, image=was))
    consequences = (f"runs {args.image} in place of {was}: its pods are replaced",)
    return ChangePlan(target, edit, undo, before, consequences)


async def plan_rollback(args: RolloutUndoInput, context: ToolContext) -> ChangePlan:
    target = await resolve_target(args, context)
    if target.resource.name != "deployments.apps":
        raise _not_rollable(target, ["deployments.apps"])
    before = await fetch_live(context, target)
    sets = await _revisions_by_number(context, target, str(before["metadata"].get("uid", "")))
    current = int((before["metadata"].get("annotations") or {}).get(REVISION, 0))
    wanted = args.revision or max((number for number in sets if number != current), default=0)
    if wanted not in sets:
        raise _no_revision(args, sorted(sets))
    template = _pod_template(sets[wanted])
    undo = Undo("k8s_rollout_undo", target.arguments(revision=current))
    edit = Edit([{"op": "replace", "path": "/spec/template", "value": template}], PatchType.JSON)
    return ChangePlan(target, edit, undo, before, (f"its pods are replaced by those of revision {wanted}; the current one is {current}",))


async def _revisions_by_number(context: ToolContext, target: TargetObject, uid: str) -> dict[int, dict[str, Any]]:
    """The deployment's ReplicaSets by revision number, unmasked, since the template is sent back unchanged."""
    cluster = await context.open_cluster(target.cluster)
    kind = await context.find_resource(target.cluster, "replicasets.apps")
    found: dict[int, dict[str, Any]] = {}
    async for page in cluster.pages(kind, namespace=target.namespace, selectors=Selectors()):
        for raw in page.items:
            each = msgspec.json.decode(raw)
            meta = each["metadata"]
            if any(owner.get("uid") == uid for owner in meta.get("ownerReferences") or []):
                found[int((meta.get("annotations") or {}).get(REVISION, 0))] = each
    return found


def _pod_template(replica_set: dict[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = replica_set["spec"]["template"]
    labels = {key: value for key, value in (template["metadata"].get("labels") or {}).items() if key != _HASH}
    return {**template, "metadata": {**template["metadata"], "labels": labels}}


def _choose_template_container(args: SetImageInput, before: dict[str, Any]) -> tuple[str, str]:
    """The container's name and present image. Raises InvalidParams if none is named and there are several."""
    images = {one["name"]: one.get("image", "") for one in before["spec"]["template"]["spec"]["containers"]}
    name = args.container or (next(iter(images)) if len(images) == 1 else "")
    if name in images:
        return name, images[name]
    raise container_not_found(args.container, args.name, list(images))


def _require_rollable(target: TargetObject) -> TargetObject:
    if target.resource.name not in _ROLLABLE:
        raise _not_rollable(target, list(_ROLLABLE))
    return target


def _not_rollable(target: TargetObject, kinds: list[str]) -> InvalidParams:
    details = argument_details("kind", str(target.resource.name), kinds, " or ".join(kinds))
    return InvalidParams(f"{target.label} has no rollouts", f"this works for {', '.join(kinds)}", kinds[0], details)


def _no_revision(args: RolloutUndoInput, known: list[int]) -> NotFound:
    details = argument_details("revision", args.revision, known)
    why = f"it has {', '.join(map(str, known))}" if known else "it has none"
    return NotFound(f"no revision {args.revision or 'before this one'} of {args.name}", why, "revision=0", details)


_CAPABILITIES = Capabilities(("deployments.apps", "statefulsets.apps", "*"), ("patch",), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "scale_resource",
        "Scale a workload",
        "Sets the number of replicas of anything with a scale subresource.",
        (ScaleResourceInput, ChangeResult),
        change_handlers(plan_scale, "scaled"),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
        rbac="/scale",
    ),
    changing_tool(
        "rollout_restart",
        "Restart a workload",
        "Replaces the pods as the update strategy allows, with the same template.",
        (WorkloadInput, ChangeResult),
        change_handlers(plan_restart, "restarted"),
        _CAPABILITIES,
        Risk.WRITE,
        idempotent=False,
    ),
    changing_tool(
        "rollout_undo",
        "Roll a deployment back",
        "Returns to an earlier revision, by default the previous one.",
        (RolloutUndoInput, ChangeResult),
        change_handlers(plan_rollback, "rolled back"),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
        idempotent=False,
    ),
    changing_tool(
        "set_image",
        "Set a container's image",
        "Changes the image of a container, which starts a rollout.",
        (SetImageInput, ChangeResult),
        change_handlers(plan_image, "set the image of"),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
    ),
)
