"""What a container wrote."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, NotFound
from k8sconsole.kit.text import nearest_or_first, strip_control
from k8sconsole.kit.times import parse_duration
from k8sconsole.model.clusters import LogOptions
from k8sconsole.model.masking import mask_text
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import find_object, not_found
from k8sconsole.tools.output.log_digest import fitted
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, share
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec

MOST_BYTES = 16_000_000
"""A kubelet keeps ten megabytes of a log before it begins another file, unless told otherwise."""
_WRAPPING = 30
"""Tokens of what stands round the log in an answer."""
FOLLOW = 20.0
"""Seconds that a single answer waits for more, where it was asked to; well within a call's time."""
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class GetPodLogsInput(Common, kw_only=True):
    name: Annotated[str, Meta(description="The pod", min_length=1)]
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""
    container: Annotated[str, Meta(description="Default: the pod's main one")] = ""
    previous: Annotated[bool, Meta(description="Of the instance before the last restart: why it crashed")] = False
    tail: Annotated[int, Meta(ge=0, le=100_000, description="Last lines to read, 0 for all")] = 1000
    since: Annotated[str, Meta(description="Only newer than this, e.g. 15m")] = ""
    timestamps: bool = False
    contains: Annotated[str, Meta(description="Only lines that contain this, any case")] = ""
    follow: Annotated[bool, Meta(description="Also what comes in the next 20 s")] = False
    max_tokens: MaxTokens = DEFAULT_TOKENS


class PodLogs(msgspec.Struct):
    """lines: how many were read; left_out: of those, repeats folded, how many did not fit. log: as text, oldest first; where it did not
    fit, what tells of trouble stands before."""

    pod: str
    container: str
    log: str
    lines: int
    left_out: int


async def get_pod_logs(args: GetPodLogsInput, context: ToolContext) -> Reply:
    cluster, namespace = _cluster_and_namespace(args, context)
    container, warnings = await _choose_container(args, context, cluster, namespace)
    options = _log_options(args, container, follow=args.follow)
    read = _ByteCount()
    lines = await _collect_lines(
        _read_lines(args, context, (cluster, namespace), options, read), read, context, FOLLOW if args.follow else None
    )
    shown, left_out = await asyncio.to_thread(_mask_and_fit, lines, share(args.max_tokens) - _WRAPPING)
    if read.size >= MOST_BYTES:
        warnings = (
            *warnings,
            f"only its first {MOST_BYTES // 1_000_000} MB were read; ask with since or a smaller tail for what came later",
        )
    if left_out:
        warnings = (*warnings, f"{left_out} lines left out to fit; ask with contains, since, tail or a larger max_tokens")
    text = "\n".join(shown)
    logs = PodLogs(args.name, container, text, len(lines), left_out)
    head = f"{args.name} · {container or 'its container'}{' · previous instance' if args.previous else ''} · {len(lines)} lines"
    return Reply(msgspec.to_builtins(logs), f"{head}\n{text}" if text else f"{head}: nothing written", context.live(), warnings=warnings)


def _mask_and_fit(lines: list[str], budget: int) -> tuple[list[str], int]:
    """Masked as a whole, since a key may stand over several lines."""
    return fitted(mask_text("\n".join(lines)).split("\n"), budget) if lines else ([], 0)


class _ByteCount(msgspec.Struct):
    """size: bytes that came, lines that nobody asked for included."""

    size: int = 0


async def _collect_lines(coming: AsyncGenerator[str, None], read: _ByteCount, context: ToolContext, seconds: float | None) -> list[str]:
    """All that comes, or what comes within these seconds; how many lines there are is told meanwhile, never what they say."""
    lines: list[str] = []
    told = 0
    try:
        async with asyncio.timeout(seconds), aclosing(coming):
            async for line in coming:
                lines.append(line)
                if read.size >= MOST_BYTES:
                    break
                if seconds is not None and context.now >= told + 1:
                    told = int(context.now)
                    await context.progress(len(lines), None, f"{len(lines)} lines")
    except TimeoutError:
        pass
    return lines


async def follow_pod_logs(args: GetPodLogsInput, context: ToolContext) -> AsyncGenerator[str, None]:
    cluster, namespace = _cluster_and_namespace(args, context)
    container, _ = await _choose_container(args, context, cluster, namespace)
    options = _log_options(args, container, follow=args.follow)
    async with aclosing(_read_lines(args, context, (cluster, namespace), options, _ByteCount())) as lines:
        async for line in lines:
            yield line


async def _read_lines(
    args: GetPodLogsInput, context: ToolContext, place: tuple[ClusterName, str], options: LogOptions, read: _ByteCount
) -> AsyncGenerator[str, None]:
    """Decoded, without control characters. Raises NotFound with the nearest pods."""
    cluster, namespace = place
    wanted = args.contains.lower()
    try:
        async for raw in (await context.cluster(cluster)).logs(namespace, args.name, options):
            read.size += len(raw) + 1
            line = strip_control(raw.decode(errors="replace"))
            if not wanted or wanted in line.lower():
                yield line
    except NotFound as cause:
        raise await not_found(context, cluster, await context.resource(cluster, "pods"), namespace, args.name) from cause


def _cluster_and_namespace(args: GetPodLogsInput, context: ToolContext) -> tuple[ClusterName, str]:
    cluster = context.context(args.context)
    return cluster, args.namespace or context.default_namespace(cluster)


def _log_options(args: GetPodLogsInput, container: str, *, follow: bool) -> LogOptions:
    try:
        since = max(1, int(parse_duration(args.since))) if args.since else None
    except ValueError as cause:
        details = {"parameter": "since", "given": args.since, "expected": "a duration such as 90s, 15m, 2h"}
        raise InvalidParams(f"since={args.since!r}", "a duration was expected", "since=15m", details) from cause
    bound = None if follow else MOST_BYTES
    return LogOptions(container, follow, args.previous, args.timestamps, since, args.tail or None, bound)


async def _choose_container(
    args: GetPodLogsInput, context: ToolContext, cluster: ClusterName, namespace: str
) -> tuple[str, tuple[str, ...]]:
    """The container to read, and a warning where it had to be chosen among several. Raises InvalidParams with the nearest container."""
    pod = (await find_object(context, cluster, await context.resource(cluster, "pods"), namespace, args.name)).body
    names = _container_names(pod)
    if args.container:
        if names and args.container not in names:
            close = nearest_or_first(args.container, names)
            details = {"parameter": "container", "given": args.container, "nearest": close}
            raise InvalidParams(f"no container {args.container!r} in {args.name}", f"it has {', '.join(names)}", close[0], details)
        return args.container, ()
    chosen = (pod.get("metadata", {}).get("annotations") or {}).get(DEFAULT_CONTAINER) or (names[0] if names else "")
    main = [one.get("name", "") for one in pod.get("spec", {}).get("containers", [])]
    return chosen, (f"of {', '.join(main)}: {chosen}",) if len(main) > 1 else ()


def _container_names(pod: dict[str, Any]) -> list[str]:
    spec = pod.get("spec", {})
    return [one.get("name", "") for field in ("containers", "initContainers", "ephemeralContainers") for one in spec.get(field) or []]


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="k8s_get_pod_logs",
        title="Read a pod's logs",
        summary="A container's log, cut to fit: trouble first, then beginning and end. previous=true for a crash.",
        input=GetPodLogsInput,
        output=PodLogs,
        risk=Risk.READ,
        capabilities=Capabilities(("pods",), ("get",), Scope.NAMESPACE, "text", cache_friendly=False),
        toolset="core",
        handler=get_pod_logs,
        aliases=("get_pod_logs",),
        kind="pods",
        stream=follow_pod_logs,
    ),
)
