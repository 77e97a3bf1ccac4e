"""``store.port.ScanSharing`` in SQLite: leases and rescan requests. A lease ends at a wall-clock time, which all processes here share."""

import sqlite3

from k8sconsole.kit.clock import Clock
from k8sconsole.model.refs import ClusterName
from k8sconsole.store.sqlite.readers import ReaderPool
from k8sconsole.store.sqlite.writer import WriterThread

_TAKE = (
    "INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, :until) ON CONFLICT (name) DO UPDATE"
    # An end later than any holder may set was written before the clock was set back.
    " SET holder = :holder, expires_at = :until"
    " WHERE holder = :holder OR expires_at <= :now OR expires_at > :now + 10 * :ttl"
)
_REQUEST = "INSERT INTO requests (cluster, asked) VALUES (?, 1) ON CONFLICT (cluster) DO UPDATE SET asked = asked + 1"


class SqliteScanSharing:
    def __init__(self, readers: ReaderPool, writer: WriterThread, clock: Clock) -> None:
        self._readers = readers
        self._writer = writer
        self._clock = clock

    async def take_lease(self, name: str, holder: str, ttl: float) -> str:
        now = self._clock.now()

        def work(connection: sqlite3.Connection) -> str:
            connection.execute(_TAKE, {"name": name, "holder": holder, "until": now + ttl, "now": now, "ttl": ttl})
            (present,) = connection.execute("SELECT holder FROM leases WHERE name = ?", (name,)).fetchone()
            return str(present)

        return await self._writer.run(work)

    async def release_lease(self, name: str, holder: str) -> None:
        await self._writer.run(lambda connection: connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder)))

    async def request_rescan(self, cluster: ClusterName) -> None:
        await self._writer.run(lambda connection: connection.execute(_REQUEST, (cluster,)))

    async def rescan_requests(self, cluster: ClusterName) -> int:
        def work(connection: sqlite3.Connection) -> int:
            found = connection.execute("SELECT asked FROM requests WHERE cluster = ?", (cluster,)).fetchone()
            return int(found[0]) if found else 0

        return await self._readers.run(work)
