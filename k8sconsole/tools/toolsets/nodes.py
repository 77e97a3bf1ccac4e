"""Nodes: cordon, uncordon and drain."""

import asyncio
import contextlib
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import ApiError, Conflict, Forbidden, Invalid, NotFound, ServerError, TooManyRequests, argument_details
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.drain import DrainPlan, plan_drain
from k8sconsole.tools.changes.edits import ChangePlan, ChangeResult, Edit, Undo, change_handlers, check_same_object, fetch_live, uid_of
from k8sconsole.tools.changes.target import resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import NodeName
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool

PAUSE = 1.0
"""Seconds between two checks of pods that terminate, and between two attempts at an eviction that a budget blocks."""
_BLOCKED = (TooManyRequests, ServerError)
"""The server blocks the eviction: 429 for an exhausted budget, 500 for a pod with two budgets, which it does not support."""
_NOT_THERE = (NotFound, Conflict)
"""The listed pod no longer exists. Conflict: another pod has its name, so the uid does not match."""


class NodeInput(Common, kw_only=True):
    name: NodeName


class DrainNodeInput(NodeInput, kw_only=True):
    grace_seconds: Annotated[int, Meta(ge=-1, description="-1: each pod's own period")] = -1
    force: Annotated[bool, Meta(description="Also evict pods without an owner")] = False
    delete_emptydir_data: Annotated[bool, Meta(description="Also evict pods with emptyDir volumes")] = False
    timeout_seconds: Annotated[int, Meta(ge=1, le=3600, description="Then it stops and returns what remains")] = 120


class DrainResult(msgspec.Struct):
    """evicted, remaining, staying: pods as namespace/name. staying: DaemonSet, mirror and finished pods. held: why pods remain. undo: of
    the cordon. why: the reason if undo is null."""

    node: str
    complete: bool
    evicted: list[str]
    remaining: list[str]
    staying: list[str]
    held: str = ""
    undo: dict[str, Any] | None = None
    why: str = ""


async def plan_cordon(args: NodeInput, context: ToolContext) -> ChangePlan:
    return await _plan_schedulability(args, context, unschedulable=True)


async def plan_uncordon(args: NodeInput, context: ToolContext) -> ChangePlan:
    return await _plan_schedulability(args, context, unschedulable=False)


async def _plan_schedulability(args: NodeInput, context: ToolContext, *, unschedulable: bool) -> ChangePlan:
    target = await resolve_target(args, context, "nodes")
    before = await fetch_live(context, target)
    was = bool(before["spec"].get("unschedulable"))
    undo = (
        Undo(why="the node was in this state before")
        if was is unschedulable
        else Undo(f"k8s_{'un' if unschedulable else ''}cordon_node", target.arguments_without_kind())
    )
    consequences = ("no new pods are scheduled on it",) if unschedulable else ("new pods are scheduled on it again",)
    return ChangePlan(target, Edit({"spec": {"unschedulable": True if unschedulable else None}}), undo, before, consequences)


async def prepare_drain(args: DrainNodeInput, context: ToolContext) -> Proposal:
    """Dry-runs the drain. Raises Invalid if a pod or its data would be lost and no parameter allows that."""
    plan = await plan_cordon(args, context)
    target, before = plan.target, plan.before
    cluster = await context.open_cluster(target.cluster)
    await _check_may_evict(context, cluster)
    drain_plan = await _plan_pods(args, context, cluster)
    counted = f"{len(drain_plan.pods)} pods are evicted, {len(drain_plan.staying)} stay"
    tried = await _dry_run_evictions(cluster, drain_plan)
    shown = "\n".join((counted, *tried)) if drain_plan.pods else counted
    undo = f"{plan.undo}: the evicted pods do not return by themselves"
    evicted = len(drain_plan.pods)
    return Proposal((target.label,), (*drain_plan.budget_warnings, counted), shown, undo, {"uid": uid_of(before)}, count=1 + evicted)


async def drain(args: DrainNodeInput, context: ToolContext) -> Reply:
    """Cordons the node and evicts pods until none remain or the time is up. Pods that remain are part of the result, not an error. A
    cancelled drain reports its progress and leaves the node cordoned."""
    plan = await plan_cordon(args, context)
    check_same_object(context, plan.target, plan.before)
    cluster = await context.open_cluster(plan.target.cluster)
    drain_plan = await _plan_pods(args, context, cluster)
    await cluster.patch(plan.target.resource, None, args.name, msgspec.json.encode(plan.edit.body), plan.edit.kind)
    waiting = {f"{namespace}/{name}": (namespace, name, uid) for namespace, name, uid in drain_plan.pods}
    held: dict[str, str] = {}
    try:
        async with asyncio.timeout(args.timeout_seconds):
            await _evict_all(args, context, cluster, waiting, held)
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        await _report_cancelled(args, context, len(drain_plan.pods), len(waiting))
        raise
    return await _drain_reply(args, context, (cluster, plan.undo), drain_plan, held)


async def _report_cancelled(args: DrainNodeInput, context: ToolContext, total: int, left: int) -> None:
    """Reports the progress of a cancelled drain, for at most PAUSE seconds, so that the cancellation is not delayed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PAUSE):
            note = f"cancelled: {total - left} of {total} pods evicted, {args.name} stays cordoned"
            await context.progress(total - left, total, note)


async def _evict_all(
    args: DrainNodeInput, context: ToolContext, cluster: Cluster, waiting: dict[str, tuple[str, str, str]], held: dict[str, str]
) -> None:
    total, evicted = len(waiting), set[str]()
    while waiting:
        for label, (namespace, name, uid) in tuple(waiting.items()):
            if label not in evicted and await _try_evict(args, cluster, (namespace, name, uid), held, label):
                evicted.add(label)
            if label in evicted and not await _pod_exists(context, cluster, namespace, name, uid):
                del waiting[label]
        note = f"{total - len(waiting)} of {total} pods evicted" + (f", {len(held)} blocked by a disruption budget" if held else "")
        await context.progress(total - len(waiting), total, note)
        if waiting:
            await asyncio.sleep(PAUSE)


async def _try_evict(args: DrainNodeInput, cluster: Cluster, pod: tuple[str, str, str], held: dict[str, str], label: str) -> bool:
    namespace, name, uid = pod
    try:
        await cluster.evict(namespace, name, uid=uid, grace_seconds=None if args.grace_seconds < 0 else args.grace_seconds)
    except _BLOCKED as refused:
        held[label] = _eviction_refusal(refused)
        return False
    except _NOT_THERE:
        pass  # it terminated by itself
    held.pop(label, None)
    return True


def _eviction_refusal(refused: ApiError) -> str:
    """The causes of the refusal, which name the budget, else the server's message."""
    causes = [str(one.get("message", "")) for one in refused.details.get("causes") or []]
    return "; ".join(filter(None, causes)) or refused.detail


async def _pod_exists(context: ToolContext, cluster: Cluster, namespace: str, name: str, uid: str) -> bool:
    try:
        raw = await cluster.get(await context.find_resource(cluster.name, "pods"), namespace, name)
    except NotFound:
        return False
    return uid_of(msgspec.json.decode(raw)) == uid


async def _drain_reply(
    args: DrainNodeInput, context: ToolContext, done: tuple[Cluster, Undo], drain_plan: DrainPlan, held: dict[str, str]
) -> Reply:
    cluster, undo = done
    remaining = [f"{one[0]}/{one[1]}" for one in drain_plan.pods if await _pod_exists(context, cluster, *one)]
    evicted = [label for label in (f"{one[0]}/{one[1]}" for one in drain_plan.pods) if label not in remaining]
    why = "; ".join(sorted(set(held.values()))) or (f"not terminated after {args.timeout_seconds} s" if remaining else "")
    drained = DrainResult(args.name, not remaining, evicted, remaining, list(drain_plan.staying), why, undo.call, undo.why)
    text = f"drained {args.name}: {len(evicted)} pods evicted, {len(remaining)} remain, {len(drain_plan.staying)} are not drained"
    warnings = (f"not complete: {', '.join(remaining[:10])}: {why}",) if remaining else ()
    return Reply(msgspec.to_builtins(drained), "\n".join((text, *warnings)), context.live_freshness(), warnings=warnings)


async def _plan_pods(args: DrainNodeInput, context: ToolContext, cluster: Cluster) -> DrainPlan:
    drain_plan = await plan_drain(context, cluster, args.name, force=args.force, empty_dirs=args.delete_emptydir_data)
    if drain_plan.blocking:
        parameter = "force" if "force=true" in drain_plan.blocking[0] else "delete_emptydir_data"
        details = argument_details(parameter, False, [f"{parameter}=true"], pods=list(drain_plan.blocking))
        raise Invalid(f"cannot drain {args.name}", "; ".join(drain_plan.blocking[:5]), f"{parameter}=true", details)
    return drain_plan


async def _dry_run_evictions(cluster: Cluster, drain_plan: DrainPlan) -> list[str]:
    """The server's answers to a dry run of the first twenty evictions."""
    answers: dict[str, None] = {}
    for namespace, name, uid in drain_plan.pods[:20]:
        try:
            await cluster.evict(namespace, name, uid=uid, dry_run=True)
        except _BLOCKED as refused:
            answers[f"{namespace}/{name}: {_eviction_refusal(refused)}"] = None
        except _NOT_THERE:
            continue  # it no longer exists and needs no eviction
    return list(answers) or ["the server accepts each eviction"]


async def _check_may_evict(context: ToolContext, cluster: Cluster) -> None:
    pods = await context.find_resource(cluster.name, "pods")
    answer = await cluster.can_i("create", pods, subresource="eviction")
    if not answer.allowed:
        raise Forbidden(
            "evicting pods is not allowed", answer.reason or "RBAC does not grant it", "kubectl auth can-i create pods/eviction -A"
        )


_CAPABILITIES = Capabilities(("nodes",), ("patch",), Scope.CLUSTER, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "cordon_node",
        "Cordon a node",
        "Marks a node unschedulable. Pods on it stay.",
        (NodeInput, ChangeResult),
        change_handlers(plan_cordon, "cordoned"),
        _CAPABILITIES,
        Risk.WRITE,
        kind="nodes",
    ),
    changing_tool(
        "uncordon_node",
        "Uncordon a node",
        "Marks a node schedulable again.",
        (NodeInput, ChangeResult),
        change_handlers(plan_uncordon, "uncordoned"),
        _CAPABILITIES,
        Risk.WRITE,
        kind="nodes",
    ),
    changing_tool(
        "drain_node",
        "Drain a node",
        "Cordons a node and evicts its pods, as disruption budgets allow. Returns the pods that remain.",
        (DrainNodeInput, DrainResult),
        (prepare_drain, drain),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
        kind="nodes",
        named=True,
    ),
)
