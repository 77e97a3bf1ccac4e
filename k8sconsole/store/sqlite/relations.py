"""What a filter may ask about a row that stands in other rows: its owners up to the top, and what it uses."""

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

_TALLEST = 8
"""Owners above one another: a chain that is longer goes in a circle."""

_OWNER = """SELECT o.owner FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND o.namespace = ? AND o.name = ?"""
_FORMER_OWNER = """SELECT l.owner FROM kinds k JOIN lives l ON l.kind_id = k.id
    WHERE k.resource = ? AND k.cluster = ? AND l.namespace = ? AND l.name = ? ORDER BY l.id DESC LIMIT 1"""
_USAGE = """SELECT k.cluster, o.namespace, o.name, b.body FROM kinds k JOIN objects o ON o.kind_id = k.id JOIN bodies b ON b.id = o.id
    WHERE k.resource = ?"""

Place = tuple[ClusterName, str, str]


class _ResourceUsage(msgspec.Struct, frozen=True):
    cpu: str = "0"
    memory: str = "0"


class _ContainerMetrics(msgspec.Struct):
    usage: _ResourceUsage = _ResourceUsage()


class _ObjectMetrics(msgspec.Struct):
    """A PodMetrics, which has containers, or a NodeMetrics, which has none."""

    usage: _ResourceUsage | None = None
    containers: list[_ContainerMetrics] = []


_metrics = msgspec.json.Decoder(_ObjectMetrics).decode


class Relations:
    """Of one query's snapshot: everything is read once, when it is first asked for."""

    def __init__(self, connection: sqlite3.Connection, resource: ResourceName, *, past: bool = False) -> None:
        """past: of a moment that is over, of which no metrics are kept."""
        self._connection = connection
        self._past = past
        self._resource = resource
        self._above: dict[tuple[ClusterName, str, str], str] = {}
        self._kinds: dict[ClusterName, dict[str, ResourceName]] = {}
        self._uses: dict[Place, _ObjectMetrics] | None = None

    def owners(self, row: Row) -> Sequence[str]:
        """As ``Kind/name``, the nearest first."""
        return self.chain(row.cluster, row.namespace, row.owner)

    def chain(self, cluster: ClusterName, namespace: str, owner: str) -> Sequence[str]:
        """An owner and those above it; one that has gone is remembered."""
        chain: list[str] = []
        while owner and len(chain) < _TALLEST:
            chain.append(owner)
            owner = self._owner_of(cluster, namespace, owner)
        return chain

    def use(self, row: Row, resource: str) -> float | None:
        """Millicores of ``cpu`` or bytes of ``memory``."""
        found = self._measured().get((row.cluster, row.namespace, row.name))
        if found is None:
            return None
        parts = [found.usage] if found.usage else [container.usage for container in found.containers]
        amounts = [parse_cpu(part.cpu) if resource == "cpu" else parse_bytes(part.memory) for part in parts]
        return float(sum(amounts))

    def has_metrics(self) -> bool:
        return bool(self._measured())

    def _owner_of(self, cluster: ClusterName, namespace: str, owner: str) -> str:
        known = self._above.get((cluster, namespace, owner))
        if known is None:
            kind, _, name = owner.partition("/")
            resource = self._resource_of(cluster, kind)
            place = (resource, cluster, namespace, name)
            found: Any = self._connection.execute(_OWNER, place).fetchone() or self._connection.execute(_FORMER_OWNER, place).fetchone()
            known = self._above[cluster, namespace, owner] = found[0] if found else ""
        return known

    def _resource_of(self, cluster: ClusterName, kind: str) -> ResourceName | None:
        if cluster not in self._kinds:
            served = {each.kind: each.name for each in read_resources(self._connection, cluster)}
            self._kinds[cluster] = served | {each.kind: each.name for each in BUILTIN if not each.group.startswith("metrics")}
        return self._kinds[cluster].get(kind)

    def _measured(self) -> dict[Place, _ObjectMetrics]:
        if self._uses is None:
            found = () if self._past else self._connection.execute(_USAGE, (f"{self._resource}.metrics.k8s.io",))
            self._uses = {(cluster, namespace, name): _metrics(unpack(packed)) for cluster, namespace, name, packed in found}
        return self._uses
