"""What a filter needs to know about a row from other rows: its chain of owners, and its use of CPU and memory."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.model.objects import Row
from k8sconsole.model.quantities import parse_bytes, parse_cpu
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.store.sqlite.column_layouts import read_resources
from k8sconsole.store.sqlite.compression import unpack

_LONGEST_CHAIN = 8
"""Owners. A longer chain is a cycle."""

_OWNER = """SELECT o.owner FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND o.namespace = ? AND o.name = ?"""
_DELETED_OWNER = """SELECT l.owner FROM kinds k JOIN lives l ON l.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND l.namespace = ? AND l.name = ? ORDER BY l.id DESC LIMIT 1"""
_METRICS = """SELECT k.cluster, o.namespace, o.name, b.body FROM kinds k JOIN objects o ON o.kind_id = k.id JOIN bodies b ON b.id = o.id
    WHERE k.resource = ?"""

_ObjectKey = tuple[ClusterName, str, str]


class _ResourceUsage(msgspec.Struct, frozen=True):
    cpu: str = "0"
    memory: str = "0"


class _ContainerMetrics(msgspec.Struct):
    usage: _ResourceUsage = _ResourceUsage()


class _ObjectMetrics(msgspec.Struct):
    """A PodMetrics, which has containers, or a NodeMetrics, which has a usage of its own."""

    usage: _ResourceUsage | None = None
    containers: list[_ContainerMetrics] = []


_decode_metrics = msgspec.json.Decoder(_ObjectMetrics).decode


class Relations:
    """Belongs to one query and its snapshot. Each fact is read once, when it is first needed."""

    def __init__(self, connection: sqlite3.Connection, resource: ResourceName, *, past: bool = False) -> None:
        """past: the query is about an earlier time, for which no metrics are stored."""
        self._connection = connection
        self._past = past
        self._resource = resource
        self._owner_of: dict[tuple[ClusterName, str, str], str] = {}
        self._kinds: dict[ClusterName, dict[str, ResourceName]] = {}
        self._metrics: dict[_ObjectKey, _ObjectMetrics] | None = None

    def owners(self, row: Row) -> Sequence[str]:
        """All owners as ``Kind/name``, the direct owner first."""
        return self.owner_chain(row.cluster, row.namespace, row.owner)

    def owner_chain(self, cluster: ClusterName, namespace: str, owner: str) -> Sequence[str]:
        """An owner and its own owners, deleted ones included."""
        chain: list[str] = []
        while owner and len(chain) < _LONGEST_CHAIN:
            chain.append(owner)
            owner = self._find_owner(cluster, namespace, owner)
        return chain

    def usage(self, row: Row, resource: str) -> float | None:
        """Millicores of ``cpu`` or bytes of ``memory``; None without metrics of this object."""
        found = self._load_metrics().get((row.cluster, row.namespace, row.name))
        if found is None:
            return None
        parts = [found.usage] if found.usage else [container.usage for container in found.containers]
        amounts = [parse_cpu(part.cpu) if resource == "cpu" else parse_bytes(part.memory) for part in parts]
        return float(sum(amounts))

    def has_metrics(self) -> bool:
        return bool(self._load_metrics())

    def _find_owner(self, cluster: ClusterName, namespace: str, owner: str) -> str:
        known = self._owner_of.get((cluster, namespace, owner))
        if known is None:
            kind, _, name = owner.partition("/")
            key = (self._find_resource(cluster, kind), cluster, namespace, name)
            found: Any = self._connection.execute(_OWNER, key).fetchone() or self._connection.execute(_DELETED_OWNER, key).fetchone()
            known = self._owner_of[cluster, namespace, owner] = found[0] if found else ""
        return known

    def _find_resource(self, cluster: ClusterName, kind: str) -> ResourceName | None:
        if cluster not in self._kinds:
            served = {each.kind: each.name for each in read_resources(self._connection, cluster)}
            self._kinds[cluster] = served | {each.kind: each.name for each in BUILTIN if not each.group.startswith("metrics")}
        return self._kinds[cluster].get(kind)

    def _load_metrics(self) -> dict[_ObjectKey, _ObjectMetrics]:
        if self._metrics is None:
            found = () if self._past else self._connection.execute(_METRICS, (f"{self._resource}.metrics.k8s.io",))
            self._metrics = {(cluster, space, name): _decode_metrics(unpack(packed)) for cluster, space, name, packed in found}
        return self._metrics
