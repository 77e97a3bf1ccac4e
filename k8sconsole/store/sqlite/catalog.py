"""Numbers that stand for names (a kind in a cluster, a column layout), and counters that only increase."""

import sqlite3
from collections.abc import Sequence

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.model.history.rules import HistoryRules
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.resources import Tier, tier_of


class Lifetimes(msgspec.Struct, frozen=True):
    """How long rows are kept, in seconds.

    static, dynamic: how long a row of that tier counts as current without confirmation.
    offline: how long the last known state of a kind stays readable when no scan confirms it.
    deletions: how long a deletion is reported to callers that follow by revision.
    history: what is kept of earlier versions, and how long.
    """

    static: float = 1800.0
    dynamic: float = 300.0
    offline: float = 30 * 86400.0
    deletions: float = 3600.0
    history: HistoryRules = HistoryRules()

    def ttl_of(self, resource: ResourceName) -> float:
        return self.dynamic if tier_of(resource) is Tier.DYNAMIC else self.static


class Catalog:
    """Caches the numbers of kinds and layouts. Used on the writer's thread only; cleared after each rollback."""

    def __init__(self, clock: Clock, lifetimes: Lifetimes) -> None:
        self._clock = clock
        self._lifetimes = lifetimes
        self._kinds: dict[tuple[ClusterName, ResourceName], int] = {}
        self._layouts: dict[tuple[str, ...], int] = {}

    def clear(self) -> None:
        self._kinds.clear()
        self._layouts.clear()

    def kind(self, connection: sqlite3.Connection, cluster: ClusterName, resource: ResourceName) -> int:
        """The number of a kind in a cluster. A new kind gets a new number."""
        known = self._kinds.get((cluster, resource))
        if known is None:
            now = self._clock.now()
            connection.execute(
                "INSERT INTO kinds (cluster, resource, ttl, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (resource, cluster) DO UPDATE SET ttl = excluded.ttl",
                (cluster, resource, self._lifetimes.ttl_of(resource), now, now),
            )
            (known,) = connection.execute("SELECT id FROM kinds WHERE resource = ? AND cluster = ?", (resource, cluster)).fetchone()
            self._kinds[cluster, resource] = known
        return known

    def layout(self, connection: sqlite3.Connection, columns: tuple[str, ...]) -> int:
        """The number of a list of column names. A new list gets a new number."""
        known = self._layouts.get(columns)
        if known is None:
            text = msgspec.json.encode(columns).decode()
            connection.execute("INSERT OR IGNORE INTO layouts (columns) VALUES (?)", (text,))
            (known,) = connection.execute("SELECT id FROM layouts WHERE columns = ?", (text,)).fetchone()
            self._layouts[columns] = known
        return known


def next_number(connection: sqlite3.Connection, counter: str) -> int:
    """Increments the counter and returns it. A write transaction ensures that no other process gets the same number."""
    number: int
    (number,) = connection.execute("UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value", (counter,)).fetchone()
    return number


def add_to_counter(connection: sqlite3.Connection, counter: str, amount: int) -> None:
    """amount may be negative; the counter does not fall below 0."""
    connection.execute("UPDATE counters SET value = max(0, value + ?) WHERE name = ?", (amount, counter))


def counter_value(connection: sqlite3.Connection, counter: str) -> int:
    value: int
    (value,) = connection.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchone()
    return value


def kind_numbers(connection: sqlite3.Connection, resource: ResourceName, clusters: Sequence[ClusterName]) -> dict[int, ClusterName]:
    """The numbers of one kind in these clusters; in all clusters when ``clusters`` is empty."""
    found = connection.execute("SELECT id, cluster FROM kinds WHERE resource = ?", (resource,)).fetchall()
    return {kind: cluster for kind, cluster in found if not clusters or cluster in clusters}
