"""Creating a deployment from the few things that most of them need."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import NotFound
from k8sconsole.model.masking import body_of
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


async def prepare(asked: CreateDeploymentInput, context: ToolContext) -> Proposal:
    """The server checks it without keeping anything: admission, quotas and names are tried for real. Raises AlreadyExists, Invalid,
    Forbidden."""
    checked = await _create(asked, context, dry_run=True)
    namespace = _namespace(asked, context)
    consequences = [f"runs {asked.replicas} × {asked.image}"]
    if _LATEST.fullmatch(asked.image):
        consequences.append(f"{asked.image} has no fixed version: what runs may change by itself")
    if asked.env:
        consequences.append(f"environment values are kept readable in the deployment: {', '.join(asked.env)}")
    return Proposal(
        (f"deployment {namespace}/{asked.name}",),
        tuple(consequences),
        _shown(checked),
        f"k8s_delete_resource deployments {namespace}/{asked.name}",
    )


async def create_deployment(asked: CreateDeploymentInput, context: ToolContext) -> Reply:
    created = await _create(asked, context, dry_run=False)
    namespace = _namespace(asked, context)
    where = {"context": context.context(asked.context), "namespace": namespace}
    undo = {"tool": "k8s_delete_resource", "arguments": {"kind": "deployments", "name": asked.name, **where}}
    text = f"created deployment {namespace}/{asked.name}: {asked.replicas} × {asked.image}"
    return Reply(msgspec.to_builtins(CreateDeploymentResult(created, undo)), text, context.live())


async def _create(asked: CreateDeploymentInput, context: ToolContext, *, dry_run: bool) -> dict[str, Any]:
    name = context.context(asked.context)
    cluster = await context.cluster(name)
    resource = await context.resource(name, "deployments.apps")
    namespace = _namespace(asked, context)
    try:
        answer = await cluster.create(resource, namespace, msgspec.json.encode(_manifest(asked, namespace)), dry_run=dry_run)
    except NotFound as cause:
        details = {"parameter": "namespace", "given": namespace, "nearest": []}
        raise NotFound(f"no namespace {namespace!r} in {name}", cause.detail or cause.title, "k8s_list_namespaces", details) from cause
    found: dict[str, Any] = msgspec.json.decode(body_of(resource.name, answer))
    return found


def _manifest(asked: CreateDeploymentInput, namespace: str) -> dict[str, Any]:
    labels = asked.labels or {"app": asked.name}
    container: dict[str, Any] = {"name": asked.name[:63], "image": asked.image}
    if asked.port:
        container["ports"] = [{"containerPort": asked.port}]
    if asked.env:
        container["env"] = [{"name": key, "value": value} for key, value in asked.env.items()]
    if asked.command:
        container["command"] = asked.command
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": asked.replicas, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": asked.name, "namespace": namespace, "labels": labels},
        "spec": spec,
    }


def _namespace(asked: CreateDeploymentInput, context: ToolContext) -> str:
    return asked.namespace or context.default_namespace(context.context(asked.context))


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
