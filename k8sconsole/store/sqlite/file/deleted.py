"""Recovery of a file that was deleted or replaced while in use. Its open connection can still read it, so it is restored from there."""

import contextlib
import os
import sqlite3
from pathlib import Path

from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.lock import lock_folder
from k8sconsole.store.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION

Identity = tuple[int, int]
"""Device and inode."""

RESTORED = "the cache file was deleted while in use; it has been restored with all its data"


def file_identity(path: Path) -> Identity | None:
    """The file that the path names at present; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def restore_file(connection: sqlite3.Connection, file: CacheFile) -> None:
    """Copies all committed data to the old path, completely or not at all.

    If another process has restored the file first, its copy stays. Raises ``file.errors`` and OSError.
    """
    path = file.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = path.with_name(f"{path.name}.saved-{os.getpid()}")
    with lock_folder(path.parent):
        if file_identity(path) is not None:
            return
        try:
            os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            with contextlib.closing(file.sibling(copy).connect("rw")) as target:
                connection.backup(target)
            # SQLite would apply the old side files to the new file; their content is already in the copy.
            remove_files(path, "-wal", "-shm")
            with contextlib.suppress(FileExistsError):
                os.link(copy, path)
        finally:
            remove_files(copy, "", "-wal", "-shm")


def remove_files(path: Path, *suffixes: str) -> None:
    """Removes ``path`` with each suffix appended to its name, where it exists."""
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def open_replacement(file: CacheFile) -> sqlite3.Connection | None:
    """A writing connection to the file that the path names at present; None if that is not a complete cache of this version."""
    with contextlib.closing(file.open_reader()) as reader:
        (version,) = reader.execute("PRAGMA user_version").fetchone()
        (application,) = reader.execute("PRAGMA application_id").fetchone()
    return file.open_writer() if (application, version) == (APPLICATION_ID, SCHEMA_VERSION) else None
