"""Labels and annotations of any object."""

from typing import Annotated, Any

from msgspec import Meta

from k8sconsole.kit.masks import is_masked
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.edits import Altered, Edit, Plan, Undo, changing, living, meant, without_masks
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.spec import ToolSpec, change


class _Marked(Common, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD", min_length=1)]
    name: Annotated[str, Meta(min_length=1)]
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""


class Label(_Marked, kw_only=True):
    labels: Annotated[dict[str, str | None], Meta(description="null removes one", min_length=1)]


class Annotate(_Marked, kw_only=True):
    annotations: Annotated[dict[str, str | None], Meta(description="null removes one", min_length=1)]


async def plan_labels(asked: Label, context: ToolContext) -> Plan:
    hurts = ("selectors of services, workloads and policies may match it no longer, or now do",)
    return await _plan(asked, context, "labels", asked.labels, hurts)


async def plan_annotations(asked: Annotate, context: ToolContext) -> Plan:
    return await _plan(asked, context, "annotations", asked.annotations, ())


async def _plan(asked: Any, context: ToolContext, field: str, wanted: dict[str, str | None], hurts: tuple[str, ...]) -> Plan:
    without_masks(wanted, field)
    one = await meant(asked, context)
    before = await living(context, one)
    old = before["metadata"].get(field) or {}
    was = {key: old.get(key) for key in wanted}
    if any(value is not None and is_masked(value) for value in was.values()):
        undo = Undo(why="an old value is masked and was never kept")
    else:
        undo = Undo(f"k8s_{'label' if field == 'labels' else 'annotate'}_resource", one.arguments(**{field: was}))
    return Plan(one, Edit({"metadata": {field: wanted}}), undo, before, hurts)


_ABLE = Capabilities(("*",), ("patch",), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    change("label_resource", "Label an object", "Sets, changes or removes labels of any object.", (Label, Altered),
           changing(plan_labels, "labelled"), _ABLE, Risk.WRITE),
    change("annotate_resource", "Annotate an object", "Sets, changes or removes annotations.", (Annotate, Altered),
           changing(plan_annotations, "annotated"), _ABLE, Risk.WRITE),
)  # fmt: skip
