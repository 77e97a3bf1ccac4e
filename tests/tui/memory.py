"""A console in memory: it implements ``runtime.api.ConsoleApi`` over a handful of objects, with a clock that does not move by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.errors import ApprovalDenied, UnknownTool, UsageError
from k8sconsole.kit.clock import FixedClock, format_rfc3339
from k8sconsole.model.attached_servers import AttachedServerStatus
from k8sconsole.model.cache_records import ClusterRecord, ResultTable, RowQuery, Rows, ScanState, ScanStatus, StoreStatus, ToolUsage
from k8sconsole.model.clusters import Connections, ContextInfo, LogOptions
from k8sconsole.model.describe import Section, describe
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, RowsChanged
from k8sconsole.model.filters import RowSubject, build_predicate, check_keys
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.history import TimelineItem
from k8sconsole.model.indicators import CACHE_HIT, SCANNED, SUGGESTED, Indicator, compute_indicators
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table
from k8sconsole.model.tools import Answer, Capabilities, Face, Question, Risk, Scope, ToolCall, ToolDescription, ToolOutcome
from k8sconsole.runtime.api import ConsoleApi, Unsubscribe
from k8sconsole.runtime.cluster_pool import unknown_context
from k8sconsole.runtime.metrics.live import LiveFigures
from k8sconsole.runtime.services.get import GetRequest, GetResult
from k8sconsole.runtime.services.history import DiffRequest, DiffResult, VersionsRequest, VersionsResult
from k8sconsole.runtime.services.scanning import ClusterReport
from k8sconsole.tools.context import Progress

NOW = 1_795_000_000.0
DEMO = ClusterName("demo")


class MemoryConsole:
    """The topics share this object's state, which tests read and change."""

    def __init__(self, objects: list[dict[str, Any]], *, is_open: bool = True) -> None:
        self.is_open = is_open
        self.clock = FixedClock(NOW)
        self.selected: tuple[ClusterName, ...] = (DEMO,)
        self.contexts = [
            ContextInfo(DEMO, "demo", "http://127.0.0.1:6443", "admin", "", current=True),
            ContextInfo(ClusterName("prod-eu"), "eu", "https://eu.example", "sre", "", problem="the certificate has expired"),
        ]
        self.confirmed = NOW
        self.trust = ClusterState(DEMO, ConnectionState.LIVE, version="v1.36.3", seen_at=NOW)
        self.revision = 1
        self.rows_by_ref: dict[ObjectRef, Row] = {}
        self.bodies: dict[ObjectRef, dict[str, Any]] = {}
        self.deletions: list[tuple[int, ObjectRef]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.log_lines: list[str] = []
        self.confirm_word = ""
        self.servers: list[AttachedServerStatus] = []
        self.cache = MemoryCache(self)
        self.history = MemoryHistory()
        self.tools = MemoryTools(self)
        self.clusters = MemoryClusters(self)
        self.scanning = MemoryScanning()
        self.metrics = MemoryMetrics()
        self.events = MemoryEvents()
        for each in objects:
            self.put(each)

    def put(self, body: dict[str, Any]) -> Row:
        resource = _resource_of_kind(body["kind"])
        seen = find_table(resource).project(msgspec.json.encode(body))
        row = Row(
            DEMO, resource.name, seen.namespace, seen.name, seen.uid, seen.resource_version, seen.created_at, NOW, seen.labels, seen.owner,
            seen.cells, self.revision,
        )  # fmt: skip
        self.rows_by_ref[row.ref] = row
        self.bodies[row.ref] = body
        return row

    def change(self, body: dict[str, Any]) -> None:
        self.revision += 1
        self.publish(RowsChanged(DEMO, self.put(body).resource, self.revision))

    def remove(self, ref: ObjectRef) -> None:
        self.revision += 1
        self.deletions.append((self.revision, ref))
        del self.rows_by_ref[ref], self.bodies[ref]
        self.publish(RowsChanged(DEMO, ref.resource, self.revision))

    def publish(self, fact: Fact) -> None:
        for listener in tuple(self.events.listeners):
            listener(fact)


class MemoryEvidence:
    """The rows that a filter was applied to."""

    def __init__(self, subjects: list[RowSubject]) -> None:
        self._subjects = subjects

    def label_sets(self) -> list[Mapping[str, str]]:
        return [subject.labels for subject in self._subjects]

    label_sets_of_kind = label_sets

    def subjects(self, most: int | None = None) -> list[RowSubject]:
        return self._subjects[:most]


class MemoryCache:
    def __init__(self, console: MemoryConsole) -> None:
        self._console = console

    async def rows(self, query: RowQuery) -> Rows:
        console = self._console
        rows = [
            row
            for row in console.rows_by_ref.values()
            if row.resource == query.resource
            and row.cluster in (query.clusters or (DEMO,))
            and (not query.namespaces or row.namespace in query.namespaces)
        ]
        if query.filter is not None:
            keep = build_predicate(query.filter, console.clock.now())
            table = find_table(next(each for each in BUILTIN if each.name == query.resource))
            subjects = [RowSubject(row, table, lambda row: console.bodies.get(row.ref)) for row in rows]
            rows = [row for row, subject in zip(rows, subjects, strict=True) if keep(subject)]
            check_keys(query.filter, (table,), set(), len(rows), MemoryEvidence(subjects))
        if query.after_revision is not None:
            after = query.after_revision
            gone = tuple(ref for at, ref in console.deletions if at > after and ref.resource == query.resource)
            rows = [row for row in rows if row.revision > after]
            return Rows(rows, len(rows), console.revision, gone=gone, whole=False)
        rows.sort(key=lambda row: (row.namespace, row.name))
        return Rows(rows[: query.limit], len(rows), console.revision)

    async def freshness(self, clusters: Sequence[ClusterName], resource: ResourceName, namespaces: Sequence[Namespace] = ()) -> Freshness:
        return Freshness(Source.CACHE, self._console.confirmed)

    async def body(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self._console.bodies.get(ref)

    async def describe(self, ref: ObjectRef) -> list[Section]:
        resource = next(each for each in BUILTIN if each.name == ref.resource)
        return describe(resource, self._console.bodies[ref], [], NOW)

    async def yaml(self, ref: ObjectRef) -> str:
        import yaml

        return str(yaml.safe_dump(self._console.bodies[ref], sort_keys=False))

    async def scan_states(self) -> list[ScanState]:
        rows = self._console.rows_by_ref.values()
        kinds = sorted({row.resource for row in rows} | {ResourceName("configmaps")})
        count = {kind: sum(row.resource == kind for row in rows) for kind in kinds}
        confirmed = self._console.confirmed
        return [
            ScanState(
                DEMO, kind, ScanStatus.COMPLETED, NOW - 12, NOW + 288, confirmed, record_count=count[kind], watching=True, seconds=0.04
            )
            for kind in kinds
        ]

    async def clusters(self) -> list[ClusterRecord]:
        return []

    async def status(self) -> StoreStatus:
        console = self._console
        return StoreStatus("/cache.db", 2_400_000, 0, 1, len(console.rows_by_ref), console.revision, NOW)

    async def query(self, sql: str, *, limit: int = 1000) -> ResultTable:
        raise UsageError("SQL", "this console is in memory", "the real console")

    async def delete_expired(self) -> int:
        return 0


class MemoryHistory:
    async def versions(self, request: VersionsRequest) -> VersionsResult:
        raise UsageError("versions", "this console is in memory", "the real console")

    async def diff(self, request: DiffRequest) -> DiffResult:
        raise UsageError("diff", "this console is in memory", "the real console")

    async def timeline(self, ref: ObjectRef) -> list[TimelineItem]:
        return [
            TimelineItem(NOW - 40, "warning", "", "kubelet", ("BackOff ×7: Back-off restarting failed container",)),
            TimelineItem(NOW - 95, "modified", f"pods/{ref.name}-x", "kubelet", ("status.phase",)),
            TimelineItem(NOW - 3700, "modified", "", "kubectl-edit", ("spec.containers[c].image: web:1 → web:2", "spec.replicas: 2 → 3")),
            TimelineItem(NOW - 90_000, "gap", "", "", ("not watched from 01:00 to 02:00 (no process was scanning)",)),
            TimelineItem(NOW - 200_000, "added"),
        ]


class MemoryTools:
    def __init__(self, console: MemoryConsole) -> None:
        self._console = console

    async def offered(self) -> list[ToolDescription]:
        text, number = {"type": "string"}, {"type": "integer", "default": 50}
        list_schema = {"type": "object", "properties": {"namespace": text, "limit": number}}
        delete_schema = {"type": "object", "required": ["kind", "name"], "properties": {"kind": text, "name": text}}
        return [
            _description("k8s_list_pods", "List pods", "Pods with their state, from the cache.", "core", Risk.READ, list_schema),
            _description(
                "k8s_delete_resource", "Delete an object", "Deletes one object of any kind.", "write", Risk.DESTRUCTIVE, delete_schema
            ),
        ]

    async def describe(self, name: str) -> ToolDescription:
        for tool in await self.offered():
            if tool.name == name:
                return tool
        raise UnknownTool(f"no tool {name!r}", "", "k8sconsole tools list")

    async def toolsets(self) -> frozenset[str]:
        return frozenset({"core", "write"})

    async def call(self, tool: str, arguments: dict[str, Any], *, face: Face | None = None, caller: str = "") -> ToolOutcome:
        console = self._console
        console.calls.append((tool, arguments))
        if tool == "k8s_delete_resource":
            question = Question(
                f"r{len(console.calls)}",
                f"Delete {arguments['kind']} {arguments['name']} on demo",
                tool,
                arguments,
                (arguments["name"],),
                ("its volume stays",),
                "accepted by the server",
                "not possible for pods",
                console.confirm_word,
            )
            answer = await console.events.ask(question)
            if not answer.yes or answer.word != console.confirm_word:
                return ToolOutcome(tool, "r", error=ApprovalDenied("not deleted", "a person said no"))
            console.remove(next(ref for ref in console.rows_by_ref if ref.name == arguments["name"] and ref.resource == arguments["kind"]))
        return ToolOutcome(tool, "r", data={"ok": True}, text="done", freshness=Freshness(Source.LIVE, NOW), duration_ms=12.0)

    async def run(self, call: ToolCall, progress: Progress | None = None) -> ToolOutcome:
        return await self.call(call.tool, call.arguments)

    async def get(self, request: GetRequest) -> GetResult:
        raise UsageError("get", "this console is in memory", "the real console")

    async def logs(self, ref: ObjectRef, options: LogOptions) -> AsyncIterator[str]:
        for line in self._console.log_lines:
            yield line

    async def suggest(self, tool: str, parameter: str, given: Mapping[str, Any]) -> list[str]:
        return [name for name in ("shop", "shipping", "data") if given[parameter] in name] if parameter == "namespace" else []

    async def usage(self) -> list[ToolUsage]:
        return [ToolUsage("k8s_list_pods", 12, 11, 1, 8.4, NOW - 60)]

    async def servers(self) -> list[AttachedServerStatus]:
        return list(self._console.servers)

    async def connect_servers(self, timeout: float | None = None) -> list[AttachedServerStatus]:
        return await self.servers()

    async def connect_server(self, name: str) -> list[AttachedServerStatus]:
        return [one for one in await self.servers() if one.name == name]

    async def changed_definition(self, name: str) -> tuple[str, str] | None:
        return None

    async def trust(self, name: str) -> None: ...


class MemoryClusters:
    def __init__(self, console: MemoryConsole) -> None:
        self._console = console
        self.shared: list[ApiResource] = []

    async def contexts(self) -> list[ContextInfo]:
        return self._console.contexts

    async def selected(self) -> tuple[ClusterName, ...]:
        return self._console.selected

    async def states(self) -> dict[ClusterName, ClusterState]:
        return {DEMO: self._console.trust}

    async def select(self, names: Sequence[str]) -> None:
        known = [info.name for info in self._console.contexts]
        for name in names:
            if name not in known:
                raise unknown_context(name, known)
        self._console.selected = tuple(ClusterName(name) for name in names)

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return list(BUILTIN)

    async def find_resource(self, cluster: ClusterName, word: str) -> ApiResource:
        found = next((each for each in BUILTIN if each.answers_to(word)), None)
        if found is None:
            raise UsageError(f"no kind {word!r}", "the cluster has no resource of that name", "pods")
        return found

    async def rivals(self, cluster: ClusterName, word: str) -> list[ApiResource]:
        return self.shared

    async def table(self, cluster: ClusterName, resource: ApiResource) -> KindTable:
        return find_table(resource)


class MemoryScanning:
    async def focus(self, cluster: ClusterName, resource: ResourceName | None) -> None: ...

    async def refresh(self, cluster: ClusterName, resource: ResourceName | None = None) -> None: ...

    async def scan_once(self, kinds: Sequence[str] = ()) -> list[ClusterReport]:
        return []

    async def follow(self) -> None:
        await asyncio.Event().wait()


class MemoryMetrics:
    async def live(self) -> LiveFigures:
        return LiveFigures([0, 1, 4, 2, 0, 7, 3], [Connections(DEMO, size=3, in_use=1, made=7, reused=412, streams=38)])

    async def indicators(self) -> list[Indicator]:
        """A day of a console that was closed at night, and whose cache had nothing to be compared with yet."""
        facts = [
            (NOW - 3600.0 * hour, 0.0 if (hour * 7 + each) % 15 == 0 else 1.0)
            for hour in range(23, 0, -1)
            if not 6 < hour < 13
            for each in range(4)
        ]
        return compute_indicators({CACHE_HIT: facts, SCANNED: [(at, 1.0) for at, _ in facts], SUGGESTED: facts[:9]}, NOW - 86_400.0, NOW)

    async def prometheus(self) -> str:
        return ""

    async def prometheus_of_cache(self) -> str:
        return ""


class MemoryEvents:
    def __init__(self) -> None:
        self.listeners: list[Callable[[Fact], None]] = []
        self._question_listeners: list[Callable[[Question], None]] = []
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    def subscribe(self, listener: Callable[[Fact], None]) -> Unsubscribe:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def subscribe_questions(self, listener: Callable[[Question], None]) -> Unsubscribe:
        self._question_listeners.append(listener)
        return lambda: self._question_listeners.remove(listener)

    async def ask(self, question: Question) -> Answer:
        self._waiting[question.request_id] = asyncio.get_running_loop().create_future()
        for listener in self._question_listeners:
            listener(question)
        return await self._waiting[question.request_id]

    async def answer(self, request_id: str, answer: Answer) -> bool:
        found = self._waiting.pop(request_id, None)
        if found is not None:
            found.set_result(answer)
        return found is not None


def as_api(console: MemoryConsole) -> ConsoleApi:
    """The type checker proves here that this console offers what the real one does."""
    return console


def _resource_of_kind(kind: str) -> ApiResource:
    return next(each for each in BUILTIN if each.kind == kind)


def _description(name: str, title: str, text: str, toolset: str, risk: Risk, schema: dict[str, Any]) -> ToolDescription:
    able = Capabilities(("pods",), ("list",), Scope.NAMESPACE)
    return ToolDescription(name, title, text, toolset, risk, (), {}, able, schema, {"type": "object"})


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
async def open_console(console: MemoryConsole, size: tuple[int, int] = (80, 24), **options: Any) -> AsyncIterator[Any]:
    """The app on the console, settled. Answers the pilot."""
    from k8sconsole.config.settings import Settings
    from k8sconsole.tui.app import ConsoleApp
    from k8sconsole.tui.visuals.glyphs import UNICODE

    app = ConsoleApp(console, options.pop("settings", Settings()), clock=console.clock, glyphs=UNICODE, **options)
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
