"""A console in memory: the same questions as the real one, answered from a handful of objects, with a clock that stands still."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec

from k8sconsole.errors import UsageError
from k8sconsole.kit.clock import FixedClock, format_rfc3339
from k8sconsole.model.attached_servers import AttachedServerStatus
from k8sconsole.model.cache_records import RowQuery, Rows, ScanState, ScanStatus, StoreStatus, ToolUsage
from k8sconsole.model.clusters import Connections, ContextInfo, LogOptions
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, RowsChanged
from k8sconsole.model.filters import RowSubject, build_predicate
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history import TimelineItem
from k8sconsole.model.indicators import CACHE_HIT, SCANNED, SUGGESTED, Indicator, compute_indicators
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, ObjectRef
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table
from k8sconsole.model.tools import Answer, Face, Question, Risk, ToolOutcome

NOW = 1_795_000_000.0
DEMO = ClusterName("demo")


class Approvals:
    def __init__(self) -> None:
        self.listeners: list[Callable[[Question], None]] = []
        self.waiting: dict[str, asyncio.Future[Answer]] = {}

    async def ask(self, question: Question) -> Answer:
        self.waiting[question.request_id] = asyncio.get_running_loop().create_future()
        for listener in self.listeners:
            listener(question)
        return await self.waiting[question.request_id]

    def answer(self, request_id: str, answer: Answer) -> bool:
        found = self.waiting.pop(request_id, None)
        if found is not None:
            found.set_result(answer)
        return found is not None


class Servers:
    """The attached MCP servers, as the test has them."""

    def __init__(self) -> None:
        self.told: list[AttachedServerStatus] = []

    def states(self) -> list[AttachedServerStatus]:
        return list(self.told)


class MemoryConsole:
    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.clock = FixedClock(NOW)
        self.approvals = Approvals()
        self.outside = Servers()
        self.selected: tuple[ClusterName, ...] = (DEMO,)
        self.confirmed = NOW
        self.trust = ClusterState(DEMO, ConnectionState.LIVE, version="v1.36.3", seen_at=NOW)
        self.revision = 1
        self.listeners: list[Callable[[Fact], None]] = []
        self.rows_by_ref: dict[ObjectRef, Row] = {}
        self.bodies: dict[ObjectRef, dict[str, Any]] = {}
        self.deletions: list[tuple[int, ObjectRef]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.log_lines: list[str] = []
        self.confirm_word = ""
        for one in objects:
            self.put(one)

    # what a test does to the cluster

    def put(self, body: dict[str, Any]) -> Row:
        resource = next(one for one in BUILTIN if one.kind == body["kind"])
        seen = find_table(resource).project(msgspec.json.encode(body))
        row = Row(
            DEMO,
            resource.name,
            seen.namespace,
            seen.name,
            seen.uid,
            seen.resource_version,
            seen.created_at,
            NOW,
            seen.labels,
            seen.owner,
            seen.cells,
            self.revision,
        )
        self.rows_by_ref[row.ref] = row
        self.bodies[row.ref] = body
        return row

    def change(self, body: dict[str, Any]) -> None:
        self.revision += 1
        self.tell(RowsChanged(DEMO, self.put(body).resource, self.revision))

    def remove(self, ref: ObjectRef) -> None:
        self.revision += 1
        self.deletions.append((self.revision, ref))
        del self.rows_by_ref[ref], self.bodies[ref]
        self.tell(RowsChanged(DEMO, ref.resource, self.revision))

    def tell(self, fact: Fact) -> None:
        for listener in self.listeners:
            listener(fact)

    # what the console is asked

    def contexts(self) -> list[ContextInfo]:
        return [
            ContextInfo(DEMO, "demo", "http://127.0.0.1:6443", "admin", "default", current=True),
            ContextInfo(ClusterName("prod-eu"), "eu", "https://eu.example", "sre", "", problem="the certificate has expired"),
        ]

    def states(self) -> dict[ClusterName, ClusterState]:
        return {DEMO: self.trust}

    async def select(self, clusters: tuple[ClusterName, ...]) -> None:
        self.selected = clusters

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return list(BUILTIN)

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        found = next((one for one in BUILTIN if one.answers_to(word)), None)
        if found is None:
            raise UsageError(f"no kind {word!r}", "the cluster has no resource of that name", "pods")
        return found

    def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        return find_table(resource)

    async def rows(self, query: RowQuery) -> Rows:
        rows = [
            row
            for row in self.rows_by_ref.values()
            if row.resource == query.resource
            and row.cluster in (query.clusters or (DEMO,))
            and (not query.namespaces or row.namespace in query.namespaces)
        ]
        if query.filter is not None:
            keep = build_predicate(query.filter, self.clock.now())
            table = find_table(next(one for one in BUILTIN if one.name == query.resource))
            rows = [row for row in rows if keep(RowSubject(row, table, lambda row: self.bodies.get(row.ref)))]
        if query.after_revision is not None:
            after = query.after_revision
            gone = tuple(ref for at, ref in self.deletions if at > after and ref.resource == query.resource)
            rows = [row for row in rows if row.revision > after]
            return Rows(rows, len(rows), self.revision, gone=gone, whole=False)
        rows.sort(key=lambda row: (row.namespace, row.name))
        return Rows(rows[: query.limit], len(rows), self.revision)

    async def freshness(self, clusters: tuple[ClusterName, ...], resource: str) -> Freshness:
        return Freshness(Source.CACHE, self.confirmed)

    async def scan_states(self) -> list[ScanState]:
        kinds = sorted({row.resource for row in self.rows_by_ref.values()} | {"configmaps"})
        count = {kind: sum(row.resource == kind for row in self.rows_by_ref.values()) for kind in kinds}
        return [
            ScanState(
                DEMO, kind, ScanStatus.COMPLETED, NOW - 12, NOW + 288, self.confirmed, record_count=count[kind], watching=True, seconds=0.04
            )
            for kind in kinds
        ]

    async def body(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self.bodies.get(ref)

    async def yaml(self, ref: ObjectRef) -> str:
        import yaml

        return yaml.safe_dump(self.bodies[ref], sort_keys=False)

    async def describe(self, ref: ObjectRef) -> list[Any]:
        from k8sconsole.model.describe import describe

        return describe(next(one for one in BUILTIN if one.name == ref.resource), self.bodies[ref], [], NOW)

    async def timeline(self, ref: ObjectRef) -> list[TimelineItem]:
        return [
            TimelineItem(NOW - 40, "warning", "", "kubelet", ("BackOff ×7: Back-off restarting failed container",)),
            TimelineItem(NOW - 95, "modified", f"pods/{ref.name}-x", "kubelet", ("status.phase",)),
            TimelineItem(NOW - 3700, "modified", "", "kubectl-edit", ("spec.containers[c].image: web:1 → web:2", "spec.replicas: 2 → 3")),
            TimelineItem(NOW - 90_000, "gap", "", "", ("nobody was watching from 01:00 to 02:00 (no process was scanning)",)),
            TimelineItem(NOW - 200_000, "added"),
        ]

    async def call(self, tool: str, arguments: dict[str, Any], *, face: Face = Face.TUI, caller: str = "") -> ToolOutcome:
        from k8sconsole.errors import ApprovalDenied

        self.calls.append((tool, arguments))
        if tool == "k8s_delete_resource":
            question = Question(
                f"r{len(self.calls)}",
                f"Delete {arguments['kind']} {arguments['name']} on demo",
                tool,
                arguments,
                (arguments["name"],),
                ("its volume stays",),
                "accepted by the server",
                "not possible for pods",
                self.confirm_word,
            )
            answer = await self.approvals.ask(question)
            if not answer.yes or answer.word != self.confirm_word:
                return ToolOutcome(tool, "r", error=ApprovalDenied("not deleted", "a person said no"))
            self.remove(next(ref for ref in self.rows_by_ref if ref.name == arguments["name"] and ref.resource == arguments["kind"]))
        return ToolOutcome(tool, "r", data={"ok": True}, text="done", freshness=Freshness(Source.LIVE, NOW), duration_ms=12.0)

    async def logs(self, ref: ObjectRef, options: LogOptions) -> AsyncIterator[str]:
        for line in self.log_lines:
            yield line

    def tools(self) -> list[Any]:
        return [
            Spec(
                "k8s_list_pods",
                "List pods",
                "Pods with their state, from the cache.",
                "core",
                Risk.READ,
                {"type": "object", "properties": {"namespace": {"type": "string"}, "limit": {"type": "integer", "default": 50}}},
            ),
            Spec(
                "k8s_delete_resource",
                "Delete an object",
                "Deletes one object of any kind.",
                "write",
                Risk.DESTRUCTIVE,
                {"type": "object", "required": ["kind", "name"], "properties": {"kind": {"type": "string"}, "name": {"type": "string"}}},
            ),
        ]

    async def tool_usage(self) -> list[ToolUsage]:
        return [ToolUsage("k8s_list_pods", 12, 11, 1, 8.4, NOW - 60)]

    async def store_status(self) -> StoreStatus:
        return StoreStatus("/cache.db", 2_400_000, 0, 1, len(self.rows_by_ref), self.revision, NOW)

    async def figures(self) -> "Measured":
        return Measured()

    async def indicators(self) -> list[Indicator]:
        """A day of a console that was closed at night, and whose cache had nothing to be compared with yet."""
        facts = [
            (NOW - 3600.0 * hour, 0.0 if (hour * 7 + each) % 15 == 0 else 1.0)
            for hour in range(23, 0, -1)
            if not 6 < hour < 13
            for each in range(4)
        ]
        return compute_indicators({CACHE_HIT: facts, SCANNED: [(at, 1.0) for at, _ in facts], SUGGESTED: facts[:9]}, NOW - 86_400.0, NOW)

    def focus(self, cluster: ClusterName, resource: str) -> None: ...

    async def refresh(self, cluster: ClusterName, resource: str) -> None: ...
    async def suggest(self, tool: str, parameter: str, given: Mapping[str, str]) -> list[str]:
        return [name for name in ("shop", "shipping", "data") if given[parameter] in name] if parameter == "namespace" else []


class Spec(msgspec.Struct, frozen=True):
    name: str
    title: str
    description: str
    toolset: str
    risk: Risk
    input_schema: dict[str, Any]

    def describe(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)


class Measured(msgspec.Struct, frozen=True):
    changes: tuple[float, ...] = (0, 1, 4, 2, 0, 7, 3)
    connections: tuple[Connections, ...] = (Connections(DEMO, size=3, in_use=1, made=7, reused=412, streams=38),)


class Embedded:
    """The console on the app's own loop. stands: whether it is open when the app starts."""

    def __init__(self, console: MemoryConsole, *, stands: bool = True) -> None:
        self.stands = stands
        self.console = console

    async def do(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await work(self.console)

    async def stream(self, work: Callable[[Any], AsyncIterator[Any]]) -> AsyncIterator[Any]:
        async for item in work(self.console):
            yield item

    def subscribe(self, listener: Callable[[Fact], None]) -> None:
        self.console.listeners.append(listener)

    def questions(self, listener: Callable[[Question], None]) -> None:
        self.console.approvals.listeners.append(listener)


def pod(
    name: str,
    namespace: str = "shop",
    *,
    phase: str = "Running",
    ready: bool = True,
    restarts: int = 0,
    age: float = 7200.0,
    reason: str = "",
    node: str = "node-a1",
    labels: dict[str, str] | None = None,
    uid: str = "",
) -> dict[str, Any]:
    state: dict[str, Any] = {"waiting": {"reason": reason}} if reason else {"running": {"startedAt": format_rfc3339(NOW - age)}}
    last = {"terminated": {"finishedAt": format_rfc3339(NOW - 38), "reason": "Error", "exitCode": 1}} if restarts else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid or f"uid-{namespace}-{name}",
            "creationTimestamp": format_rfc3339(NOW - age),
            "labels": labels or {"app": name.split("-")[0]},
        },
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "shop/main:1.4", "ports": [{"containerPort": 8080}]}]},
        "status": {
            "phase": phase,
            "podIP": "10.0.0.7",
            "containerStatuses": [
                {"name": "main", "ready": ready, "restartCount": restarts, "state": state, "lastState": last, "image": "shop/main:1.4"}
            ],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def shop() -> list[dict[str, Any]]:
    def meta(name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            **({"namespace": namespace} if namespace else {}),
            "uid": f"uid-{name}",
            "creationTimestamp": format_rfc3339(NOW - 86_400 * 5),
            **more,
        }

    return [
        pod("checkout-7d9c4b8f5-2kx9p", ready=False, restarts=14, reason="CrashLoopBackOff"),
        pod("checkout-7d9c4b8f5-9qv7w", ready=False, restarts=14, reason="CrashLoopBackOff"),
        pod("ledger-0", phase="Pending", ready=False, reason="ContainerCreating", age=540, node=""),
        pod("mailer-5c6d-x2x4z", age=86_400 * 5, restarts=3),
        pod("web-6f7b9c-aaaaa", age=86_400 * 3),
        pod("web-6f7b9c-bbbbb", age=86_400 * 3),
        pod("seed-data-x7x7x", phase="Succeeded", ready=False, age=90_000),
        pod("coredns-1", "kube-system", age=86_400 * 30),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta("shop"), "status": {"phase": "Active"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta("kube-system"), "status": {"phase": "Active"}},
        {"apiVersion": "v1", "kind": "Node", "metadata": meta("node-a1"), "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta("web", "shop"),
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}},
            "status": {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta("web", "shop"),
            "spec": {"selector": {"app": "web"}, "clusterIP": "10.1.0.9", "ports": [{"port": 80}]},
        },
    ]


@contextlib.asynccontextmanager
async def open_console(
    console: MemoryConsole, size: tuple[int, int] = (80, 24), *, stands: bool = True, **options: Any
) -> AsyncIterator[Any]:
    """The app on the console, settled. Answers the pilot."""
    from k8sconsole.config.settings import Settings
    from k8sconsole.tui.app import ConsoleApp
    from k8sconsole.tui.visuals.glyphs import UNICODE

    app = ConsoleApp(Embedded(console, stands=stands), options.pop("settings", Settings()), clock=console.clock, glyphs=UNICODE, **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        yield pilot


BRIEF = frozenset({"load", "follow", "filter", "trust", "default", "answer", "command", "show"})
"""Groups of workers that end by themselves; the others wait for a person."""


async def settled(pilot: Any, times: int = 4) -> None:
    """Workers done and everything drawn."""
    for _ in range(times):
        brief = [one for one in pilot.app.workers if one.group in BRIEF]
        if brief:
            await pilot.app.workers.wait_for_complete(brief)
        await pilot.pause()
