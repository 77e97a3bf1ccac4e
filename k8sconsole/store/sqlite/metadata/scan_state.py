"""What is known about the scans: of each kind in each cluster, and of the clusters themselves."""

import sqlite3
from typing import Any

import msgspec

from k8sconsole.kit.clock import format_rfc3339, parse_rfc3339
from k8sconsole.model.refs import ClusterName
from k8sconsole.store.port import ClusterRecord, ScanState, ScanStatus
from k8sconsole.store.sqlite.catalog import Catalog

_RECORD = (
    "UPDATE kinds SET status = ?, last_scan_at = ?, next_scan_at = ?, confirmed_at = ?, error = ?, record_count = ?, resource_version = ?,"
    " watching = ?, missing = ?, seconds = ?, updated_at = ? WHERE id = ?"
)
_READ = (
    "SELECT cluster, resource, status, last_scan_at, next_scan_at, confirmed_at, error, record_count, resource_version, watching, missing,"
    " seconds FROM kinds WHERE cluster = ifnull(?, cluster) ORDER BY cluster, resource"
)
_CLUSTER = (
    "INSERT INTO clusters (name, version, api_server, node_count, identity, created_at, updated_at, ttl_expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, api_server = excluded.api_server, node_count = excluded.node_count,"
    " identity = ifnull(nullif(excluded.identity, ''), identity),"
    " updated_at = excluded.updated_at, ttl_expires_at = excluded.ttl_expires_at"
)


def record_scan(connection: sqlite3.Connection, catalog: Catalog, state: ScanState, now: float) -> None:
    kind = catalog.kind(connection, state.cluster, state.resource)
    missing = msgspec.json.encode(state.missing).decode()
    facts = (state.status.value, state.last_scan_at, state.next_scan_at, state.confirmed_at, state.error, state.record_count)
    connection.execute(_RECORD, (*facts, state.resource_version, state.watching, missing, state.seconds, now, kind))


def scan_states(connection: sqlite3.Connection, cluster: ClusterName | None) -> list[ScanState]:
    return [_state(found) for found in connection.execute(_READ, (cluster,))]


def _state(found: tuple[Any, ...]) -> ScanState:
    cluster, resource, status, last, following, confirmed, error, count, version, watching, missing, seconds = found
    reasons = tuple(msgspec.json.decode(missing))
    return ScanState(
        cluster, resource, ScanStatus(status), last, following, confirmed, error, count, version, bool(watching), reasons, seconds
    )


def record_cluster(connection: sqlite3.Connection, record: ClusterRecord, lifetime: float) -> None:
    seen = format_rfc3339(record.seen_at)
    facts = (record.name, record.version, record.api_server, record.node_count, record.identity)
    connection.execute(_CLUSTER, (*facts, seen, seen, format_rfc3339(record.seen_at + lifetime)))


def clusters(connection: sqlite3.Connection) -> list[ClusterRecord]:
    found = connection.execute("SELECT name, version, api_server, node_count, updated_at, identity FROM clusters ORDER BY name")
    return [
        ClusterRecord(ClusterName(name), version, server, nodes, parse_rfc3339(seen), identity)
        for name, version, server, nodes, seen, identity in found
    ]
