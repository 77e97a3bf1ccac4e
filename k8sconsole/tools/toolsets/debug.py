"""Debugging tools: run a pod, run a command in a pod, forward a port."""

import asyncio
import contextlib
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import Forward
from k8sconsole.kit.text import strip_ansi, strip_control
from k8sconsole.model.masking import mask_text
from k8sconsole.model.tools import Capabilities, Face, Risk, Scope
from k8sconsole.tools.changes.create import CreateResult, create_object, propose_create
from k8sconsole.tools.changes.dangers import running_dangers
from k8sconsole.tools.changes.edits import check_same_object, fetch_live, uid_of
from k8sconsole.tools.changes.target import TargetObject, resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import container_names, container_not_found
from k8sconsole.tools.output.log_digest import digest_log
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, form_budget
from k8sconsole.tools.parameters import Container, Form, Image, OwnNamespace, PodName
from k8sconsole.tools.reading.workload_pods import locate_ready_pod
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool

MOST_BYTES = 4_000_000
_close_tasks: set["asyncio.Task[None]"] = set()


class _PodInput(Common, kw_only=True):
    name: PodName
    namespace: OwnNamespace = ""


class ExecPodInput(_PodInput, kw_only=True):
    command: Annotated[list[str], Meta(description='Arguments, not a shell line: ["ls", "-l"]', min_length=1, extra={"form": Form.COMMAND})]
    container: Container = ""
    timeout_seconds: Annotated[int, Meta(description="Then it is ended", ge=1, le=600)] = 30
    max_tokens: MaxTokens = DEFAULT_TOKENS


class PortForwardInput(_PodInput, kw_only=True):
    port: Annotated[int, Meta(ge=1, le=65_535, description="The pod's port")]
    local_port: Annotated[int, Meta(ge=0, le=65_535, description="0: any free port")] = 0
    minutes: Annotated[int, Meta(ge=1, le=480, description="How long it stays open")] = 10


class RunPodInput(_PodInput, kw_only=True):
    image: Image
    command: Annotated[list[str], Meta(description="Overrides the image's entrypoint", extra={"form": Form.COMMAND})] = []
    env: Annotated[dict[str, str], Meta(description="Environment variables")] = {}
    labels: Annotated[dict[str, str], Meta(description="Default: run=NAME")] = {}
    restart: Annotated[bool, Meta(description="Restart it when it ends")] = False


class ExecResult(msgspec.Struct):
    """exit_code: null if the output was cut or the server sent none. undo: always null; why: the reason."""

    pod: str
    container: str
    exit_code: int | None
    stdout: str
    stderr: str
    undo: dict[str, Any] | None = None
    why: str = "the effects of a command are not known"


class PortForwardResult(msgspec.Struct):
    """address: on this machine. ends_at: seconds since the epoch. undo: always null; why: the reason."""

    pod: str
    port: int
    address: str
    ends_at: float
    undo: dict[str, Any] | None = None
    why: str = "the forward ends by itself, or with this program"


async def prepare_exec(args: ExecPodInput, context: ToolContext) -> Proposal:
    target = await resolve_target(args, context, "pods")
    pod = await fetch_live(context, target)
    container = _choose_exec_container(args, pod)
    shown = f"runs in container {container}: {' '.join(map(repr, args.command))}"
    consequences = ("runs a command with the pod's own permissions; its changes are not recorded",)
    undo, dangers = f"none: {ExecResult.__struct_defaults__[-1]}", await running_dangers(context, target, pod)
    return Proposal((target.label,), consequences, shown, undo, {"uid": uid_of(pod)}, dangers)


async def exec_pod(args: ExecPodInput, context: ToolContext) -> Reply:
    target = await resolve_target(args, context, "pods")
    pod = await fetch_live(context, target)
    check_same_object(context, target, pod)
    container, cluster = _choose_exec_container(args, pod), await context.open_cluster(target.cluster)
    output = await cluster.execute(target.namespace, target.name, container, args.command, max_bytes=MOST_BYTES)
    budget = form_budget(args.max_tokens) * 4 // 10
    (out, left_out), (err, left_err) = (_decode_and_fit(raw, budget) for raw in (output.stdout, output.stderr))
    left = left_out + left_err
    warnings = (*((f"{left} lines left out to fit",) if left else ()), *(("ended early: too much output",) if output.cut else ()))
    done = ExecResult(target.name, container, output.exit_code, out, err)
    text = "\n".join(part for part in (f"{target.label} · {container} · exit code {output.exit_code}", out, err) if part)
    return Reply(msgspec.to_builtins(done), text, context.live_freshness(), warnings=warnings)


def _decode_and_fit(raw: bytes, budget: int) -> tuple[str, int]:
    text = raw.decode(errors="replace").rstrip("\n")
    lines, left = digest_log([strip_control(line) for line in mask_text(strip_ansi(text)).split("\n")] if text else [], budget)
    return "\n".join(lines), left


def _choose_exec_container(args: ExecPodInput, pod: dict[str, Any]) -> str:
    names = container_names(pod)
    if not args.container or args.container in names:
        return args.container or names[0]
    raise container_not_found(args.container, args.name, names)


async def prepare_forward(args: PortForwardInput, context: ToolContext) -> Proposal:
    target = await resolve_target(args, context, "pods")
    pod = await fetch_live(context, target)
    declared = [port.get("containerPort") for each in pod["spec"]["containers"] for port in each.get("ports") or []]
    consequences = ["every user of this machine can reach the pod through it"]
    if declared and args.port not in declared:
        consequences.append(f"the pod declares no port {args.port}: {', '.join(map(str, declared))}")
    shown = f"127.0.0.1:{args.local_port or 'a free port'} → {target.label}:{args.port}, for {args.minutes} minutes"
    return Proposal((target.label,), tuple(consequences), shown, f"none: {PortForwardResult.__struct_defaults__[-1]}", {"uid": uid_of(pod)})


async def port_forward(args: PortForwardInput, context: ToolContext) -> Reply:
    target = await resolve_target(args, context, "pods")
    check_same_object(context, target, await fetch_live(context, target))
    opened = await (await context.open_cluster(target.cluster)).forward(
        target.namespace, target.name, args.port, local_port=args.local_port
    )
    task = asyncio.get_running_loop().create_task(_close_after(opened, args.minutes * 60), name="port-forward")
    _close_tasks.add(task)
    task.add_done_callback(_close_tasks.discard)
    done = PortForwardResult(target.name, args.port, f"127.0.0.1:{opened.port}", context.now + args.minutes * 60)
    warnings = ("the forward ends with this command; the console and the MCP server keep it open",) if context.face is Face.CLI else ()
    text = f"{done.address} → {target.label}:{args.port} for {args.minutes} minutes"
    return Reply(msgspec.to_builtins(done), text, context.live_freshness(), warnings=warnings)


async def _close_after(opened: Forward, seconds: float) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(seconds)
    await opened.close()


async def prepare_run(args: RunPodInput, context: ToolContext) -> Proposal:
    target = await resolve_target(args, context, "pods")
    consequences = (f"runs {args.image}", *([f"environment values are stored in plain text: {', '.join(args.env)}"] if args.env else []))
    return await propose_create(context, target, _pod_manifest(args, target), consequences)


async def run_pod(args: RunPodInput, context: ToolContext) -> Reply:
    target = await resolve_target(args, context, "pods")
    return await create_object(context, target, _pod_manifest(args, target), "started")


def _pod_manifest(args: RunPodInput, target: TargetObject) -> dict[str, Any]:
    container: dict[str, Any] = {"name": args.name[:63], "image": args.image}
    if args.command:
        container["command"] = args.command
    if args.env:
        container["env"] = [{"name": key, "value": value} for key, value in args.env.items()]
    meta = {"name": args.name, "namespace": target.namespace, "labels": args.labels or {"run": args.name[:63]}}
    spec = {"containers": [container], "restartPolicy": "Always" if args.restart else "Never"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


_CAPABILITIES = Capabilities(("pods",), ("create",), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "run_pod",
        "Run an image",
        "Starts one pod from an image. For a lasting workload use k8s_create_deployment.",
        (RunPodInput, CreateResult),
        (prepare_run, run_pod),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
        kind="pods",
        idempotent=False,
        toolset="debug",
    ),
    changing_tool(
        "exec_pod",
        "Run a command in a pod",
        "Runs one command without a terminal and returns its output and exit code.",
        (ExecPodInput, ExecResult),
        (prepare_exec, exec_pod),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
        kind="pods",
        idempotent=False,
        rbac="/exec",
        locate=locate_ready_pod,
        toolset="debug",
    ),
    changing_tool(
        "port_forward",
        "Forward a port",
        "Opens a port on this machine that forwards to a pod's port, for some minutes.",
        (PortForwardInput, PortForwardResult),
        (prepare_forward, port_forward),
        _CAPABILITIES,
        Risk.DESTRUCTIVE,
        kind="pods",
        idempotent=False,
        rbac="/portforward",
        locate=locate_ready_pod,
        toolset="debug",
    ),
)
