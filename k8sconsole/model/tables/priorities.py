"""Tables of PriorityClasses and PodGroups."""

from typing import Any

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, flag, names, number, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Condition, Meta


class _PriorityClass(Shape, frozen=True):
    metadata: Meta = Meta()
    value: int = 0
    global_default: bool = False
    preemption_policy: str = ""


PRIORITY_CLASSES = build_table(
    "priorityclasses.scheduling.k8s.io",
    _PriorityClass,
    (
        (NAME, read_name),
        (number("VALUE"), lambda obj: obj.value),
        (flag("GLOBAL-DEFAULT"), lambda obj: obj.global_default),
        (AGE, read_created_at),
        (text("PREEMPTIONPOLICY", wide=True), lambda obj: obj.preemption_policy or "PreemptLowerPriority"),
    ),
)


class _GroupPolicy(Shape, frozen=True):
    gang: dict[str, Any] | None = None


class _WorkloadReference(Shape, frozen=True):
    workload_name: str = ""


class _TemplateReference(Shape, frozen=True):
    workload: _WorkloadReference = _WorkloadReference()


class _PodGroupSpec(Shape, frozen=True):
    scheduling_policy: _GroupPolicy = _GroupPolicy()
    pod_group_template_ref: _TemplateReference | None = None


class _PodGroupStatus(Shape, frozen=True):
    conditions: list[Condition] = []


class _PodGroup(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _PodGroupSpec = _PodGroupSpec()
    status: _PodGroupStatus = _PodGroupStatus()


def _pod_group_status(obj: _PodGroup) -> Cell:
    found = {each.type: each for each in obj.status.conditions}
    if "DisruptionTarget" in found:
        return found["DisruptionTarget"].reason or None
    if "PodGroupScheduled" not in found:
        return "Pending"
    return "Scheduled" if found["PodGroupScheduled"].status == "True" else "Unschedulable"


def _read_workload(obj: _PodGroup) -> Cell:
    ref = obj.spec.pod_group_template_ref
    return None if ref is None else ref.workload.workload_name or None


POD_GROUPS = build_table(
    "podgroups.scheduling.k8s.io",
    _PodGroup,
    (
        (NAME, read_name),
        (text("POLICY", wish=6), lambda obj: "Basic" if obj.spec.scheduling_policy.gang is None else "Gang"),
        (names("WORKLOAD"), _read_workload),
        (STATUS, _pod_group_status),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (PRIORITY_CLASSES, POD_GROUPS)
