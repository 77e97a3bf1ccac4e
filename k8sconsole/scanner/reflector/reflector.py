"""Keeps one kind of one cluster in sync, as client-go's reflector does.

It lists the kind, or resumes where an earlier scan ended; then it watches, and lists again when the watch can no longer confirm the rows.
"""

import asyncio
from collections.abc import Coroutine
from shlex import quote
from typing import Any

import msgspec

from k8sconsole.errors import (
    ApiError,
    ConsoleError,
    DeadlineExceeded,
    Forbidden,
    Gone,
    NotFound,
    OutOfFiles,
    TooManyRequests,
    Unavailable,
    refusal_of,
)
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.model.resources import is_served_apart
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.scanner.context import KindReport, ScanContext, cancel_all
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.scanner.reflector.accessible_namespaces import AccessibleNamespaces
from k8sconsole.scanner.reflector.lister import list_kind
from k8sconsole.scanner.reflector.sync_status import SyncStatus
from k8sconsole.scanner.reflector.watch_cursor import WatchCursor, decode_cursor
from k8sconsole.scanner.reflector.watcher import Watcher
from k8sconsole.store.port import ScanState

_SHORT_WATCH = 1.0
"""Seconds. A shorter watch with few events counts as a failure; otherwise a server that ends every watch at once gets endless requests."""

_STABLE_WATCH = 5.0
"""Seconds of success after which an error starts a new backoff."""

_MAX_FAILED_RESUMES = 8
"""Consecutive watches that failed before any event. After these the kind is listed again: its resourceVersion may be the cause."""

_INTERNAL_ERROR = 500
"""Above this HTTP status a gateway reports that the server is unreachable; this status is the server's own failure."""

_MAX_RETRY_AFTER = 300.0
"""Seconds: the longest that a server's Retry-After is honoured."""


class Reflector:
    """Reflects one kind into the store. Belongs to one loop.

    first_list_finished: set when the first list has ended, successfully or not, or was not needed.
    recorded: the state that an earlier scan left.
    """

    def __init__(self, context: ScanContext, resource: ApiResource, recorded: ScanState | None = None) -> None:
        self.resource = resource
        self._context = context
        self._status = SyncStatus(context, resource, recorded)
        self._accessible = AccessibleNamespaces(context, resource)
        self._cursor: WatchCursor | None = None
        self._can_resume = recorded is not None
        self._failed_resumes = 0
        self._listed_at = self._turn_at = float("-inf")
        self._in_turns = False
        self._backoff = Backoff(context.clock)
        self.first_list_finished = asyncio.Event()
        self._relist_requested = asyncio.Event()
        self._waiting: list[asyncio.Future[KindReport]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rows were written with; empty before the first list."""
        return self._cursor.parser.columns if self._cursor else ()

    async def list_once(self) -> KindReport:
        """Lists once. A failure is in the report and in the scan state; it is not raised."""
        for tries_left in (2, 1, 0):
            try:
                async with self._context.limiter.slot(self.resource.name):
                    return await self._list()
            except (ConsoleError, msgspec.MsgspecError) as error:
                if not tries_left or not isinstance(error, Gone | TooManyRequests):
                    report = await self._status.record_failure(error, self._context.clock.now())
                    self._publish_report(report)
                    return report
                await self._sleep_until_requested(self._retry_delay(error))
        raise AssertionError("the last try returns")

    async def refresh(self) -> KindReport:
        """Requests a list from ``run`` and waits for its report."""
        report: asyncio.Future[KindReport] = asyncio.get_running_loop().create_future()
        self._waiting.append(report)
        self.request_relist()
        return await report

    def request_relist(self) -> None:
        """Makes ``run`` list the kind now."""
        self._drop_cursor()
        self._relist_requested.set()

    def namespaces_changed(self) -> None:
        """A new namespace may exist in which this kind can be read."""
        self._accessible.namespaces_changed()

    async def add_to_count(self, report: KindReport) -> None:
        """Counts the rows that a partial refresh has added or deleted."""
        await self._status.add_to_count(report.added - report.deleted, self._status.state.resource_version)

    async def release(self) -> None:
        """Records that the kind is no longer watched."""
        self._context.slots.release(self.resource.name)
        if self._status.state.watching or self._in_turns:
            await self._status.record_stopped()

    async def run(self) -> None:
        """Lists and watches until cancelled. Every failure is recorded in the scan state and then retried."""
        while True:
            await self._context.health.wait_until_reachable()
            began = self._context.clock.monotonic()
            try:
                await self._list_and_watch()
            except Exception as error:  # noqa: BLE001 - an unexpected failure of one kind must not end its reflector, or the others
                if self._context.clock.monotonic() - began >= _STABLE_WATCH:
                    self._backoff.reset()
                await self._handle_failure(error)

    async def _list_and_watch(self) -> None:
        if self._cursor is None and self._can_resume:
            await self._resume()
        if self._cursor is None or self._is_due():
            self._relist_requested.clear()
            async with self._context.limiter.slot(self.resource.name):
                await self._list()
        if self._context.plan.should_watch(self.resource):
            await self._watch()
        else:
            await self._sleep_until_requested(max(1.0, self._seconds_until_due()))

    def _is_due(self) -> bool:
        """Whether a kind that is not watched must be listed again."""
        return not self._context.plan.should_watch(self.resource) and self._seconds_until_due() <= 0

    def _seconds_until_due(self) -> float:
        """By the monotonic clock, which a change of the wall clock does not affect."""
        return self._listed_at + self._context.plan.interval(self.resource) - self._context.clock.monotonic()

    async def _resume(self) -> None:
        """Continues where an earlier scan ended, if its rows still exist and belong to this cluster."""
        self._can_resume = False
        state, cluster = self._status.state, self._context.cluster
        parser = ResourceParser(self.resource, await self._context.store.metadata.table(cluster, self.resource.name))
        cursor = decode_cursor(state.resource_version, self._context.health.uid, parser)
        if cursor is None or not self._context.plan.should_watch(self.resource):
            return
        cached = (await self._context.store.objects.counts(cluster)).get(self.resource.name, 0)
        if cursor.versions.keys() == self._accessible.full_scope and bool(cached) == bool(state.record_count):
            self._set_cursor(cursor)
            self._publish_report(KindReport(cluster, self.resource.name, state.record_count, missing=state.missing))

    async def _list(self) -> KindReport:
        self._accessible.watched = frozenset()
        began = self._context.clock.monotonic()
        await self._status.record_list_started()
        result = await list_kind(self._context, self._accessible)
        self._set_cursor(WatchCursor(result.parser, result.versions))
        self._listed_at, self._in_turns = began, False
        await self._status.record_list_finished(result, self._encode_cursor(), self._covered())
        self._publish_report(result.report)
        return result.report

    def _set_cursor(self, cursor: WatchCursor) -> None:
        self._cursor = cursor
        self._accessible.watched = frozenset(cursor.versions)

    def _covered(self) -> tuple[str, ...]:
        """The namespaces that the rows cover; empty for the whole cluster."""
        versions = self._cursor.versions if self._cursor else {}
        return () if None in versions else tuple(sorted(scope for scope in versions if scope is not None))

    def _encode_cursor(self) -> str:
        return self._cursor.encode(self._context.health.uid) if self._cursor else ""

    def _drop_cursor(self) -> None:
        self._cursor, self._can_resume = None, False

    async def _watch(self) -> None:
        """Watches all the time where a slot is free, else waits for the next turn or takes it."""
        if self._cursor is None:
            return
        slots, connections = self._context.slots, max(1, len(self._cursor.versions))
        watcher = Watcher(self._context, self._status, self._accessible, self._cursor)
        revoked = slots.try_hold(self.resource.name, connections)
        if revoked is not None:
            self._in_turns = False
            await self._run_until_interrupted(watcher.run_until_one_ends(), revoked, watcher)
            return
        offer = slots.join_turns(self.resource.name, connections)
        await self._record_in_turns()
        seconds = self._turn_at - self._context.clock.monotonic()
        if seconds > 0:
            await self._run_until_interrupted(asyncio.sleep(seconds), offer)
            return
        await self._run_until_interrupted(watcher.catch_up(), offer, watcher)
        self._turn_at = self._context.clock.monotonic() + slots.interval

    async def _record_in_turns(self) -> None:
        if self._in_turns:
            return
        self._in_turns = True
        slots, clock = self._context.slots, self._context.clock
        self._turn_at = max(self._turn_at, min(self._listed_at, clock.monotonic()) + slots.interval)
        await self._status.record_in_turns(clock.now() + max(0.0, self._turn_at - clock.monotonic()), slots.interval)

    async def _run_until_interrupted(
        self, work: Coroutine[Any, Any, None], slots_changed: asyncio.Event, watcher: Watcher | None = None
    ) -> None:
        """Works until the end, or until a relist is requested, a further namespace can be read, slots are revoked or offered, or the
        cluster is lost. watcher: the one that works."""
        began = self._context.clock.monotonic()
        waits: tuple[Coroutine[Any, Any, object], ...] = (
            work,
            self._accessible.wait_for_new_scope(),
            self._context.health.wait_until_lost(),
            self._wait_for_relist_request(),
            slots_changed.wait(),
        )
        tasks = ended, new_scope, lost, *_ = [asyncio.create_task(wait) for wait in waits]
        try:
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_all(tasks)
        if ended in done:
            await self._handle_end(ended, watcher, self._context.clock.monotonic() - began)
        elif lost in done:
            remedy = f"k8sconsole doctor --context {quote(self._context.cluster)}; its watches resume when it answers"
            raise DeadlineExceeded(f"{self._context.cluster} does not answer", "several requests got no reply", remedy)
        elif new_scope in done:
            new_scope.result()
            await self._add_scopes()
        elif slots_changed.is_set():
            slots_changed.clear()
            self._status.mark_exited_cleanly()

    async def _handle_end(self, ended: asyncio.Task[object], watcher: Watcher | None, seconds: float) -> None:
        if watcher is None:
            ended.result()
            return
        self._failed_resumes = 0 if watcher.received_anything else self._failed_resumes + 1
        ended.result()
        if watcher.refusal is not None:
            await self._remove_forbidden_scope(watcher.refusal)
        elif seconds < _SHORT_WATCH and not watcher.received_flood:
            await self._sleep_until_requested(self._backoff.next())
        else:
            self._backoff.reset()

    async def _remove_forbidden_scope(self, refusal: Forbidden) -> None:
        """A scope has become forbidden: its rows are kept, and it is reported as missing."""
        if self._cursor is not None and self._cursor.versions:
            missing = self._accessible.describe_missing(self._cursor.versions)
            self._publish_report(await self._status.record_missing(missing, self._covered()))
        else:
            self._status.add_gap_reason(refusal)
            self._drop_cursor()

    async def _add_scopes(self) -> None:
        """Lists the scopes that have become readable, and watches them with the others."""
        before = self._cursor
        if before is None:
            return
        self._status.mark_exited_cleanly()
        async with self._context.limiter.slot(self.resource.name):
            result = await list_kind(self._context, self._accessible)
        versions = result.versions if None in result.versions else {**before.versions, **result.versions}
        self._set_cursor(WatchCursor(result.parser, versions))
        await self._status.add_to_count(result.report.added - result.report.deleted, self._encode_cursor())
        self._publish_report(await self._status.record_missing(result.report.missing, self._covered()))

    async def _handle_failure(self, error: Exception) -> None:
        if isinstance(error, OSError):
            error = refusal_of(f"cannot read {self.resource.name}", error)
        delay = self._retry_delay(error)
        if isinstance(error, Unavailable) or _is_gateway_error(error, self.resource.name):
            self._context.health.suspect()
        if isinstance(error, OutOfFiles):
            self._context.out_of_files(error)
        if isinstance(error, Forbidden | NotFound):
            self._context.slots.release(self.resource.name)
        if isinstance(error, Gone | Forbidden | NotFound) or self._failed_resumes >= _MAX_FAILED_RESUMES:
            self._failed_resumes = 0
            self._drop_cursor()
        report = await self._status.record_failure(error, self._context.clock.now() + delay)
        if isinstance(error, Gone):  # waiting callers get the report of the list that follows
            self._context.list_finished(report)
        else:
            self._publish_report(report)
        await self._sleep_until_requested(delay, or_new_scope=isinstance(error, Forbidden) and self.resource.namespaced)

    def _retry_delay(self, error: Exception) -> float:
        if isinstance(error, Forbidden | NotFound):
            return self._context.plan.forbidden_retry_interval(self.resource)
        retry_after = min(error.retry_after, _MAX_RETRY_AFTER) if isinstance(error, ApiError) else 0.0
        return max(retry_after, self._backoff.next())

    def _publish_report(self, report: KindReport) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(report)
        self.first_list_finished.set()
        self._context.list_finished(report)

    async def _sleep_until_requested(self, seconds: float, *, or_new_scope: bool = False) -> None:
        """Ends early when a relist is requested or, with ``or_new_scope``, when another namespace can be tried."""
        waits = [self._wait_for_relist_request(), *([self._accessible.wait_for_new_scope()] if or_new_scope else [])]
        tasks = [asyncio.create_task(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_all(tasks)

    async def _wait_for_relist_request(self) -> None:
        await self._relist_requested.wait()


def _is_gateway_error(error: Exception, resource: ResourceName) -> bool:
    """Whether a gateway reports that the API server is unreachable, and not the API server that another one is."""
    return getattr(error, "http_status", 0) > _INTERNAL_ERROR and not is_served_apart(resource)
