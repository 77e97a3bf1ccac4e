"""``store.port.CacheMetadata`` in SQLite: clusters, their kinds, and the state of each kind's scans."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from k8sconsole.kit.clock import Clock, format_rfc3339, parse_rfc3339
from k8sconsole.model.refs import ApiResource, ClusterName, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.store.port import ClusterRecord, ScanState, ScanStatus
from k8sconsole.store.sqlite import column_layouts
from k8sconsole.store.sqlite.catalog import Catalog, Lifetimes
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.writer import WriterThread

_UPDATE_STATE = (
    "UPDATE kinds SET status = ?, last_scan_at = ?, next_scan_at = ?, confirmed_at = ?, error = ?, record_count = ?, resource_version = ?,"
    " watching = ?, missing = ?, seconds = ?, namespaces = ?, poll_interval = ?, updated_at = ? WHERE id = ?"
)
_SELECT_STATES = (
    "SELECT cluster, resource, status, last_scan_at, next_scan_at, confirmed_at, error, record_count, resource_version, watching, missing,"
    " seconds, namespaces, poll_interval FROM kinds WHERE cluster = ifnull(?, cluster) ORDER BY cluster, resource"
)
_UPSERT_CLUSTER = (
    "INSERT INTO clusters (name, version, api_server, node_count, clock_skew, silent_groups, identity, created_at, updated_at,"
    " ttl_expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, api_server = excluded.api_server, node_count = excluded.node_count,"
    " clock_skew = excluded.clock_skew, silent_groups = excluded.silent_groups,"
    " identity = ifnull(nullif(excluded.identity, ''), identity),"
    " updated_at = excluded.updated_at, ttl_expires_at = excluded.ttl_expires_at"
)


class SqliteCacheMetadata:
    def __init__(
        self,
        readers: ReaderPool,
        writer: WriterThread,
        catalog: Catalog,
        tables: column_layouts.TableCache,
        lifetimes: Lifetimes,
        clock: Clock,
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._catalog = catalog
        self._tables = tables
        self._lifetimes = lifetimes
        self._clock = clock

    async def clusters(self) -> list[ClusterRecord]:
        return await self._readers.run(_read_clusters)

    async def record_cluster(self, record: ClusterRecord) -> None:
        await self._writer.run(partial(_write_cluster, record=record, lifetime=self._lifetimes.static))

    async def resources(self, cluster: ClusterName) -> list[ApiResource]:
        return await self._readers.run(partial(column_layouts.read_resources, cluster=cluster))

    async def record_resources(self, cluster: ClusterName, resources: Sequence[ApiResource]) -> None:
        await self._writer.run(partial(column_layouts.write_resources, cluster=cluster, served=resources))

    async def table(self, cluster: ClusterName, resource: ResourceName) -> KindTable:
        return await self._readers.run(partial(self._tables.table, cluster=cluster, resource=resource))

    async def scan_states(self, cluster: ClusterName | None = None) -> list[ScanState]:
        return await self._readers.run(partial(_read_scan_states, cluster=cluster))

    async def record_scan(self, state: ScanState) -> None:
        now = self._clock.now()
        await self._writer.run(lambda connection: _write_scan_state(connection, self._catalog, state, now))


def _write_scan_state(connection: sqlite3.Connection, catalog: Catalog, state: ScanState, now: float) -> None:
    kind = catalog.kind(connection, state.cluster, state.resource)
    missing, namespaces = (msgspec.json.encode(each).decode() for each in (state.missing, state.namespaces))
    facts: tuple[Any, ...] = (
        state.status.value,
        state.last_scan_at,
        state.next_scan_at,
        state.confirmed_at,
        state.error,
        state.record_count,
    )
    facts += (state.resource_version, state.watching, missing, state.seconds, namespaces, state.poll_interval)
    connection.execute(_UPDATE_STATE, (*facts, now, kind))


def _read_scan_states(connection: sqlite3.Connection, cluster: ClusterName | None) -> list[ScanState]:
    return [_scan_state_from_row(found) for found in connection.execute(_SELECT_STATES, (cluster,))]


def _scan_state_from_row(found: tuple[Any, ...]) -> ScanState:
    cluster, resource, status, last, planned, confirmed, error, count, version, watching, missing, seconds, namespaces, interval = found
    reasons = tuple(msgspec.json.decode(missing))
    covered = tuple(msgspec.json.decode(namespaces))
    return ScanState(
        cluster,
        resource,
        ScanStatus(status),
        last,
        planned,
        confirmed,
        error,
        count,
        version,
        bool(watching),
        reasons,
        seconds,
        covered,
        interval,
    )


def _write_cluster(connection: sqlite3.Connection, record: ClusterRecord, lifetime: float) -> None:
    seen = format_rfc3339(record.seen_at)
    silent = msgspec.json.encode(record.silent_groups).decode()
    facts = (record.name, record.version, record.api_server, record.node_count, record.clock_skew, silent, record.identity)
    connection.execute(_UPSERT_CLUSTER, (*facts, seen, seen, format_rfc3339(record.seen_at + lifetime)))


def _read_clusters(connection: sqlite3.Connection) -> list[ClusterRecord]:
    found = connection.execute(
        "SELECT name, version, api_server, node_count, updated_at, identity, clock_skew, silent_groups FROM clusters ORDER BY name"
    )
    return [
        ClusterRecord(ClusterName(name), version, server, nodes, parse_rfc3339(seen), identity, skew, msgspec.json.decode(silent))
        for name, version, server, nodes, seen, identity, skew, silent in found
    ]
