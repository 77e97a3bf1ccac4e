"""From a path to an open store: the folder, the file and its mode, its age, and what to do when it is damaged."""

import asyncio
import contextlib
import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from k8sconsole.errors import StoreCorrupt, StoreError, StoreLocked, StoreTooNew
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.store.sqlite.catalog import Lifetimes
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.deleted import identity
from k8sconsole.store.sqlite.file.errors import damaged_mark, unwritable
from k8sconsole.store.sqlite.file.key import Key
from k8sconsole.store.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION, migrations
from k8sconsole.store.sqlite.store import SqliteStore

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_SIDE_FILES = ("-wal", "-shm")
_LOOK_AGAIN = 0.02


async def open_store(
    path: Path,
    *,
    clock: Clock | None = None,
    timeout: float = 30.0,
    readers: int = 4,
    lifetimes: Lifetimes | None = None,
    key: Key | None = None,
) -> SqliteStore:
    """The store in the file at ``path``, made when absent, migrated (after a back-up beside it) when old, rebuilt when damaged.

    timeout: seconds to wait for another process's lock. readers: threads that read. A rebuilt store says so in ``recovered`` and in
    ``status().note``. key: with it the file is an encrypted one. Raises StoreUnwritable, StoreTooNew, StoreLocked, StoreKeyError for a
    file that is encrypted otherwise or not at all, ConfigurationError where the library for it is missing, or StoreError for somebody
    else's database.
    """
    file = CacheFile(path, timeout) if key is None else await asyncio.to_thread(_encrypted, path, timeout, key)
    return await asyncio.to_thread(_open, file, clock or SystemClock(), readers, lifetimes or Lifetimes())


def _encrypted(path: Path, timeout: float, key: Key) -> CacheFile:
    from k8sconsole.store.sqlite.file.sqlcipher import EncryptedFile

    return EncryptedFile(path, timeout, key)


def _open(file: CacheFile, clock: Clock, readers: int, lifetimes: Lifetimes) -> SqliteStore:
    recovered = ""
    try:
        connection = _prepared(file)
    except StoreCorrupt as problem:
        kept = _set_aside(file.path, clock.now())
        recovered = (
            f"The cache was damaged and has been rebuilt; the damaged file is kept as {kept.name} ({problem.detail or problem.title})."
        )
        connection = _prepared(file)
    return SqliteStore(file, connection, clock=clock, readers=readers, lifetimes=lifetimes, recovered=recovered)


def _prepared(file: CacheFile) -> sqlite3.Connection:
    make_private(file.path)
    opened = identity(file.path)
    try:
        connection = _checked(file)
    except StoreError:
        if identity(file.path) == opened:
            raise
    else:
        if identity(file.path) == opened:
            return connection
        connection.close()
    return _checked(file)  # it was encrypted or decrypted meanwhile: what was open has lost its name


def _checked(file: CacheFile) -> sqlite3.Connection:
    try:
        file.lay()
        check_ownership(file)
        if damaged_mark(file.path).exists():
            raise StoreCorrupt(f"The cache {file.path} was found damaged while in use")
        connection = file.writing()
        _migrate(connection, file)
        # Touches the first pages of what every start reads, so that a damaged file is found here and not under a pane.
        connection.execute("SELECT count(*), max(id) FROM kinds").fetchone()
        connection.execute("SELECT id, revision FROM objects ORDER BY id DESC LIMIT 1").fetchone()
    except file.errors as error:
        raise file.translated(error) from error
    return connection


def make_private(path: Path) -> None:
    """SQLite gives its side files the mode of the main one, so it must be right before the first byte."""
    try:
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
        try:
            if os.fstat(handle).st_mode & 0o077:
                os.fchmod(handle, _PRIVATE_FILE)
        finally:
            os.close(handle)
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error


def check_ownership(file: CacheFile) -> None:
    with contextlib.closing(file.connect("ro")) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreError(
            f"{file.path} is not a cache of k8sconsole", "another program's database lives there", "name another file with --db"
        )
    if version > SCHEMA_VERSION:
        raise StoreTooNew(
            f"The cache {file.path} was written by a newer k8sconsole",
            f"its schema is {version}, this program knows {SCHEMA_VERSION}",
            "update k8sconsole, or name another file with --db",
        )


def _migrate(connection: sqlite3.Connection, file: CacheFile) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        _write_ahead(connection, file)  # a conversion that was cut short leaves the file without
        return
    if version:
        _back_up(connection, file, version)
    _write_ahead(connection, file)
    from sqlite_utils import Database

    connection.execute("BEGIN IMMEDIATE")  # two processes that open a fresh file at once: the second finds it done
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < SCHEMA_VERSION:
            migrations().apply(Database(connection, recursive_triggers=False, execute_plugins=False))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _write_ahead(connection: sqlite3.Connection, file: CacheFile) -> None:
    """Two processes that open a fresh file at once: for this one step SQLite does not wait for the other, so we do."""
    until = time.monotonic() + file.timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except file.errors as error:
            if not isinstance(file.translated(error), StoreLocked) or time.monotonic() >= until:
                raise
            time.sleep(_LOOK_AGAIN)


def _back_up(connection: sqlite3.Connection, file: CacheFile, version: int) -> None:
    copy = file.path.with_name(f"{file.path.name}.schema-{version}")
    copy.unlink(missing_ok=True)
    make_private(copy)
    with contextlib.closing(file.beside(copy).connect("rw")) as target:
        connection.backup(target)


def _set_aside(path: Path, now: float) -> Path:
    """The damaged file and its side files under another name: they may still be worth a rescue."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in ("", *_SIDE_FILES):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(kept.with_name(kept.name + suffix))
    damaged_mark(path).unlink(missing_ok=True)
    return kept
