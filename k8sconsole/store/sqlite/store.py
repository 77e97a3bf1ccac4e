"""The port, kept: each method that writes is one piece of work for the writer's thread; those that read are in ``answers``."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from functools import partial

from k8sconsole.errors import StoreError
from k8sconsole.kit.clock import Clock
from k8sconsole.model.attached_servers import TrustedTool
from k8sconsole.model.history import Gap
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ResourceName
from k8sconsole.store.port import (
    AuditEntry,
    ClusterRecord,
    ScanState,
    ToolRecord,
    WriteBatch,
    WriteResult,
)
from k8sconsole.store.sqlite import column_layouts as layouts
from k8sconsole.store.sqlite.answers import Answers
from k8sconsole.store.sqlite.catalog import Catalog, Lifetimes
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.history import gaps, retention
from k8sconsole.store.sqlite.history.recorder import Recorder
from k8sconsole.store.sqlite.metadata import audit_and_metrics as ledgers
from k8sconsole.store.sqlite.metadata import expiry as cleaning
from k8sconsole.store.sqlite.metadata import leases
from k8sconsole.store.sqlite.metadata import scan_state as scans
from k8sconsole.store.sqlite.objects.writer import ObjectWriter
from k8sconsole.store.sqlite.readers import Readers
from k8sconsole.store.sqlite.writer import Writer

_PIECES = 50
"""Pieces of the past that one round of cleaning may drop: a hundred thousand versions."""


class SqliteStore(Answers):
    """Made by ``opening.open_store``. What writes is here, what reads is inherited."""

    def __init__(
        self,
        file: CacheFile,
        connection: sqlite3.Connection,
        *,
        clock: Clock,
        readers: int,
        lifetimes: Lifetimes,
        recovered: str,
    ) -> None:
        super().__init__(file, clock, Readers(file, readers, self._vanished), recovered, lifetimes.history)
        self._lifetimes = lifetimes
        self._catalog = Catalog(clock, lifetimes)
        self._recorder = Recorder(lifetimes.history)
        self._objects = ObjectWriter(self._catalog, self._recorder)
        self._writer = Writer(connection, file, self._rolled_back, self._put_back)

    async def write(self, batch: WriteBatch) -> WriteResult:
        return await self._writer.do(partial(self._objects.write, batch=batch), len(batch.objects) + len(batch.gone) + 1)

    async def begin_scan(self, cluster: ClusterName, resource: ResourceName) -> int:
        now = self._clock.now()
        return await self._writer.do(lambda connection: self._objects.begin_scan(connection, cluster, resource, now))

    async def finish_scan(
        self, cluster: ClusterName, resource: ResourceName, scan_id: int, namespaces: Sequence[Namespace] | None = None
    ) -> WriteResult:
        now = self._clock.now()
        return await self._writer.do(lambda connection: self._objects.finish_scan(connection, cluster, resource, scan_id, namespaces, now))

    async def record_scan(self, state: ScanState) -> None:
        now = self._clock.now()
        await self._writer.do(lambda connection: scans.record_scan(connection, self._catalog, state, now))

    async def record_cluster(self, record: ClusterRecord) -> None:
        await self._writer.do(lambda connection: scans.record_cluster(connection, record, self._lifetimes.static))

    async def record_resources(self, cluster: ClusterName, resources: Sequence[ApiResource]) -> None:
        await self._writer.do(lambda connection: layouts.record_resources(connection, cluster, resources))

    async def lay_anew(self, cluster: ClusterName, resource: ResourceName) -> None:
        await self._writer.do(lambda connection: layouts.lay_anew(connection, cluster, resource))

    async def record_tools(self, tools: Sequence[ToolRecord], ttl: float) -> None:
        now = self._clock.now()
        await self._writer.do(lambda connection: ledgers.record_tools(connection, tools, now, ttl))

    async def trust_tools(self, tools: Sequence[TrustedTool]) -> None:
        await self._writer.do(lambda connection: ledgers.trust_tools(connection, tools))

    async def record_calls(self, entries: Sequence[AuditEntry]) -> None:
        await self._writer.do(lambda connection: ledgers.record_calls(connection, entries))

    async def record_figures(self, figures: Sequence[tuple[float, str, float]]) -> None:
        await self._writer.do(lambda connection: ledgers.record_figures(connection, figures))

    async def clean(self, now: float) -> int:
        def work(connection: sqlite3.Connection) -> int:
            cleaning.forget_deletions(connection, now - self._lifetimes.deletions)
            expired = self._objects.lose(
                connection, cleaning.expired(connection, now, self._lifetimes), now, "nothing confirmed it any more"
            )
            return expired + cleaning.clean_ledgers(connection, now)

        return await self._writer.do(work) + await self._prune(now)

    async def _prune(self, now: float) -> int:
        """In pieces, with whatever else is to be written in between; what is left then is the next round's."""
        went = 0
        for _ in range(_PIECES):
            piece = await self._writer.do(
                lambda connection: retention.prune(connection, self._lifetimes.history, now, self._recorder.grown), retention.PIECE
            )
            went += piece
            if not piece:
                break
        return went

    async def forget(self, cluster: ClusterName, resource: ResourceName | None = None) -> int:
        now = self._clock.now()
        return await self._writer.do(lambda connection: self._objects.forget(connection, cluster, resource, now))

    async def record_gap(self, gap: Gap) -> None:
        def work(connection: sqlite3.Connection) -> None:
            gaps.record(connection, self._catalog.kind(connection, gap.cluster, gap.resource), gap)

        await self._writer.do(work)

    async def take_lease(self, name: str, holder: str, ttl: float) -> str:
        now = self._clock.now()
        return await self._writer.do(lambda connection: leases.take(connection, name, holder, now, ttl))

    async def drop_lease(self, name: str, holder: str) -> None:
        await self._writer.do(lambda connection: leases.drop(connection, name, holder))

    async def ask_scan(self, cluster: ClusterName) -> None:
        await self._writer.do(lambda connection: leases.ask(connection, cluster))

    def _rolled_back(self) -> None:
        self._catalog.forget()
        self._recorder.forget()

    def _vanished(self) -> None:
        with contextlib.suppress(StoreError):  # what is open can be read all the same
            self._writer.do_nothing()

    def _put_back(self, sentence: str) -> None:
        self.recovered = sentence

    async def close(self) -> None:
        """What was asked to be written is written first."""
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)
