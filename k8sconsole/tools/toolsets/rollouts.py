"""Rollout status and rollout history of workloads."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.kit.text import format_age, strip_control
from k8sconsole.model.describe import list_related
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.rollouts import RolloutState, compute_rollout_state, explain_waiting
from k8sconsole.model.tables.custom import parse_object_time
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import FoundObject, find_object, object_namespace
from k8sconsole.tools.output.token_budget import take_fitting
from k8sconsole.tools.parameters import Form, Live, ObjectName, OwnNamespace
from k8sconsole.tools.reading.related import RelatedReader
from k8sconsole.tools.reading.rows import RowsRequest, open_rows
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

ROLLABLE = ("deployments.apps", "statefulsets.apps", "daemonsets.apps")
REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
_MOST_TOKENS = 1500
"""For the pods that a rollout waits for."""


class RolloutInput(Common, kw_only=True):
    name: ObjectName
    kind: Annotated[str, Meta(description="deploy, sts or ds", extra={"form": Form.KIND})] = "deployments"
    namespace: OwnNamespace = ""
    live: Live = False


async def rollout_status(args: RolloutInput, context: ToolContext) -> Reply:
    cluster, resource, found = await _find_workload(args, context)
    state = compute_rollout_state(str(resource.name), found.body)
    warnings = found.warnings
    if not state.done:
        reader = RelatedReader(context, cluster, TOOLS[0], live=args.live)
        queries = [query for query in list_related(str(resource.name), found.body) if query.resource == "pods"]
        pods = await reader.read(queries[0]) if queries else None
        state = msgspec.structs.replace(state, waits_for=explain_waiting(found.body, state, pods))
        warnings += reader.warnings
    head = (
        f"{resource.singular or resource.kind.lower()} {args.name}: {'done' if state.done else 'stuck' if state.stuck else 'in progress'}"
    )
    numbers = f"{state.updated} of {state.desired} updated, {state.ready} ready, {state.available} available"
    waits = take_fitting(state.waits_for, _MOST_TOKENS)
    more = [f"and {len(state.waits_for) - len(waits)} more"] if len(waits) < len(state.waits_for) else []
    text = "\n".join([head, numbers, strip_control(state.message), *(f"- {strip_control(each)}" for each in [*waits, *more])])
    data = msgspec.to_builtins(msgspec.structs.replace(state, waits_for=tuple(waits)))
    return Reply(data, text, found.freshness, warnings=warnings)


class RolloutRevision(msgspec.Struct):
    """created_at: seconds since the epoch. images: one per container, in order. current: whether the workload runs this revision."""

    revision: int
    name: str
    images: list[str]
    current: bool
    created_at: float | None = None
    replicas: int | None = None
    change_cause: str = ""


class RolloutRevisions(msgspec.Struct):
    revisions: list[RolloutRevision]


async def rollout_history(args: RolloutInput, context: ToolContext) -> Reply:
    cluster, resource, found = await _find_workload(args, context)
    namespace = str(found.body["metadata"].get("namespace", ""))
    revision_kind = "replicasets.apps" if resource.name == "deployments.apps" else "controllerrevisions.apps"
    opened = await open_rows(
        context, RowsRequest(cluster, await context.find_resource(cluster, revision_kind), (namespace,), live=args.live)
    )
    uid = found.body["metadata"].get("uid")
    bodies = [msgspec.json.decode(body) for _, body in await opened.bodies()]
    own = [each for each in bodies if any(owner.get("uid") == uid for owner in each["metadata"].get("ownerReferences") or [])]
    revisions = sorted((_rollout_revision(each, found.body) for each in own), key=lambda one: -one.revision)
    lines = [f"{args.name}: {len(revisions)} revisions", *(_format_revision(one, context.server_now(cluster)) for one in revisions)]
    return Reply(
        msgspec.to_builtins(RolloutRevisions(revisions)), "\n".join(lines), opened.freshness, warnings=(*found.warnings, *opened.warnings)
    )


async def _find_workload(args: RolloutInput, context: ToolContext) -> tuple[ClusterName, ApiResource, FoundObject]:
    """Raises InvalidParams for a kind without rollouts."""
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, args.kind)
    if resource.name not in ROLLABLE:
        details = argument_details("kind", args.kind, ROLLABLE, ", ".join(ROLLABLE))
        raise InvalidParams(
            f"{resource.plural} have no rollouts", f"the kinds with rollouts are {', '.join(ROLLABLE)}", ROLLABLE[0], details
        )
    namespace = object_namespace(context, cluster, resource, args.namespace)
    return cluster, resource, await find_object(context, cluster, resource, namespace, args.name, live=args.live)


def _rollout_revision(stored: dict[str, Any], workload: dict[str, Any]) -> RolloutRevision:
    meta = stored["metadata"]
    notes = meta.get("annotations") or {}
    is_replica_set = stored.get("kind") == "ReplicaSet" or "spec" in stored
    number = int(notes.get(REVISION, 0)) if is_replica_set else int(stored.get("revision", 0))
    template = (stored.get("spec") if is_replica_set else ((stored.get("data") or {}).get("spec"))) or {}
    return RolloutRevision(
        number, meta["name"], _container_images(template.get("template") or {}),
        _is_current(stored, workload, number, is_replica_set=is_replica_set),
        parse_object_time(meta.get("creationTimestamp")),
        (stored.get("status") or {}).get("replicas", 0) if is_replica_set else None, notes.get(CAUSE, ""),
    )  # fmt: skip


def _is_current(stored: dict[str, Any], workload: dict[str, Any], number: int, *, is_replica_set: bool) -> bool:
    if is_replica_set:
        return number == int((workload["metadata"].get("annotations") or {}).get(REVISION, 0))
    status = workload.get("status") or {}
    return stored["metadata"]["name"] in (status.get("updateRevision"), status.get("currentRevision"))


def _container_images(template: dict[str, Any]) -> list[str]:
    containers: Sequence[dict[str, Any]] = (template.get("spec") or {}).get("containers") or ()
    return [str(one.get("image", "")) for one in containers]


def _format_revision(one: RolloutRevision, now: float) -> str:
    age = "" if one.created_at is None else f"  {format_age(now - one.created_at)} ago"
    pods = "" if one.replicas is None else f"  {one.replicas} pods"
    cause = f"  {strip_control(one.change_cause)}" if one.change_cause else ""
    return f"{'*' if one.current else ' '} {one.revision}{age}{pods}  {', '.join(map(strip_control, one.images))}{cause}"


_CAPABILITIES = Capabilities(ROLLABLE, ("get",), Scope.NAMESPACE, "object")

TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "rollout_status",
        "Rollout status",
        "How far a rollout is, and what it waits for.",
        (RolloutInput, RolloutState),
        rollout_status,
        _CAPABILITIES,
    ),
    reading_tool(
        "rollout_history",
        "Rollout history",
        "The revisions of a workload with their images. k8s_rollout_undo returns to one.",
        (RolloutInput, RolloutRevisions),
        rollout_history,
        _CAPABILITIES,
    ),
)
