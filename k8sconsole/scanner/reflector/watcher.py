"""The watches of one kind, one per scope: every version they deliver is written, and each delivery confirms the rows."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial

from k8sconsole.cluster.port import WATCH_SECONDS, WatchEvent
from k8sconsole.errors import Forbidden, StoreError
from k8sconsole.scanner.context import ScanContext, cancel_all
from k8sconsole.scanner.parser import EventRound, event_version
from k8sconsole.scanner.reflector.accessible_namespaces import AccessibleNamespaces, Scope
from k8sconsole.scanner.reflector.event_batcher import batch_events
from k8sconsole.scanner.reflector.sync_status import SyncStatus
from k8sconsole.scanner.reflector.watch_cursor import WatchCursor
from k8sconsole.scanner.watch_slots import TURN_SECONDS
from k8sconsole.store.port import WriteBatch, WriteResult

_CAUGHT_UP_AFTER = 1.0
"""Seconds of silence after which a watch that was just opened has delivered everything it had to catch up with."""

_FLOOD = 50
"""Events. A server may drop a watch for falling behind when it has delivered this many."""


class Watcher:
    """Watches one kind once; it is created again after every end, and ``cursor`` carries the position on.

    refusal: why a scope was removed from ``cursor``.
    """

    def __init__(self, context: ScanContext, status: SyncStatus, accessible: AccessibleNamespaces, cursor: WatchCursor) -> None:
        self._context = context
        self._status = status
        self._accessible = accessible
        self._cursor = cursor
        self._resource = accessible.resource
        self._responded_at: dict[Scope, float] = {}
        self.refusal: Forbidden | None = None
        self._event_count = 0
        self._seconds = WATCH_SECONDS
        self._has_changes = False

    @property
    def received_flood(self) -> bool:
        """Whether so many events arrived that the server may have ended the watch for falling behind."""
        return self._event_count >= _FLOOD

    @property
    def received_anything(self) -> bool:
        return bool(self._responded_at)

    async def run_until_one_ends(self) -> None:
        """Returns at the server's regular end of a watch; raises any other reason. A scope that is now forbidden leaves the cursor."""
        self._status.mark_resuming(None)
        watches = [asyncio.create_task(self._watch(scope)) for scope in self._cursor.versions]
        try:
            done, _ = await asyncio.wait(watches, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_all(watches)
        for watch in done:
            watch.result()
        self._status.mark_exited_cleanly()

    async def catch_up(self) -> None:
        """Watches each scope for a moment, in a connection for turns, and so reads what has changed since the cursor. Raises as above."""
        self._status.mark_resuming(self._context.slots.interval)
        self._seconds = TURN_SECONDS
        turns = [asyncio.create_task(self._take_turn(scope)) for scope in self._cursor.versions]
        try:
            await asyncio.gather(*turns)
        finally:
            await cancel_all(turns)
        self._status.mark_exited_cleanly()

    async def _take_turn(self, scope: Scope) -> None:
        async with self._context.slots.turn():
            await self._watch(scope)

    async def _watch(self, scope: Scope) -> None:
        opened = asyncio.Event()
        confirmation = asyncio.create_task(self._confirm_when_caught_up(scope, opened))
        try:
            async with aclosing(self._read_events(scope, opened)) as events:
                await batch_events(events, partial(self._handle_batch, scope), self._context.clock.now)
        except Forbidden as error:
            self.refusal = error
            self._accessible.mark_forbidden(scope, error)
            del self._cursor.versions[scope]
        finally:
            await cancel_all([confirmation])

    async def _read_events(self, scope: Scope, opened: asyncio.Event) -> AsyncGenerator[WatchEvent]:
        """Watches, and watches again at once after a flood of events.

        A server ends the watch of a client that it takes for too slow. A client that first writes what it received falls further behind,
        and is dropped the sooner.
        """
        version, on_opened = self._cursor.versions[scope], opened.set
        while True:
            count, last = 0, None
            watch = self._context.source.watch(
                self._resource, resource_version=version, namespace=scope, timeout=self._seconds, opened=on_opened
            )
            async with aclosing(watch) as events:  # type: ignore[type-var]
                async for event in events:
                    count, last = count + 1, event
                    yield event
            if last is None or count < _FLOOD:
                return
            version = event_version(last) or version
            on_opened = partial(self._status.mark_reconnected, self._context.clock.now())

    async def _confirm_when_caught_up(self, scope: Scope, opened: asyncio.Event) -> None:
        """Confirms the rows of a watch that has nothing to deliver."""
        await opened.wait()
        self._context.health.mark_responding()
        at = self._context.clock.now()
        await asyncio.sleep(_CAUGHT_UP_AFTER)
        if scope not in self._responded_at:
            with contextlib.suppress(StoreError):  # the next event of the watch confirms again
                await self._confirm(scope, at)

    async def _handle_batch(self, scope: Scope, events: list[WatchEvent], at: float) -> None:
        self._context.health.mark_responding()
        self._event_count += len(events)
        parse = self._cursor.parser.events
        parsed = await asyncio.get_running_loop().run_in_executor(self._context.parsers, parse, events)
        if parsed.rounds:
            self._has_changes = True
            self._context.slots.mark_active(self._resource.name)
            await self._write(at, parsed.rounds, self._encode_cursor(scope, parsed.resource_version))
        if scope in self._cursor.versions:
            self._cursor.versions[scope] = parsed.resource_version or self._cursor.versions[scope]
        await self._confirm(scope, at)

    async def _write(self, at: float, rounds: Sequence[EventRound], cursor: str) -> None:
        """Writes the rounds in order, and the cursor with them: writes that wait together share one transaction."""
        columns = self._cursor.parser.columns
        batches = [WriteBatch(self._context.cluster, self._resource.name, at, each.objects, each.gone, columns=columns) for each in rounds]
        writes = asyncio.gather(*(self._context.store.objects.write(batch) for batch in batches))
        results, _ = await asyncio.gather(writes, self._status.record_cursor(cursor))
        await self._status.add_to_count(sum(result.added - result.deleted for result in results), cursor)
        changes = [result for result in results if _has_changes(result)]
        if changes:
            self._context.rows_changed(self._resource.name, changes[-1].revision)

    def _encode_cursor(self, scope: Scope, version: str) -> str:
        versions = self._cursor.versions | ({scope: version} if version else {})
        return WatchCursor(self._cursor.parser, versions).encode(self._context.health.uid)

    async def _confirm(self, scope: Scope, at: float) -> None:
        """The rows are as current as the scope whose watch delivered longest ago."""
        self._responded_at[scope] = at
        if self._responded_at.keys() >= self._cursor.versions.keys():
            at, self._has_changes, changed = min(self._responded_at.values()), False, self._has_changes
            await self._status.mark_current(at, self._cursor.encode(self._context.health.uid), changed)


def _has_changes(result: WriteResult) -> bool:
    return bool(result.added or result.changed or result.deleted)
