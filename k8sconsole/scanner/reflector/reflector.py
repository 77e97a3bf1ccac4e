"""One kind of one cluster, kept true: listed, or resumed where an earlier scan left it, then watched, and listed again when the watch can
no longer vouch for it."""

import asyncio

import msgspec

from k8sconsole.errors import ConsoleError, DeadlineExceeded, Forbidden, Gone, NotFound, TooManyRequests, Unavailable
from k8sconsole.model.refs import ApiResource
from k8sconsole.scanner.connectivity.backoff import Backoff
from k8sconsole.scanner.context import Desk
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.scanner.reflector import watch_cursor as followed
from k8sconsole.scanner.reflector.accessible_namespaces import Permitted
from k8sconsole.scanner.reflector.lister import read_kind
from k8sconsole.scanner.reflector.sync_status import Standing
from k8sconsole.scanner.reflector.watch_cursor import Followed
from k8sconsole.scanner.reflector.watcher import Watching, end_all
from k8sconsole.scanner.reports import KindReport
from k8sconsole.store.port import ScanState

_BRIEF = 1.0
"""Seconds: a watch that ended sooner, with little to say, counts as a failure, or a server that ends every watch at once would be asked
without pause."""

_STEADY = 5.0
"""Seconds after which whatever ends a watch is a new trouble and not the old one's continuation."""

_RESUMED_IN_VAIN = 8
"""Watches in a row that failed before they said a word: what they stumble over may be what they are to begin with."""

_SERVER_ERROR = 500
"""Beyond this HTTP status it is not the server's own failure that is told, but that there is none."""

_LONGEST_ASKED = 300.0
"""Seconds: no server's Retry-After keeps us waiting longer."""


class KindKeeper:
    """settled: set once a first list has ended, well or badly, or was not needed. recorded: how an earlier scan left this kind."""

    def __init__(self, desk: Desk, resource: ApiResource, recorded: ScanState | None = None) -> None:
        self.resource = resource
        self._desk = desk
        self._standing = Standing(desk, resource, recorded)
        self._permitted = Permitted(desk, resource)
        self._followed: Followed | None = None
        self._resumable = recorded is not None
        self._in_vain = 0
        self._listed_at = float("-inf")
        self._backoff = Backoff(desk.clock)
        self.settled = asyncio.Event()
        self._asked = asyncio.Event()
        self._waiting: list[asyncio.Future[KindReport]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """Under which columns the rows were laid out; empty before the first list."""
        return self._followed.parser.columns if self._followed else ()

    async def list_once(self) -> KindReport:
        """Lists once; a failure is told in the report and in the state, not raised."""
        for tries_left in (2, 1, 0):
            try:
                async with self._desk.gate.place(self.resource.name):
                    return await self._list()
            except (ConsoleError, msgspec.MsgspecError) as error:
                if not tries_left or not isinstance(error, Gone | TooManyRequests):
                    report = await self._standing.failed(error, self._desk.clock.now())
                    self._settle(report)
                    return report
                await self._pause(self._pause_after(error))
        raise AssertionError("the last try returns")

    async def refresh(self) -> KindReport:
        """Asks ``keep`` to list anew now, whatever its watch says, and waits for what comes of it."""
        report: asyncio.Future[KindReport] = asyncio.get_running_loop().create_future()
        self._waiting.append(report)
        self.list_anew()
        return await report

    def list_anew(self) -> None:
        self._forget()
        self._asked.set()

    def namespaces_moved(self) -> None:
        """A namespace may have come that this kind may be read in."""
        self._permitted.namespaces_moved()

    async def count(self, report: KindReport) -> None:
        """What was read beside the watch has added rows, or removed some."""
        await self._standing.count(report.added - report.deleted, self._standing.state.resource_version)

    async def let_go(self) -> None:
        """Nobody watches any more: the state must not say so."""
        if self._standing.state.watching:
            await self._standing.record(watching=False)

    async def keep(self) -> None:
        """For ever, until cancelled. Every failure is noted in the state, and the next attempt follows."""
        while True:
            await self._desk.reach.answers()
            began = self._desk.clock.monotonic()
            try:
                await self._turn()
            except Exception as error:  # noqa: BLE001 - whatever surprises one kind must not end it for good, nor the others
                if self._desk.clock.monotonic() - began >= _STEADY:
                    self._backoff.reset()
                await self._mend(error)

    async def _turn(self) -> None:
        if self._followed is None and self._resumable:
            await self._resume()
        if self._followed is None or self._is_due():
            self._asked.clear()
            async with self._desk.gate.place(self.resource.name):
                await self._list()
        if self._desk.plan.follows(self.resource):
            await self._watch_unless_asked()
        else:
            await self._pause(max(1.0, self._rests_for()))

    def _is_due(self) -> bool:
        """Whether a kind that nothing vouches for between two lists is to be listed again."""
        return not self._desk.plan.follows(self.resource) and self._rests_for() <= 0

    def _rests_for(self) -> float:
        """Seconds until the next list of such a kind, whatever the clock is set to."""
        return self._listed_at + self._desk.plan.interval(self.resource) - self._desk.clock.monotonic()

    async def _resume(self) -> None:
        """Goes on where an earlier scan left this kind, when its rows are still there and are rows of this cluster."""
        self._resumable = False
        state, cluster = self._standing.state, self._desk.cluster
        parser = ResourceParser(self.resource, await self._desk.store.table(cluster, self.resource.name))
        found = followed.read_back(state.resource_version, self._desk.reach.uid, parser)
        if found is None or not self._desk.plan.follows(self.resource):
            return
        kept = (await self._desk.store.counts(cluster)).get(self.resource.name, 0)
        if found.versions.keys() == self._permitted.wanted and bool(kept) == bool(state.record_count):
            self._follow(found)
            self._settle(KindReport(cluster, self.resource.name, state.record_count, missing=state.missing))

    async def _list(self) -> KindReport:
        self._permitted.held = frozenset()
        began = self._desk.clock.monotonic()
        await self._standing.listing()
        listing = await read_kind(self._desk, self._permitted)
        self._follow(Followed(listing.parser, listing.versions))
        self._listed_at = began
        await self._standing.listed(listing.report, listing.began, listing.seen_at, self._written())
        self._settle(listing.report)
        return listing.report

    def _follow(self, what: Followed) -> None:
        self._followed = what
        self._permitted.held = frozenset(what.versions)

    def _written(self) -> str:
        return self._followed.written(self._desk.reach.uid) if self._followed else ""

    def _forget(self) -> None:
        self._followed, self._resumable = None, False

    async def _watch_unless_asked(self) -> None:
        """Until one of the watches ends, a refresh is asked for, more may be read, or the cluster has been lost."""
        if self._followed is None:
            return
        began = self._desk.clock.monotonic()
        watching = Watching(self._desk, self._standing, self._permitted, self._followed)
        waits = (watching.until_one_ends(), self._permitted.more(), self._desk.reach.breaks(), self._until_asked())
        tasks = ends, more, breaks, _ = [asyncio.create_task(wait) for wait in waits]
        try:
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(tasks)
        if ends in done:
            await self._ended(ends, watching, self._desk.clock.monotonic() - began)
        elif breaks in done:
            raise DeadlineExceeded(f"{self._desk.cluster} does not answer", "its watches are taken up again when it does")
        elif more in done:
            more.result()
            await self._widen()

    async def _ended(self, ends: asyncio.Task[None], watching: Watching, lasted: float) -> None:
        self._in_vain = 0 if watching.spoke else self._in_vain + 1
        ends.result()
        if watching.refusal is not None:
            await self._narrow(watching.refusal)
        elif lasted < _BRIEF and not watching.brought_plenty:
            await self._pause(self._backoff.next())
        else:
            self._backoff.reset()

    async def _narrow(self, refusal: Forbidden) -> None:
        """What was read until now is no longer permitted: its rows stay, and are said to be missing."""
        if self._followed is not None and self._followed.versions:
            self._settle(await self._standing.covering(self._permitted.missing(self._followed.versions)))
        else:
            self._standing.remember(refusal)
            self._forget()

    async def _widen(self) -> None:
        """Reads what has become readable beside what is followed already."""
        before = self._followed
        if before is None:
            return
        self._standing.left_well()
        async with self._desk.gate.place(self.resource.name):
            listing = await read_kind(self._desk, self._permitted)
        versions = listing.versions if None in listing.versions else {**before.versions, **listing.versions}
        self._follow(Followed(listing.parser, versions))
        await self._standing.count(listing.report.added - listing.report.deleted, self._written())
        self._settle(await self._standing.covering(listing.report.missing))

    async def _mend(self, error: Exception) -> None:
        pause = self._pause_after(error)
        if isinstance(error, Unavailable) or getattr(error, "http_status", 0) > _SERVER_ERROR:
            self._desk.reach.doubt()
        if isinstance(error, Gone | Forbidden | NotFound) or self._in_vain >= _RESUMED_IN_VAIN:
            self._in_vain = 0
            self._forget()
        report = await self._standing.failed(error, self._desk.clock.now() + pause)
        if isinstance(error, Gone):  # whoever waits for a list gets the next one
            self._desk.settled(report)
        else:
            self._settle(report)
        await self._pause(pause, more=isinstance(error, Forbidden) and self.resource.namespaced)

    def _pause_after(self, error: Exception) -> float:
        if isinstance(error, Forbidden | NotFound):
            return self._desk.plan.retry_forbidden(self.resource)
        asked = min(error.retry_after, _LONGEST_ASKED) if isinstance(error, TooManyRequests) else 0.0
        return max(asked, self._backoff.next())

    def _settle(self, report: KindReport) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(report)
        self.settled.set()
        self._desk.settled(report)

    async def _pause(self, seconds: float, *, more: bool = False) -> None:
        """Or until a refresh is asked for, or (``more``) until another namespace may be tried."""
        tasks = [asyncio.create_task(wait) for wait in (self._until_asked(), *([self._permitted.more()] if more else []))]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(tasks)

    async def _until_asked(self) -> None:
        await self._asked.wait()
