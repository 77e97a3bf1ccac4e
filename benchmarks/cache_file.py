"""The cache file of a scanner that runs, read from outside with plain sqlite3."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any


def ask(cache: Path, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Read-only; nothing where there is no file, or no table yet."""
    if not cache.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(sql, arguments).fetchall()
        except sqlite3.OperationalError:
            return []


def pods(cache: Path) -> int:
    found = ask(cache, "SELECT count(*) FROM objects o JOIN kinds k ON k.id = o.kind_id WHERE k.resource = 'pods'")
    return found[0][0] if found else 0


def watched(cache: Path) -> bool:
    """Whether the watch of pods stands."""
    return ask(cache, "SELECT 1 FROM kinds WHERE resource = 'pods' AND watching AND status = 'completed'") != []


def newest_pod(cache: Path) -> int:
    """The largest resourceVersion of a pod; the newest of the rows written last, which an index finds."""
    found = ask(
        cache,
        "SELECT max(CAST(resource_version AS INTEGER)) FROM (SELECT o.resource_version FROM objects o JOIN kinds k ON k.id = o.kind_id"
        " WHERE k.resource = 'pods' ORDER BY o.revision DESC LIMIT 3000)",
    )
    return found[0][0] or 0 if found else 0


def size(cache: Path) -> int:
    """With what SQLite keeps beside it."""
    return sum(file.stat().st_size for file in cache.parent.glob(f"{cache.name}*") if not file.name.endswith("-shm"))


def remove(cache: Path) -> None:
    for file in cache.parent.glob(f"{cache.name}*"):
        file.unlink()
