"""Nodes: no new pods on one, new pods again, and everything off it."""

import asyncio
import contextlib
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import ApiError, Conflict, Forbidden, Invalid, NotFound, ServerError, TooManyRequests
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.drain import DrainPlan, plan_drain
from k8sconsole.tools.changes.edits import (
    ChangePlan,
    ChangeResult,
    Edit,
    Undo,
    change_handlers,
    check_same_object,
    fetch_live,
    resolve_target,
    uid_of,
)
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, change

PAUSE = 1.0
"""Seconds between two looks at pods that are going, and between two tries of an eviction that a budget forbids."""
_BLOCKED = (TooManyRequests, ServerError)
"""A budget that can spare no pod; or two budgets for one pod, which the server does not support and answers with 500."""
_GONE = (NotFound, Conflict)
"""How the server says that the pod which was listed is no more; Conflict where another has taken its name, and the uid does not match."""


class NodeInput(Common, kw_only=True):
    name: Annotated[str, Meta(description="The node", min_length=1)]


class DrainNodeInput(NodeInput, kw_only=True):
    grace_seconds: Annotated[int, Meta(ge=-1, description="-1 leaves it to each pod")] = -1
    force: Annotated[bool, Meta(description="Also pods that nothing owns")] = False
    delete_emptydir_data: Annotated[bool, Meta(description="Also pods with emptyDir volumes")] = False
    timeout_seconds: Annotated[int, Meta(ge=1, le=3600, description="Then it stops and tells what is left")] = 120


class DrainResult(msgspec.Struct):
    """evicted, remaining: pods as namespace/name. staying: daemon sets and the like. held: what held the remaining ones. undo: of the
    cordon; where it is null, why says why."""

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
    one = await resolve_target(args, context, "nodes")
    before = await fetch_live(context, one)
    was = bool(before["spec"].get("unschedulable"))
    undo = Undo(why="it was so before") if was is unschedulable else Undo(f"k8s_{'un' if unschedulable else ''}cordon_node", one.place())
    consequences = ("no new pods are placed on it",) if unschedulable else ("new pods are placed on it again",)
    return ChangePlan(one, Edit({"spec": {"unschedulable": True if unschedulable else None}}), undo, before, consequences)


async def prepare_drain(args: DrainNodeInput, context: ToolContext) -> Proposal:
    """Raises Invalid where a pod would be lost for good and nobody said that it may."""
    plan = await plan_cordon(args, context)
    one, before = plan.target, plan.before
    cluster = await context.cluster(one.cluster)
    await _check_may_evict(context, cluster)
    moved = await _plan_or_refuse(args, context, cluster)
    counted = f"{len(moved.pods)} pods are evicted, {len(moved.staying)} stay"
    tried = await _dry_run_evictions(cluster, moved)
    shown = "\n".join((counted, *tried)) if moved.pods else counted
    undo = f"{plan.undo}: the pods do not come back by themselves"
    return Proposal((one.label,), (*moved.budget_warnings, counted), shown, undo, {"uid": uid_of(before)})


async def drain(args: DrainNodeInput, context: ToolContext) -> Reply:
    """Cordons, then evicts until all are gone or the time is over: what is left then is told, not an error. Cancelled, it says how far it
    came, and the node stays cordoned."""
    plan = await plan_cordon(args, context)
    check_same_object(context, plan.target, plan.before)
    cluster = await context.cluster(plan.target.cluster)
    moved = await _plan_or_refuse(args, context, cluster)
    await cluster.patch(plan.target.resource, None, args.name, msgspec.json.encode(plan.edit.body), plan.edit.kind)
    going = {f"{namespace}/{name}": (namespace, name, uid) for namespace, name, uid in moved.pods}
    held: dict[str, str] = {}
    try:
        async with asyncio.timeout(args.timeout_seconds):
            await _evict_all(args, context, cluster, going, held)
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        await _report_cancelled(args, context, len(moved.pods), len(going))
        raise
    return await _drain_reply(args, context, (cluster, plan.undo), moved, held)


async def _report_cancelled(args: DrainNodeInput, context: ToolContext, total: int, left: int) -> None:
    """The last word of a call that nobody waits for any more; it must not keep it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PAUSE):
            note = f"given up: {total - left} of {total} pods gone, {args.name} stays cordoned"
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
        note = f"{total - len(waiting)} of {total} pods gone" + (f", {len(held)} held by a disruption budget" if held else "")
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
    except _GONE:
        pass  # it went by itself
    held.pop(label, None)
    return True


def _eviction_refusal(refused: ApiError) -> str:
    """The server names the budget in a cause."""
    causes = [str(one.get("message", "")) for one in refused.details.get("causes") or []]
    return "; ".join(filter(None, causes)) or refused.detail


async def _pod_exists(context: ToolContext, cluster: Cluster, namespace: str, name: str, uid: str) -> bool:
    try:
        raw = await cluster.get(await context.resource(cluster.name, "pods"), namespace, name)
    except NotFound:
        return False
    return uid_of(msgspec.json.decode(raw)) == uid


async def _drain_reply(
    args: DrainNodeInput, context: ToolContext, done: tuple[Cluster, Undo], moved: DrainPlan, held: dict[str, str]
) -> Reply:
    cluster, undo = done
    remaining = [f"{one[0]}/{one[1]}" for one in moved.pods if await _pod_exists(context, cluster, *one)]
    evicted = [label for label in (f"{one[0]}/{one[1]}" for one in moved.pods) if label not in remaining]
    why = "; ".join(sorted(set(held.values()))) or (f"still there after {args.timeout_seconds} s" if remaining else "")
    drained = DrainResult(args.name, not remaining, evicted, remaining, list(moved.staying), why, undo.call, undo.why)
    text = f"drained {args.name}: {len(evicted)} pods gone, {len(remaining)} left, {len(moved.staying)} stay by their nature"
    warnings = (f"not complete: {', '.join(remaining[:10])}: {why}",) if remaining else ()
    return Reply(msgspec.to_builtins(drained), "\n".join((text, *warnings)), context.live(), warnings=warnings)


async def _plan_or_refuse(args: DrainNodeInput, context: ToolContext, cluster: Cluster) -> DrainPlan:
    moved = await plan_drain(context, cluster, args.name, force=args.force, empty_dirs=args.delete_emptydir_data)
    if moved.blocking:
        parameter = "force" if "force=true" in moved.blocking[0] else "delete_emptydir_data"
        details = {"parameter": parameter, "given": False, "pods": list(moved.blocking), "nearest": [f"{parameter}=true"]}
        raise Invalid(f"{args.name} is not drained", "; ".join(moved.blocking[:5]), f"{parameter}=true", details)
    return moved


async def _dry_run_evictions(cluster: Cluster, moved: DrainPlan) -> list[str]:
    """What the server says to the first evictions, without making them."""
    said: dict[str, None] = {}
    for namespace, name, uid in moved.pods[:20]:
        try:
            await cluster.evict(namespace, name, uid=uid, dry_run=True)
        except _BLOCKED as refused:
            said[f"{namespace}/{name}: {_eviction_refusal(refused)}"] = None
        except _GONE:
            continue  # one that went since the list was read needs no eviction
    return list(said) or ["the server accepts the evictions one by one"]


async def _check_may_evict(context: ToolContext, cluster: Cluster) -> None:
    pods = await context.resource(cluster.name, "pods")
    answer = await cluster.can_i("create", pods, subresource="eviction")
    if not answer.allowed:
        raise Forbidden("you may not evict pods", answer.reason or "RBAC does not grant it", "kubectl auth can-i create pods/eviction -A")


_ABLE = Capabilities(("nodes",), ("patch",), Scope.CLUSTER, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    change(
        "cordon_node",
        "Cordon a node",
        "No new pods on a node; those on it stay.",
        (NodeInput, ChangeResult),
        change_handlers(plan_cordon, "cordoned"),
        _ABLE,
        Risk.WRITE,
        kind="nodes",
    ),
    change(
        "uncordon_node",
        "Uncordon a node",
        "Lets new pods onto a node again.",
        (NodeInput, ChangeResult),
        change_handlers(plan_uncordon, "uncordoned"),
        _ABLE,
        Risk.WRITE,
        kind="nodes",
    ),
    change(
        "drain_node",
        "Drain a node",
        "Cordons a node and evicts its pods, as disruption budgets allow. Tells what is left.",
        (DrainNodeInput, DrainResult),
        (prepare_drain, drain),
        _ABLE,
        Risk.DESTRUCTIVE,
        kind="nodes",
        named=True,
    ),
)
