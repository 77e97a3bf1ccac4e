"""``store.port.CacheHistory`` in SQLite."""

import sqlite3
from functools import partial

from k8sconsole.kit.clock import Clock
from k8sconsole.model.history import ChangeQuery, Changes, Gap, Version, VersionHistory
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.refs import ClusterName, ObjectRef, ResourceName
from k8sconsole.store.sqlite.catalog import Catalog
from k8sconsole.store.sqlite.history import gaps, object_versions
from k8sconsole.store.sqlite.history.changes import ChangeReader
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.writer import WriterThread


class SqliteCacheHistory:
    def __init__(self, readers: ReaderPool, writer: WriterThread, catalog: Catalog, rules: HistoryRules, clock: Clock) -> None:
        self._readers = readers
        self._writer = writer
        self._catalog = catalog
        self._rules = rules
        self._clock = clock

    async def object_as_of(self, ref: ObjectRef, at: float) -> tuple[Version, bytes] | None:
        return await self._readers.run(partial(object_versions.read_as_of, ref=ref, at=at))

    async def versions(self, ref: ObjectRef, *, since: float = 0.0, until: float | None = None, limit: int | None = None) -> VersionHistory:
        now = self._clock.now()
        end = now if until is None else until

        def work(connection: sqlite3.Connection) -> VersionHistory:
            stored = [
                each
                for each in object_versions.list_versions(connection, ref)
                if since <= each.version.observed_at and (until is None or each.version.observed_at <= until)
            ]
            newest = stored if limit is None else stored[max(0, len(stored) - limit) :]
            bodies = [(each.version, object_versions.read_body(connection, each)) for each in newest]
            return VersionHistory(bodies, tuple(gaps.read_gaps(connection, (since, end), (ref.cluster, ref.resource), self._rules, now)))

        return await self._readers.run(work)

    async def changes(self, query: ChangeQuery) -> Changes:
        now = self._clock.now()

        def work(connection: sqlite3.Connection) -> Changes:
            return ChangeReader(connection, query, gaps.read_query_gaps(connection, query, self._rules, now)).changes()

        return await self._readers.run(work)

    async def known_since(self, cluster: ClusterName, resource: ResourceName) -> float | None:
        return await self._readers.run(partial(gaps.known_since, cluster=cluster, resource=resource))

    async def gaps(
        self, since: float, until: float, *, cluster: ClusterName | None = None, resource: ResourceName | None = None
    ) -> list[Gap]:
        now = self._clock.now()
        return await self._readers.run(lambda connection: gaps.read_gaps(connection, (since, until), (cluster, resource), self._rules, now))

    async def record_gap(self, gap: Gap) -> None:
        def work(connection: sqlite3.Connection) -> None:
            gaps.record_gap(connection, self._catalog.kind(connection, gap.cluster, gap.resource), gap)

        await self._writer.run(work)
