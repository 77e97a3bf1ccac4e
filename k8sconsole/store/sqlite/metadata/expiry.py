"""What leaves the file by itself, and when."""

import sqlite3

from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.store.sqlite.catalog import Lifetimes

_UNSERVED = """(EXISTS (SELECT 1 FROM api_resources a WHERE a.cluster = k.cluster)
    AND NOT EXISTS (SELECT 1 FROM api_resources a WHERE a.cluster = k.cluster AND a.name = k.resource))"""

_EXPIRED = f"""SELECT o.id FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl < :now
    AND ({_UNSERVED} OR max(o.observed_at, ifnull(k.confirmed_at, 0)) + :offline < :now)"""  # noqa: S608 - constants only
"""An expired row goes when its kind is no longer served there, or when nothing confirmed it for as long as offline reading is promised.
An expired row of a cluster that is merely out of reach is what offline reading is made of."""

_FIGURES_KEPT = 7 * 86400.0
_AUDIT_KEPT = 90 * 86400.0


def expired(connection: sqlite3.Connection, now: float, lifetimes: Lifetimes) -> list[int]:
    return [row for (row,) in connection.execute(_EXPIRED, {"now": now, "offline": lifetimes.offline})]


def forget_deletions(connection: sqlite3.Connection, before: float) -> None:
    """Deletions that were told long enough; who asks further back gets the whole."""
    (newest,) = connection.execute("SELECT max(revision) FROM gone WHERE at < ?", (before,)).fetchone()
    if newest is not None:
        connection.execute("UPDATE counters SET value = max(value, ?) WHERE name = 'forgotten'", (newest,))
        connection.execute("DELETE FROM gone WHERE at < ?", (before,))


def clean_ledgers(connection: sqlite3.Connection, now: float) -> int:
    """Tools past their time, figures after a week, audit after a quarter."""
    went = connection.execute("DELETE FROM mcp_tools WHERE ttl_expires_at < ?", (format_rfc3339(now),)).rowcount
    went += connection.execute("DELETE FROM figures WHERE at < ?", (now - _FIGURES_KEPT,)).rowcount
    went += connection.execute("DELETE FROM audit WHERE at < ?", (format_rfc3339(now - _AUDIT_KEPT),)).rowcount
    return went
