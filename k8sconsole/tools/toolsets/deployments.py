"""Creating a deployment from its most common settings."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.create import propose_create, send_create
from k8sconsole.tools.changes.target import resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import Form, Image, OwnNamespace
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool

KIND = "deployments.apps"
_LATEST = re.compile(r"[^@]*/?[^:@/]+(?::latest)?$")


class CreateDeploymentInput(Common, kw_only=True):
    name: Annotated[str, Meta(description="The deployment", min_length=1, max_length=253)]
    image: Image
    namespace: OwnNamespace = ""
    replicas: Annotated[int, Meta(description="How many pods", ge=0, le=10_000)] = 1
    port: Annotated[int, Meta(ge=0, le=65_535, description="Container port; 0: none")] = 0
    env: Annotated[dict[str, str], Meta(description="Environment variables")] = {}
    labels: Annotated[dict[str, str], Meta(description="Default: app=NAME")] = {}
    command: Annotated[list[str], Meta(description="Overrides the image's entrypoint", extra={"form": Form.COMMAND})] = []


class CreateDeploymentResult(msgspec.Struct):
    """undo: the call that reverts the change."""

    object: dict[str, Any]
    undo: dict[str, Any] | None = None


async def prepare_deployment(args: CreateDeploymentInput, context: ToolContext) -> Proposal:
    """Dry-runs the creation, so that admission, quotas and names are checked. Raises AlreadyExists, Invalid, Forbidden."""
    target = await resolve_target(args, context, KIND)
    consequences = [f"runs {args.replicas} × {args.image}"]
    if _LATEST.fullmatch(args.image):
        consequences.append(f"{args.image} has no fixed version: the image may change without notice")
    if args.env:
        consequences.append(f"environment values are stored in plain text in the deployment: {', '.join(args.env)}")
    proposal = await propose_create(context, target, _build_manifest(args, target.namespace), tuple(consequences))
    label = f"{target.namespace}/{args.name}"
    return msgspec.structs.replace(proposal, objects=(f"deployment {label}",), undo=f"k8s_delete_resource deployments {label}")


async def create_deployment(args: CreateDeploymentInput, context: ToolContext) -> Reply:
    target = await resolve_target(args, context, KIND)
    created = await send_create(context, target, _build_manifest(args, target.namespace), dry_run=False)
    undo = {"tool": "k8s_delete_resource", "arguments": {"kind": "deployments", **target.arguments_without_kind()}}
    text = f"created deployment {target.namespace}/{args.name}: {args.replicas} × {args.image}"
    return Reply(msgspec.to_builtins(CreateDeploymentResult(created, undo)), text, context.live_freshness())


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


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "create_deployment",
        "Create a deployment",
        "Creates a deployment that runs an image. Fails if the name exists; never changes an existing deployment.",
        (CreateDeploymentInput, CreateDeploymentResult),
        (prepare_deployment, create_deployment),
        Capabilities((KIND,), ("create",), Scope.NAMESPACE, "object", cache_friendly=False),
        Risk.DESTRUCTIVE,
        kind=KIND,
        idempotent=False,
    ),
)
