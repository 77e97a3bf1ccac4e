"""Names turned into small numbers: a kind in a cluster, the columns a row was laid out under; and the counters that only grow."""

import sqlite3
from collections.abc import Sequence

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.resources import Tier, tier_of


class Lifetimes(msgspec.Struct, frozen=True):
    """Seconds. static and dynamic: how long a row of that tier counts as current without confirmation. offline: how long the last known
    state of a kind stays readable when nothing confirms it. deletions: how long a deletion is told to those who follow by revision.
    history: what is kept of former versions, and how long."""

    static: float = 1800.0
    dynamic: float = 300.0
    offline: float = 30 * 86400.0
    deletions: float = 3600.0
    history: HistoryRules = HistoryRules()

    def of(self, resource: ResourceName) -> float:
        return self.dynamic if tier_of(resource) is Tier.DYNAMIC else self.static


class Catalog:
    """Lives on the writer's thread: what it remembers is true as long as no transaction is rolled back."""

    def __init__(self, clock: Clock, lifetimes: Lifetimes) -> None:
        self._clock = clock
        self._lifetimes = lifetimes
        self._kinds: dict[tuple[ClusterName, ResourceName], int] = {}
        self._layouts: dict[tuple[str, ...], int] = {}

    def clear(self) -> None:
        self._kinds.clear()
        self._layouts.clear()

    def kind(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> int:
        """The number of a kind in a cluster, given to it when it is first named."""
        known = self._kinds.get((cluster, resource))
        if known is None:
            now = self._clock.now()
            connection.execute(
                "INSERT INTO kinds (cluster, resource, ttl, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (resource, cluster) DO UPDATE SET ttl = excluded.ttl",
                (cluster, resource, self._lifetimes.of(resource), now, now),
            )
            (known,) = connection.execute("SELECT id FROM kinds WHERE resource = ? AND cluster = ?", (resource, cluster)).fetchone()
            self._kinds[cluster, resource] = known
        return known

    def layout(self, connection: sqlite3.Connection, columns: tuple[str, ...]) -> int:
        known = self._layouts.get(columns)
        if known is None:
            text = msgspec.json.encode(columns).decode()
            connection.execute("INSERT OR IGNORE INTO layouts (columns) VALUES (?)", (text,))
            (known,) = connection.execute("SELECT id FROM layouts WHERE columns = ?", (text,)).fetchone()
            self._layouts[columns] = known
        return known


def next_number(connection: sqlite3.Connection, counter: str) -> int:
    """The counter's next value; within a write transaction nobody else gets the same."""
    number: int
    (number,) = connection.execute("UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value", (counter,)).fetchone()
    return number


def count_up(connection: sqlite3.Connection, counter: str, by: int) -> None:
    connection.execute("UPDATE counters SET value = max(0, value + ?) WHERE name = ?", (by, counter))


def counter_value(connection: sqlite3.Connection, counter: str) -> int:
    value: int
    (value,) = connection.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchone()
    return value


def kinds_of(connection: sqlite3.Connection, resource: ResourceName, clusters: Sequence[ClusterName]) -> dict[int, ClusterName]:
    """The numbers under which a kind's rows are kept, in these clusters or in all."""
    found = connection.execute("SELECT id, cluster FROM kinds WHERE resource = ?", (resource,)).fetchall()
    return {kind: cluster for kind, cluster in found if not clusters or cluster in clusters}
