"""Cron jobs: run one now, hold one back."""

import secrets
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.create import CreateResult, create_object, propose_create
from k8sconsole.tools.changes.edits import (
    ChangePlan,
    ChangeResult,
    Edit,
    TargetObject,
    Undo,
    change_handlers,
    check_same_object,
    fetch_live,
    resolve_target,
    uid_of,
)
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec

KIND = "cronjobs.batch"


class CronJobInput(Common, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""


class TriggerCronJobInput(CronJobInput, kw_only=True):
    job: Annotated[str, Meta(description="Name of the job; made up by default", max_length=63)] = ""


class SuspendCronJobInput(CronJobInput, kw_only=True):
    suspend: Annotated[bool, Meta(description="false: go on")] = True


async def plan_suspend(args: SuspendCronJobInput, context: ToolContext) -> ChangePlan:
    one = await resolve_target(args, context, KIND)
    before = await fetch_live(context, one)
    was = bool(before["spec"].get("suspend"))
    consequences = ("it starts no more jobs; those that run go on",) if args.suspend else ("its schedule counts again",)
    return ChangePlan(
        one, Edit({"spec": {"suspend": args.suspend}}), Undo("k8s_suspend_cronjob", one.place(suspend=was)), before, consequences
    )


async def prepare_trigger(args: TriggerCronJobInput, context: ToolContext) -> Proposal:
    owner = await resolve_target(args, context, KIND)
    before = await _fetch_unmasked(context, owner)
    job, manifest = await _build_job(args, context, owner, before)
    images = [one.get("image", "") for one in manifest["spec"]["template"]["spec"].get("containers", [])]
    running = len((before.get("status") or {}).get("active") or [])
    consequences = (f"runs {', '.join(images)} now", *([f"{running} of its jobs run already"] if running else []))
    proposal = await propose_create(context, job, manifest, consequences)
    return msgspec.structs.replace(proposal, facts={"uid": uid_of(before), "job": job.name})


async def trigger(args: TriggerCronJobInput, context: ToolContext) -> Reply:
    owner = await resolve_target(args, context, KIND)
    before = await _fetch_unmasked(context, owner)
    check_same_object(context, owner, before)
    job, manifest = await _build_job(args, context, owner, before)
    return await create_object(context, job, manifest, f"started from {args.name}:")


async def _fetch_unmasked(context: ToolContext, owner: TargetObject) -> dict[str, Any]:
    """Not masked: its template is sent back to the server as it was."""
    await fetch_live(context, owner)
    raw = await (await context.cluster(owner.cluster)).get(owner.resource, owner.namespace, owner.name)
    found: dict[str, Any] = msgspec.json.decode(raw)
    return found


async def _build_job(
    args: TriggerCronJobInput, context: ToolContext, owner: TargetObject, before: dict[str, Any]
) -> tuple[TargetObject, dict[str, Any]]:
    chosen = args.job or (context.proposal.facts.get("job", "") if context.proposal else "")
    name = chosen or f"{args.name[:50]}-manual-{secrets.token_hex(2)}"
    template = before["spec"]["jobTemplate"]
    meta = template.get("metadata") or {}
    reference = {
        "apiVersion": owner.resource.api_version,
        "kind": "CronJob",
        "name": owner.name,
        "uid": uid_of(before),
        "controller": True,
    }
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": owner.namespace,
            "labels": meta.get("labels") or {},
            "annotations": {**(meta.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [reference],
        },
        "spec": template["spec"],
    }
    return TargetObject(owner.cluster, await context.resource(owner.cluster, "jobs.batch"), owner.namespace, name), manifest


_prepare, _handle = change_handlers(plan_suspend, "set the suspension of")

TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="k8s_trigger_cronjob",
        title="Run a cron job now",
        summary="Starts one job from a cron job's template, beside its schedule.",
        input=TriggerCronJobInput,
        output=CreateResult,
        risk=Risk.DESTRUCTIVE,
        capabilities=Capabilities((KIND, "jobs.batch"), ("create",), Scope.NAMESPACE, "object", cache_friendly=False),
        toolset="write",
        handler=trigger,
        aliases=("trigger_cronjob",),
        kind=KIND,
        rbac="jobs.batch",
        idempotent=False,
        prepare=prepare_trigger,
    ),
    ToolSpec(
        name="k8s_suspend_cronjob",
        title="Suspend a cron job",
        summary="Holds a cron job's schedule back, or lets it go on with suspend=false.",
        input=SuspendCronJobInput,
        output=ChangeResult,
        risk=Risk.WRITE,
        capabilities=Capabilities((KIND,), ("patch",), Scope.NAMESPACE, "object", cache_friendly=False),
        toolset="write",
        handler=_handle,
        aliases=("suspend_cronjob",),
        kind=KIND,
        prepare=_prepare,
    ),
)
