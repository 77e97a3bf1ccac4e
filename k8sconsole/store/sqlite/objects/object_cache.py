"""``store.port.ObjectCache`` in SQLite: each read runs on a reader's snapshot, each write on the writer thread."""

from collections.abc import Sequence
from functools import partial

from k8sconsole.kit.clock import Clock
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import RowQuery, Rows, WriteBatch, WriteResult
from k8sconsole.store.sqlite import column_layouts
from k8sconsole.store.sqlite.catalog import counter_value
from k8sconsole.store.sqlite.objects import rows
from k8sconsole.store.sqlite.objects.writer import ObjectWriter
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.writer import WriterThread


class SqliteObjectCache:
    def __init__(
        self, readers: ReaderPool, writer: WriterThread, objects: ObjectWriter, tables: column_layouts.TableCache, clock: Clock
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._objects = objects
        self._tables = tables
        self._clock = clock

    async def rows(self, query: RowQuery) -> Rows:
        now = self._clock.now()
        return await self._readers.run(lambda connection: rows.RowReader(connection, query, self._tables, now).rows())

    async def bodies(self, query: RowQuery) -> list[tuple[Row, bytes]]:
        now = self._clock.now()
        return await self._readers.run(lambda connection: rows.RowReader(connection, query, self._tables, now).bodies())

    async def body(self, ref: ObjectRef) -> bytes | None:
        return await self._readers.run(partial(rows.read_body, ref=ref))

    async def names(self, cluster: ClusterName, resource: ResourceName, part: str, *, namespace: str = "", limit: int = 50) -> list[str]:
        return await self._readers.run(lambda connection: rows.find_names(connection, (cluster, resource, namespace), part, limit))

    async def counts(self, cluster: ClusterName) -> dict[ResourceName, int]:
        return await self._readers.run(partial(rows.count_objects, cluster=cluster))

    async def revision(self) -> int:
        return await self._readers.run(partial(counter_value, counter="revision"))

    async def changed_kinds(self, after: int) -> list[tuple[ClusterName, ResourceName, int]]:
        return await self._readers.run(partial(rows.find_changed_kinds, after=after))

    async def known_versions(
        self, cluster: ClusterName, resource: ResourceName, columns: tuple[str, ...]
    ) -> dict[tuple[Namespace, str], tuple[str, str]]:
        return await self._readers.run(partial(rows.read_known_versions, cluster=cluster, resource=resource, columns=columns))

    async def write(self, batch: WriteBatch) -> WriteResult:
        return await self._writer.run(partial(self._objects.write, batch=batch), len(batch.objects) + len(batch.gone) + 1)

    async def begin_scan(self, cluster: ClusterName, resource: ResourceName) -> int:
        now = self._clock.now()
        return await self._writer.run(lambda connection: self._objects.begin_scan(connection, cluster, resource, now))

    async def finish_scan(
        self, cluster: ClusterName, resource: ResourceName, scan_id: int, namespaces: Sequence[Namespace] | None = None
    ) -> WriteResult:
        now = self._clock.now()
        return await self._writer.run(lambda connection: self._objects.finish_scan(connection, cluster, resource, scan_id, namespaces, now))

    async def relayout(self, cluster: ClusterName, resource: ResourceName) -> None:
        await self._writer.run(partial(column_layouts.relayout, cluster=cluster, resource=resource))

    async def delete(self, cluster: ClusterName, resource: ResourceName | None = None) -> int:
        now = self._clock.now()
        return await self._writer.run(lambda connection: self._objects.delete_kinds(connection, cluster, resource, now))
