"""Deletion of expired rows, and the regular round that applies history retention."""

import sqlite3

from k8sconsole.kit.clock import format_rfc3339
from k8sconsole.store.sqlite.catalog import Lifetimes
from k8sconsole.store.sqlite.history import retention
from k8sconsole.store.sqlite.history.recorder import VersionRecorder
from k8sconsole.store.sqlite.objects.writer import ObjectWriter
from k8sconsole.store.sqlite.writer import WriterThread

_UNSERVED = """(EXISTS (SELECT 1 FROM api_resources a WHERE a.cluster = k.cluster)
    AND NOT EXISTS (SELECT 1 FROM api_resources a WHERE a.cluster = k.cluster AND a.name = k.resource))"""

_EXPIRED = f"""SELECT o.id FROM kinds k JOIN objects o ON o.kind_id = k.id
    WHERE max(o.observed_at, ifnull(k.confirmed_at, 0)) + k.ttl < :now
    AND ({_UNSERVED} OR max(o.observed_at, ifnull(k.confirmed_at, 0)) + :offline < :now)"""  # noqa: S608 - constants only
"""An expired row is deleted when the cluster no longer serves its kind, or when no scan confirmed it within ``Lifetimes.offline``.
Until then it stays, because offline reading of an unreachable cluster needs it."""

_FIGURES_KEPT = 7 * 86400.0
_AUDIT_KEPT = 90 * 86400.0
_MOST_PIECES = 50
"""The most pieces of history that one round deletes: a hundred thousand versions."""


class CacheCleaner:
    def __init__(self, writer: WriterThread, objects: ObjectWriter, recorder: VersionRecorder, lifetimes: Lifetimes) -> None:
        self._writer = writer
        self._objects = objects
        self._recorder = recorder
        self._lifetimes = lifetimes

    async def clean(self, now: float) -> int:
        """As ``store.port.Store.clean``."""

        def work(connection: sqlite3.Connection) -> int:
            _delete_old_tombstones(connection, now - self._lifetimes.deletions)
            expired = [row for (row,) in connection.execute(_EXPIRED, {"now": now, "offline": self._lifetimes.offline})]
            deleted = self._objects.delete_unconfirmed(connection, expired, now, "no scan has confirmed it since")
            return deleted + _delete_old_records(connection, now)

        return await self._writer.run(work) + await self._prune_history(now)

    async def _prune_history(self, now: float) -> int:
        """Deletes piece by piece, so that other writes run in between. The next round continues where this one ends."""
        deleted = 0
        for _ in range(_MOST_PIECES):
            piece = await self._writer.run(
                lambda connection: retention.prune(connection, self._lifetimes.history, now, self._recorder.grown), retention.PIECE
            )
            deleted += piece
            if not piece:
                break
        return deleted


def _delete_old_tombstones(connection: sqlite3.Connection, before: float) -> None:
    """A caller that follows from an earlier revision gets all rows instead of a difference."""
    (newest,) = connection.execute("SELECT max(revision) FROM gone WHERE at < ?", (before,)).fetchone()
    if newest is not None:
        connection.execute("UPDATE counters SET value = max(value, ?) WHERE name = 'forgotten'", (newest,))
        connection.execute("DELETE FROM gone WHERE at < ?", (before,))


def _delete_old_records(connection: sqlite3.Connection, now: float) -> int:
    """Expired tools, figures after a week, audit rows after 90 days."""
    deleted = connection.execute("DELETE FROM mcp_tools WHERE ttl_expires_at < ?", (format_rfc3339(now),)).rowcount
    deleted += connection.execute("DELETE FROM figures WHERE at < ?", (now - _FIGURES_KEPT,)).rowcount
    deleted += connection.execute("DELETE FROM audit WHERE at < ?", (format_rfc3339(now - _AUDIT_KEPT),)).rowcount
    return deleted
