"""Cron jobs: start one job now, suspend or resume the schedule."""

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
    Undo,
    change_handlers,
    check_same_object,
    fetch_live,
    fetch_unmasked,
    uid_of,
)
from k8sconsole.tools.changes.target import TargetObject, resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import ObjectName, OwnNamespace
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool

KIND = "cronjobs.batch"


class CronJobInput(Common, kw_only=True):
    name: ObjectName
    namespace: OwnNamespace = ""


class TriggerCronJobInput(CronJobInput, kw_only=True):
    job: Annotated[str, Meta(description="Name of the job; default: generated", max_length=63)] = ""


class SuspendCronJobInput(CronJobInput, kw_only=True):
    suspend: Annotated[bool, Meta(description="false: resume")] = True


async def plan_suspend(args: SuspendCronJobInput, context: ToolContext) -> ChangePlan:
    target = await resolve_target(args, context, KIND)
    before = await fetch_live(context, target)
    was = bool(before["spec"].get("suspend"))
    consequences = ("no new jobs start; running jobs continue",) if args.suspend else ("jobs start on schedule again",)
    return ChangePlan(
        target,
        Edit({"spec": {"suspend": args.suspend}}),
        Undo("k8s_suspend_cronjob", target.arguments_without_kind(suspend=was)),
        before,
        consequences,
    )


async def prepare_trigger(args: TriggerCronJobInput, context: ToolContext) -> Proposal:
    owner = await resolve_target(args, context, KIND)
    before = await fetch_unmasked(context, owner)
    job, manifest = await _build_job(args, context, owner, before)
    images = [one.get("image", "") for one in manifest["spec"]["template"]["spec"].get("containers", [])]
    running = len((before.get("status") or {}).get("active") or [])
    consequences = (f"runs {', '.join(images)} now", *([f"{running} of its jobs already run"] if running else []))
    proposal = await propose_create(context, job, manifest, consequences)
    return msgspec.structs.replace(proposal, facts={"uid": uid_of(before), "job": job.name})


async def trigger(args: TriggerCronJobInput, context: ToolContext) -> Reply:
    owner = await resolve_target(args, context, KIND)
    before = await fetch_unmasked(context, owner)
    check_same_object(context, owner, before)
    job, manifest = await _build_job(args, context, owner, before)
    return await create_object(context, job, manifest, f"started from {args.name}:")


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
    return TargetObject(owner.cluster, await context.find_resource(owner.cluster, "jobs.batch"), owner.namespace, name), manifest


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "trigger_cronjob",
        "Run a cron job now",
        "Starts one job from a cron job's template, outside its schedule.",
        (TriggerCronJobInput, CreateResult),
        (prepare_trigger, trigger),
        Capabilities((KIND, "jobs.batch"), ("create",), Scope.NAMESPACE, "object", cache_friendly=False),
        Risk.DESTRUCTIVE,
        kind=KIND,
        rbac="jobs.batch",
        idempotent=False,
    ),
    changing_tool(
        "suspend_cronjob",
        "Suspend a cron job",
        "Suspends a cron job's schedule, or resumes it with suspend=false.",
        (SuspendCronJobInput, ChangeResult),
        change_handlers(plan_suspend, "set the suspension of"),
        Capabilities((KIND,), ("patch",), Scope.NAMESPACE, "object", cache_friendly=False),
        Risk.WRITE,
        kind=KIND,
    ),
)
