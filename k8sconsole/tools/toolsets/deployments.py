"""Creating a deployment from the few things that most of them need."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import NotFound
from k8sconsole.model.masking import mask_body
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec

_LATEST = re.compile(r"[^@]*/?[^:@/]+(?::latest)?$")


class CreateDeploymentInput(Common, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=253)]
    image: Annotated[str, Meta(min_length=1)]
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""
    replicas: Annotated[int, Meta(ge=0, le=10_000)] = 1
    port: Annotated[int, Meta(ge=0, le=65_535, description="Container port, 0 for none")] = 0
    env: dict[str, str] = {}
    labels: Annotated[dict[str, str], Meta(description="Default: app=NAME")] = {}
    command: list[str] = []


class CreateDeploymentResult(msgspec.Struct):
    """undo: the call that takes the change back."""

    object: dict[str, Any]
    undo: dict[str, Any] | None = None


async def prepare(args: CreateDeploymentInput, context: ToolContext) -> Proposal:
    """The server checks it without keeping anything: admission, quotas and names are tried for real. Raises AlreadyExists, Invalid,
    Forbidden."""
    checked = await _send_create(args, context, dry_run=True)
    namespace = _target_namespace(args, context)
    consequences = [f"runs {args.replicas} × {args.image}"]
    if _LATEST.fullmatch(args.image):
        consequences.append(f"{args.image} has no fixed version: what runs may change by itself")
    if args.env:
        consequences.append(f"environment values are kept readable in the deployment: {', '.join(args.env)}")
    return Proposal(
        (f"deployment {namespace}/{args.name}",),
        tuple(consequences),
        _shown(checked),
        f"k8s_delete_resource deployments {namespace}/{args.name}",
    )


async def create_deployment(args: CreateDeploymentInput, context: ToolContext) -> Reply:
    created = await _send_create(args, context, dry_run=False)
    namespace = _target_namespace(args, context)
    where = {"context": context.context(args.context), "namespace": namespace}
    undo = {"tool": "k8s_delete_resource", "arguments": {"kind": "deployments", "name": args.name, **where}}
    text = f"created deployment {namespace}/{args.name}: {args.replicas} × {args.image}"
    return Reply(msgspec.to_builtins(CreateDeploymentResult(created, undo)), text, context.live())


async def _send_create(args: CreateDeploymentInput, context: ToolContext, *, dry_run: bool) -> dict[str, Any]:
    name = context.context(args.context)
    cluster = await context.cluster(name)
    resource = await context.resource(name, "deployments.apps")
    namespace = _target_namespace(args, context)
    try:
        answer = await cluster.create(resource, namespace, msgspec.json.encode(_build_manifest(args, namespace)), dry_run=dry_run)
    except NotFound as cause:
        details = {"parameter": "namespace", "given": namespace, "nearest": []}
        raise NotFound(f"no namespace {namespace!r} in {name}", cause.detail or cause.title, "k8s_list_namespaces", details) from cause
    found: dict[str, Any] = msgspec.json.decode(mask_body(resource.name, answer))
    return found


def _build_manifest(args: CreateDeploymentInput, namespace: str) -> dict[str, Any]:
    labels = args.labels or {"app": args.name}
    container: dict[str, Any] = {"name": args.name[:63], "image": args.image}
    if args.port:
        container["ports"] = [{"containerPort": args.port}]
    if args.env:
        container["env"] = [{"name": key, "value": value} for key, value in args.env.items()]
    if args.command:
        container["command"] = args.command
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": args.replicas, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": args.name, "namespace": namespace, "labels": labels},
        "spec": spec,
    }


def _target_namespace(args: CreateDeploymentInput, context: ToolContext) -> str:
    return args.namespace or context.default_namespace(context.context(args.context))


def _shown(manifest: dict[str, Any]) -> str:
    """What the server would keep, without the bookkeeping."""
    import yaml

    kept = {key: value for key, value in manifest.items() if key != "status"}
    kept["metadata"] = {
        key: value for key, value in manifest.get("metadata", {}).items() if key in ("name", "namespace", "labels", "annotations")
    }
    text: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
    return text


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="k8s_create_deployment",
        title="Create a deployment",
        summary="Runs an image as a new deployment. Fails where one of that name exists; it never changes an existing one.",
        input=CreateDeploymentInput,
        output=CreateDeploymentResult,
        risk=Risk.DESTRUCTIVE,
        capabilities=Capabilities(("deployments.apps",), ("create",), Scope.NAMESPACE, "object", cache_friendly=False),
        toolset="write",
        handler=create_deployment,
        aliases=("create_deployment",),
        kind="deployments.apps",
        idempotent=False,
        prepare=prepare,
    ),
)
