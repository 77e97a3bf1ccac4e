"""Labels and annotations of any object."""

from typing import Annotated, Any

from msgspec import Meta

from k8sconsole.kit.masks import is_masked
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.edits import ChangePlan, ChangeResult, Edit, Undo, change_handlers, fetch_live, refuse_masked_values
from k8sconsole.tools.changes.target import resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import Kind, ObjectName, OwnNamespace
from k8sconsole.tools.spec import ToolSpec, changing_tool


class _MetadataInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    namespace: OwnNamespace = ""


class LabelResourceInput(_MetadataInput, kw_only=True):
    labels: Annotated[dict[str, str | None], Meta(description="null removes a key", min_length=1)]


class AnnotateResourceInput(_MetadataInput, kw_only=True):
    annotations: Annotated[dict[str, str | None], Meta(description="null removes a key", min_length=1)]


async def plan_labels(args: LabelResourceInput, context: ToolContext) -> ChangePlan:
    consequences = ("selectors of services, workloads and policies may now match it, or match it no longer",)
    return await _plan_metadata(args, context, "labels", args.labels, consequences)


async def plan_annotations(args: AnnotateResourceInput, context: ToolContext) -> ChangePlan:
    return await _plan_metadata(args, context, "annotations", args.annotations, ())


async def _plan_metadata(
    args: Any, context: ToolContext, field: str, wanted: dict[str, str | None], consequences: tuple[str, ...]
) -> ChangePlan:
    refuse_masked_values(wanted, field)
    target = await resolve_target(args, context)
    before = await fetch_live(context, target)
    old = before["metadata"].get(field) or {}
    was = {key: old.get(key) for key in wanted}
    if any(value is not None and is_masked(value) for value in was.values()):
        undo = Undo(why="an old value is masked, and the real value is not stored")
    else:
        undo = Undo(f"k8s_{'label' if field == 'labels' else 'annotate'}_resource", target.arguments(**{field: was}))
    return ChangePlan(target, Edit({"metadata": {field: wanted}}), undo, before, consequences)


_CAPABILITIES = Capabilities(("*",), ("patch",), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "label_resource",
        "Label an object",
        "Sets, changes or removes labels of any object.",
        (LabelResourceInput, ChangeResult),
        change_handlers(plan_labels, "labelled"),
        _CAPABILITIES,
        Risk.WRITE,
    ),
    changing_tool(
        "annotate_resource",
        "Annotate an object",
        "Sets, changes or removes annotations of any object.",
        (AnnotateResourceInput, ChangeResult),
        change_handlers(plan_annotations, "annotated"),
        _CAPABILITIES,
        Risk.WRITE,
    ),
)
