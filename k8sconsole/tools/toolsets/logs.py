"""Container logs."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated

import msgspec
from msgspec import Meta

from k8sconsole.errors import NotFound
from k8sconsole.kit.text import keep_colours, strip_ansi, strip_control
from k8sconsole.model.clusters import LogOptions
from k8sconsole.model.masking import mask_text
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Face, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.queries import parse_moment
from k8sconsole.tools.object_lookup import container_names, container_not_found, find_object, object_not_found
from k8sconsole.tools.output.log_digest import digest_log
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, form_budget
from k8sconsole.tools.parameters import Container, OwnNamespace, PodName, Since
from k8sconsole.tools.reading.workload_pods import locate_sick_pod
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

MOST_BYTES = 16_000_000
"""Bytes read at most. By default a kubelet rotates a log file at 10 MB."""
_WRAPPING = 30
"""Tokens reserved for the fields around the log in a reply."""
FOLLOW = 20.0
"""Seconds that one reply waits for new lines with follow=true. Well below the deadline of a call."""
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class GetPodLogsInput(Common, kw_only=True):
    name: PodName
    namespace: OwnNamespace = ""
    container: Container = ""
    previous: Annotated[bool, Meta(description="The instance before the last restart: why it crashed")] = False
    tail: Annotated[int, Meta(ge=0, le=100_000, description="Last lines to read; 0: all")] = 1000
    since: Since = ""
    timestamps: Annotated[bool, Meta(description="With times")] = False
    contains: Annotated[str, Meta(description="Only lines that contain this, any case")] = ""
    follow: Annotated[bool, Meta(description="Also new lines of the next 20 s")] = False
    max_tokens: MaxTokens = DEFAULT_TOKENS


class PodLogs(msgspec.Struct):
    """lines: number of lines read. left_out: lines that did not fit, after repeats were folded. log: text, oldest line first; if it did
    not fit, the lines that report errors come first, and lines that differ in times, ids and addresses only are folded."""

    pod: str
    container: str
    log: str
    lines: int
    left_out: int


class _ReceivedAmount(msgspec.Struct):
    """size, lines: received, including what the filter drops."""

    size: int = 0
    lines: int = 0


async def get_pod_logs(args: GetPodLogsInput, context: ToolContext) -> Reply:
    cluster, namespace = _cluster_and_namespace(args, context)
    container, warnings = await _choose_log_container(args, context, cluster, namespace)
    options = _log_options(args, container, context.now, follow=args.follow)
    count = _ReceivedAmount()
    lines = await _collect_lines(
        _read_lines(args, context, (cluster, namespace), options, count, _strip_sequences), count, context, FOLLOW if args.follow else None
    )
    shown, left_out = await asyncio.to_thread(_mask_and_fit, lines, form_budget(args.max_tokens) - _WRAPPING)
    if count.size >= MOST_BYTES:
        warnings = (
            *warnings,
            f"only the first {MOST_BYTES // 1_000_000} MB were read; use since or a smaller tail for later lines",
        )
    if left_out:
        warnings = (*warnings, f"{left_out} lines left out to fit; use contains, since, tail or a larger max_tokens")
    text = "\n".join(shown)
    if count.lines and not lines:
        warnings = (*warnings, f"none of the {count.lines} lines read contains {args.contains!r}; use a larger tail, since or previous")
    logs = PodLogs(args.name, container, text, len(lines), left_out)
    head = f"{args.name} · {container or 'default container'}{' · previous instance' if args.previous else ''} · {len(lines)} lines"
    return Reply(
        msgspec.to_builtins(logs),
        f"{head}\n{text}" if text else f"{head}{_empty_reason(count)}",
        context.live_freshness(),
        warnings=warnings,
    )


def _empty_reason(count: _ReceivedAmount) -> str:
    return f" of {count.lines} match" if count.lines else ": empty log"


def _mask_and_fit(lines: list[str], budget: int) -> tuple[list[str], int]:
    """The log is masked in one piece, since a private key spans several lines."""
    return digest_log(mask_text("\n".join(lines)).split("\n"), budget) if lines else ([], 0)


async def _collect_lines(
    source: AsyncGenerator[str, None], count: _ReceivedAmount, context: ToolContext, seconds: float | None
) -> list[str]:
    """All lines, or the lines of so many seconds. Progress reports the number of lines, never their text."""
    lines: list[str] = []
    reported = 0
    try:
        async with asyncio.timeout(seconds), aclosing(source):
            async for line in source:
                lines.append(line)
                if count.size >= MOST_BYTES:
                    break
                if seconds is not None and context.now >= reported + 1:
                    reported = int(context.now)
                    await context.progress(len(lines), None, f"{len(lines)} lines")
    except TimeoutError:
        pass
    return lines


def _strip_sequences(line: str) -> str:
    return strip_control(strip_ansi(line))


async def follow_pod_logs(args: GetPodLogsInput, context: ToolContext) -> AsyncGenerator[str, None]:
    cluster, namespace = _cluster_and_namespace(args, context)
    container, _ = await _choose_log_container(args, context, cluster, namespace)
    options = _log_options(args, container, context.now, follow=args.follow)
    clean = keep_colours if context.face is Face.TUI else _strip_sequences
    async with aclosing(_read_lines(args, context, (cluster, namespace), options, _ReceivedAmount(), clean)) as lines:
        async for line in lines:
            yield line


async def _read_lines(
    args: GetPodLogsInput,
    context: ToolContext,
    place: tuple[ClusterName, str],
    options: LogOptions,
    count: _ReceivedAmount,
    clean: Callable[[str], str],
) -> AsyncGenerator[str, None]:
    """The lines, decoded and without control characters. Raises NotFound with the nearest pods.

    clean: what a line may keep of its escape sequences."""
    cluster, namespace = place
    wanted = args.contains.lower()
    try:
        async for raw in (await context.open_cluster(cluster)).logs(namespace, args.name, options):
            count.size += len(raw) + 1
            count.lines += 1
            line = clean(raw.decode(errors="replace").removesuffix("\r"))
            if not wanted or wanted in strip_ansi(line).lower():
                yield line
    except NotFound as cause:
        raise await object_not_found(context, cluster, await context.find_resource(cluster, "pods"), namespace, args.name) from cause


def _cluster_and_namespace(args: GetPodLogsInput, context: ToolContext) -> tuple[ClusterName, str]:
    cluster = context.resolve_context(args.context)
    return cluster, args.namespace or context.default_namespace(cluster)


def _log_options(args: GetPodLogsInput, container: str, now: float, *, follow: bool) -> LogOptions:
    """now: seconds since the epoch. Raises InvalidParams for a ``since`` that is no time."""
    since = max(1, round(now - parse_moment(args.since, "since", now))) if args.since else None
    bound = None if follow else MOST_BYTES
    return LogOptions(container, follow, args.previous, args.timestamps, since, args.tail or None, bound)


async def _choose_log_container(
    args: GetPodLogsInput, context: ToolContext, cluster: ClusterName, namespace: str
) -> tuple[str, tuple[str, ...]]:
    """The container to read, and a warning if it was chosen from several. Raises InvalidParams with the nearest containers."""
    pod = (await find_object(context, cluster, await context.find_resource(cluster, "pods"), namespace, args.name)).body
    names = container_names(pod)
    if args.container:
        if names and args.container not in names:
            raise container_not_found(args.container, args.name, names)
        return args.container, ()
    chosen = (pod.get("metadata", {}).get("annotations") or {}).get(DEFAULT_CONTAINER) or (names[0] if names else "")
    main = [one.get("name", "") for one in pod.get("spec", {}).get("containers", [])]
    return chosen, (f"the pod has containers {', '.join(main)}; this is {chosen}",) if len(main) > 1 else ()


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "get_pod_logs",
        "Read a pod's logs",
        "A container's log, shortened to fit: errors first, then beginning and end. previous=true for a crash.",
        (GetPodLogsInput, PodLogs),
        get_pod_logs,
        Capabilities(("pods",), ("get",), Scope.NAMESPACE, "text", cache_friendly=False),
        kind="pods",
        stream=follow_pod_logs,
        locate=locate_sick_pod,
    ),
)
