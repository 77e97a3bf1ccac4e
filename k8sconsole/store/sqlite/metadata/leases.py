"""Who may do what only one process may do: a row that is taken, renewed and given back. Its end is wall time, which processes here
share."""

import sqlite3


def take(connection: sqlite3.Connection, name: str, holder: str, now: float, ttl: float) -> str:
    """Takes the lease when it is free, expired or held by ``holder`` already; answers who holds it now."""
    connection.execute(
        "INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, :until) ON CONFLICT (name) DO UPDATE"
        # An end further away than any holder may ask for was written by a clock that has been set back since.
        " SET holder = :holder, expires_at = :until"
        " WHERE holder = :holder OR expires_at <= :now OR expires_at > :now + 10 * :ttl",
        {"name": name, "holder": holder, "until": now + ttl, "now": now, "ttl": ttl},
    )
    (held_by,) = connection.execute("SELECT holder FROM leases WHERE name = ?", (name,)).fetchone()
    return str(held_by)


def drop(connection: sqlite3.Connection, name: str, holder: str) -> None:
    connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))


def ask(connection: sqlite3.Connection, cluster: str) -> None:
    connection.execute(
        "INSERT INTO requests (cluster, asked) VALUES (?, 1) ON CONFLICT (cluster) DO UPDATE SET asked = asked + 1", (cluster,)
    )


def asked(connection: sqlite3.Connection, cluster: str) -> int:
    found = connection.execute("SELECT asked FROM requests WHERE cluster = ?", (cluster,)).fetchone()
    return int(found[0]) if found else 0
