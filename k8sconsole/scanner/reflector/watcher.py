"""One kind's watches, one a scope: every version they bring is written, and their word vouches for the rows."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from k8sconsole.cluster.port import WatchEvent
from k8sconsole.errors import Forbidden, StoreError
from k8sconsole.scanner.context import Desk
from k8sconsole.scanner.parser import Round, version_of
from k8sconsole.scanner.reflector.accessible_namespaces import Permitted, Scope
from k8sconsole.scanner.reflector.event_batcher import follow
from k8sconsole.scanner.reflector.sync_status import Standing
from k8sconsole.scanner.reflector.watch_cursor import Followed
from k8sconsole.store.port import WriteBatch, WriteResult

_OPEN = 1.0
"""Seconds of quiet after which a watch that has just been opened has said all that it had to catch up with."""

_PLENTY = 50
"""Events."""


class Watching:
    """Begun anew after every end; ``followed`` carries on. refusal: why a scope has left ``followed``."""

    def __init__(self, desk: Desk, standing: Standing, permitted: Permitted, followed: Followed) -> None:
        self._desk = desk
        self._standing = standing
        self._permitted = permitted
        self._followed = followed
        self._resource = permitted.resource
        self._said: dict[Scope, float] = {}
        self.refusal: Forbidden | None = None
        self._brought = 0

    @property
    def brought_plenty(self) -> bool:
        """Whether so much was heard that a server may well have dropped it for falling behind."""
        return self._brought >= _PLENTY

    @property
    def spoke(self) -> bool:
        """Whether anything at all was heard of the server."""
        return bool(self._said)

    async def until_one_ends(self) -> None:
        """Raises what ends it, but for the server's own regular end. A scope that is no longer permitted leaves ``followed``."""
        self._standing.resuming()
        watches = [asyncio.create_task(self._watch(scope)) for scope in self._followed.versions]
        try:
            done, _ = await asyncio.wait(watches, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(watches)
        for watch in done:
            watch.result()
        self._standing.left_well()

    async def _watch(self, scope: Scope) -> None:
        opened = asyncio.Event()
        quiet = asyncio.create_task(self._vouch_when_open(scope, opened))
        try:
            async with aclosing(self._heard(scope, opened)) as events:
                await follow(events, partial(self._take, scope), self._desk.clock.now)
        except Forbidden as error:
            self.refusal = error
            self._permitted.refuse(scope, error)
            del self._followed.versions[scope]
        finally:
            await end_all([quiet])

    async def _heard(self, scope: Scope, opened: asyncio.Event) -> AsyncGenerator[WatchEvent]:
        """A server ends the watch of whoever it takes for too slow. While it said plenty, it is asked at once for what comes next: whoever
        first writes what was heard is further behind when he comes back, and dropped the sooner."""
        version, opens = self._followed.versions[scope], opened.set
        while True:
            count, last = 0, None
            watch = self._desk.source.watch(self._resource, resource_version=version, namespace=scope, opened=opens)
            async with aclosing(watch) as events:  # type: ignore[type-var]
                async for event in events:
                    count, last = count + 1, event
                    yield event
            if last is None or count < _PLENTY:
                return
            version = version_of(last) or version
            opens = partial(self._standing.heard_again, self._desk.clock.now())

    async def _vouch_when_open(self, scope: Scope, opened: asyncio.Event) -> None:
        await opened.wait()
        self._desk.reach.heard()
        at = self._desk.clock.now()
        await asyncio.sleep(_OPEN)
        if scope not in self._said:
            with contextlib.suppress(StoreError):  # the watch's next word tells again
                await self._vouch(scope, at)

    async def _take(self, scope: Scope, events: list[WatchEvent], at: float) -> None:
        self._desk.reach.heard()
        self._brought += len(events)
        news = await asyncio.get_running_loop().run_in_executor(self._desk.parsers, self._followed.parser.events, events)
        if news.rounds:
            await self._write(at, news.rounds, self._reached(scope, news.resource_version))
        if scope in self._followed.versions:
            self._followed.versions[scope] = news.resource_version or self._followed.versions[scope]
        await self._vouch(scope, at)

    async def _write(self, at: float, rounds: Sequence[Round], reached: str) -> None:
        """One after the other, and with them how far they reach: what waits together is written in one transaction."""
        columns = self._followed.parser.columns
        batches = [WriteBatch(self._desk.cluster, self._resource.name, at, each.objects, each.gone, columns=columns) for each in rounds]
        writes = asyncio.gather(*(self._desk.store.write(batch) for batch in batches))
        results, _ = await asyncio.gather(writes, self._standing.reach(reached))
        await self._standing.count(sum(result.added - result.deleted for result in results), reached)
        moved = [result for result in results if _moves(result)]
        if moved:
            self._desk.changed(self._resource.name, moved[-1].revision)

    def _reached(self, scope: Scope, version: str) -> str:
        versions = self._followed.versions | ({scope: version} if version else {})
        return Followed(self._followed.parser, versions).written(self._desk.reach.uid)

    async def _vouch(self, scope: Scope, at: float) -> None:
        """The rows are as true as the scope that was heard of longest ago."""
        self._said[scope] = at
        if self._said.keys() >= self._followed.versions.keys():
            await self._standing.vouched(min(self._said.values()), self._followed.written(self._desk.reach.uid))


def _moves(result: WriteResult) -> bool:
    return bool(result.added or result.changed or result.deleted)


async def end_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
