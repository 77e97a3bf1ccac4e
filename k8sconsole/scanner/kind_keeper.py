"""One kind of one cluster, kept true: listed, then watched, and listed again when the watch can no longer vouch for it."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from k8sconsole.cluster.port import WatchEvent
from k8sconsole.errors import ConsoleError, Forbidden, Gone, NotFound, StoreError, TooManyRequests, Unavailable
from k8sconsole.model.refs import ApiResource
from k8sconsole.scanner.backoff import Backoff
from k8sconsole.scanner.desk import Desk
from k8sconsole.scanner.following import follow
from k8sconsole.scanner.listing import Listing, read_kind
from k8sconsole.scanner.permitted import Permitted, Scope
from k8sconsole.scanner.plan import is_watched
from k8sconsole.scanner.reach import Reach
from k8sconsole.scanner.reports import KindReport
from k8sconsole.store.port import ScanState, ScanStatus, WriteBatch

_STATE_AT_MOST_EVERY = 5.0
"""Seconds between two notes of a quiet watch's last word: sixty kinds' notes cost one small transaction."""

_BRIEF = 1.0
"""Seconds: a watch that ended sooner counts as a failure, or a server that ends every watch at once would be asked without pause."""


class KindKeeper:
    """settled: set once a first list has ended, well or badly."""

    def __init__(self, desk: Desk, resource: ApiResource) -> None:
        self.resource = resource
        self.state = ScanState(desk.cluster, resource.name, ScanStatus.PENDING)
        self._desk = desk
        self._permitted = Permitted(desk, resource)
        self._listing: Listing | None = None
        self._recorded_at = 0.0
        self._backoff = Backoff(desk.clock)
        self.settled = asyncio.Event()
        self._asked = asyncio.Event()
        self._waiting: list[asyncio.Future[KindReport]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """Under which columns the rows were laid out; empty before the first list."""
        return self._listing.parser.columns if self._listing else ()

    async def list_once(self) -> KindReport:
        """Lists once; a failure is told in the report and in the state, not raised."""
        for tries_left in (2, 1, 0):
            try:
                async with self._desk.gate.place(self.resource.name):
                    return (await self._list()).report
            except (ConsoleError, msgspec.MsgspecError) as error:
                if not tries_left or not isinstance(error, Gone | TooManyRequests):
                    return await self._failed(error)
                await self._pause(max(getattr(error, "retry_after", 0.0), self._backoff.next()))
        raise AssertionError("the last try returns")

    async def refresh(self) -> KindReport:
        """Asks ``keep`` to list anew now, whatever its watch says, and waits for what comes of it."""
        report: asyncio.Future[KindReport] = asyncio.get_running_loop().create_future()
        self._waiting.append(report)
        self.list_anew()
        return await report

    def list_anew(self) -> None:
        self._listing = None
        self._asked.set()

    async def let_go(self) -> None:
        """Nobody watches any more: the state must not say so."""
        if self.state.watching:
            await self._record(watching=False)

    async def keep(self, reach: Reach) -> None:
        """For ever, until cancelled. Every failure is noted in the state, and the next attempt follows."""
        while True:
            await reach.answers()
            try:
                await self._turn()
            except Gone:
                self._listing = None
                await self._pause(self._backoff.next())
            except Unavailable as error:
                reach.doubt()
                await self._failed(error)
                await self._pause(self._backoff.next())
            except TooManyRequests as error:
                await self._failed(error)
                await self._pause(max(error.retry_after, self._backoff.next()))
            except (Forbidden, NotFound) as error:
                self._listing = None
                await self._failed(error)
                await self._pause(self._desk.plan.retry_forbidden(self.resource))
            except Exception as error:  # noqa: BLE001 - whatever surprises one kind must not end it for good, nor the others
                await self._failed(error)
                await self._pause(self._backoff.next())

    async def _turn(self) -> None:
        if self._listing is None or self._is_due():
            self._asked.clear()
            async with self._desk.gate.place(self.resource.name):
                await self._list()
        if self._desk.plan.watch and is_watched(self.resource):
            await self._watch_unless_asked()
        else:
            await self._pause(max(1.0, (self.state.next_scan_at or 0.0) - self._desk.clock.now()))

    def _is_due(self) -> bool:
        """Whether nothing has vouched for the rows for a whole interval."""
        confirmed = self.state.confirmed_at or 0.0
        return self._desk.clock.now() - confirmed >= self._desk.plan.interval(self.resource)

    async def _list(self) -> Listing:
        await self._record(status=ScanStatus.RUNNING)
        listing = self._listing = await read_kind(self._desk, self._permitted)
        report = listing.report
        await self._record(
            status=ScanStatus.COMPLETED,
            last_scan_at=listing.began,
            confirmed_at=listing.began,
            next_scan_at=listing.began + self._desk.plan.interval(self.resource),
            error="",
            record_count=report.objects,
            resource_version=",".join(listing.versions.values()),
            missing=report.missing,
            seconds=report.seconds,
        )
        self._settle(report)
        return listing

    async def _watch_unless_asked(self) -> None:
        """Watches every scope until one of its watches ends; a refresh that is asked for ends them too."""
        listing = self._listing
        if listing is None:
            return
        await self._record(watching=True, error="")
        began = self._desk.clock.monotonic()
        watches = [asyncio.create_task(self._watch(listing, scope)) for scope in listing.versions]
        asked = asyncio.create_task(self._asked.wait())
        try:
            done, _ = await asyncio.wait([*watches, asked], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all([*watches, asked])
        for watch in done - {asked}:
            watch.result()
        if asked not in done and self._desk.clock.monotonic() - began < _BRIEF:
            await self._pause(self._backoff.next())
        else:
            self._backoff.reset()

    async def _watch(self, listing: Listing, scope: Scope) -> None:
        events = self._desk.source.watch(self.resource, resource_version=listing.versions[scope], namespace=scope)
        await follow(events, partial(self._take, listing, scope))

    async def _take(self, listing: Listing, scope: Scope, events: list[WatchEvent]) -> None:
        at = self._desk.clock.now()
        news = await asyncio.get_running_loop().run_in_executor(self._desk.parsers, listing.parser.events, events)
        for each in news.rounds:
            batch = WriteBatch(self._desk.cluster, self.resource.name, at, each.objects, each.gone, columns=listing.parser.columns)
            result = await self._desk.store.write(batch)
            if result.added or result.changed or result.deleted:
                count = self.state.record_count + result.added - result.deleted
                self.state = msgspec.structs.replace(self.state, record_count=count)
                self._desk.changed(self.resource.name, result.revision)
        listing.versions[scope] = news.resource_version or listing.versions[scope]
        await self._vouch(at, listing)

    async def _vouch(self, at: float, listing: Listing) -> None:
        """The watch has spoken: everything it vouches for was true at that time."""
        facts = {
            "confirmed_at": at,
            "next_scan_at": at + self._desk.plan.interval(self.resource),
            "resource_version": ",".join(listing.versions.values()),
        }
        self.state = msgspec.structs.replace(self.state, **facts)
        if self._desk.clock.monotonic() - self._recorded_at >= _STATE_AT_MOST_EVERY:
            await self._record()

    async def _failed(self, error: Exception) -> KindReport:
        why = str(error)
        missing = (f"{self.resource.name}: {getattr(error, 'detail', '') or why}",) if isinstance(error, Forbidden) else self.state.missing
        report = KindReport(self._desk.cluster, self.resource.name, error=why, missing=missing)
        with contextlib.suppress(StoreError):  # a store that cannot be written is what may have failed
            await self._record(status=ScanStatus.FAILED, error=why, missing=missing, watching=False)
        self._settle(report)
        return report

    def _settle(self, report: KindReport) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(report)
        self.settled.set()
        self._desk.settled(report)

    async def _record(self, **facts: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **facts)
        self._recorded_at = self._desk.clock.monotonic()
        await self._desk.store.record_scan(self.state)

    async def _pause(self, seconds: float) -> None:
        """Or until a refresh is asked for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()


async def end_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
