"""The file deleted or replaced underneath. What is open can still be read, though nobody finds it by name: so it is put back."""

import contextlib
import os
import sqlite3
from pathlib import Path

from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.lock import alone_in
from k8sconsole.store.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION

Identity = tuple[int, int]

PUT_BACK = "The cache file was deleted while in use and has been put back, with all it held."


def identity(path: Path) -> Identity | None:
    """Which file the name stands for; None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def put_back(connection: sqlite3.Connection, file: CacheFile) -> None:
    """All that is committed, under the old name, as a whole or not at all. Another process that does the same may be first: then its file
    stays. Raises what the file's library raises, and OSError."""
    path = file.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = path.with_name(f"{path.name}.saved-{os.getpid()}")
    with alone_in(path.parent):
        if identity(path) is not None:
            return
        try:
            os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            with contextlib.closing(file.beside(copy).connect("rw")) as target:
                connection.backup(target)
            _remove(path, "-wal", "-shm")  # what they held is in the copy; beside a new file they would be taken for its own
            with contextlib.suppress(FileExistsError):
                os.link(copy, path)
        finally:
            _remove(copy, "", "-wal", "-shm")


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def moved_to(file: CacheFile) -> sqlite3.Connection | None:
    """A connection that writes to what the name stands for now; None while that is not a whole cache of ours."""
    with contextlib.closing(file.reading()) as looking:
        (version,) = looking.execute("PRAGMA user_version").fetchone()
        (application,) = looking.execute("PRAGMA application_id").fetchone()
    return file.writing() if (application, version) == (APPLICATION_ID, SCHEMA_VERSION) else None
