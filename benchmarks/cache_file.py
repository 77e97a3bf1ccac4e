"""Reads the cache file of a running scanner from another process, with plain sqlite3."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any


def query_cache(cache: Path, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Runs a query_cache read-only. Returns no rows when the file or the table does not exist yet."""
    if not cache.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(sql, arguments).fetchall()
        except sqlite3.OperationalError:
            return []


def count_pods(cache: Path) -> int:
    found = query_cache(cache, "SELECT count(*) FROM objects o JOIN kinds k ON k.id = o.kind_id WHERE k.resource = 'pods'")
    return found[0][0] if found else 0


def is_watched(cache: Path) -> bool:
    """Whether the watch of pods is open."""
    return query_cache(cache, "SELECT 1 FROM kinds WHERE resource = 'pods' AND watching AND status = 'completed'") != []


def newest_pod_version(cache: Path) -> int:
    """The largest resourceVersion among the 3000 pods written last. An index finds those rows."""
    found = query_cache(
        cache,
        "SELECT max(CAST(resource_version AS INTEGER)) FROM (SELECT o.resource_version FROM objects o JOIN kinds k ON k.id = o.kind_id"
        " WHERE k.resource = 'pods' ORDER BY o.revision DESC LIMIT 3000)",
    )
    return found[0][0] or 0 if found else 0


def size(cache: Path) -> int:
    """Bytes of the file and its WAL."""
    return sum(file.stat().st_size for file in cache.parent.glob(f"{cache.name}*") if not file.name.endswith("-shm"))


def remove(cache: Path) -> None:
    for file in cache.parent.glob(f"{cache.name}*"):
        file.unlink()
