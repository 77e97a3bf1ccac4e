"""Opening a cache file: create its folder and file, check them, migrate an old schema, and replace a damaged file."""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from k8sconsole.errors import StoreCorrupt, StoreError, StoreTooNew
from k8sconsole.kit.clock import Clock, SystemClock
from k8sconsole.store.sqlite.catalog import Lifetimes
from k8sconsole.store.sqlite.file.connections import CacheFile
from k8sconsole.store.sqlite.file.deleted import file_identity
from k8sconsole.store.sqlite.file.errors import damage_marker, unwritable_error
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey, EncryptedFile
from k8sconsole.store.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION, migrations
from k8sconsole.store.sqlite.store import SqliteStore

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_SIDE_FILES = ("-wal", "-shm")


async def open_store(
    path: Path,
    *,
    clock: Clock | None = None,
    timeout: float = 30.0,
    readers: int = 4,
    lifetimes: Lifetimes | None = None,
    key: CacheKey | None = None,
    on_wait: Callable[[], object] = lambda: None,
) -> SqliteStore:
    """Opens the cache file at ``path``. A missing file is created, an old one is migrated after a copy, a damaged one is rebuilt.

    timeout: seconds to wait for another process's lock.
    readers: the number of threads that read.
    key: for an encrypted file; without it the file is plain.
    on_wait: called from any thread once a wait for that lock has lasted a second, now and while the store is open.

    A rebuilt store says so in ``recovered`` and in ``status().note``.

    Raises StoreUnwritable, StoreTooNew, StoreLocked, StoreKeyError when the file is plain or has another key, ConfigurationError when
    the encryption library is not installed, and StoreError for another program's database.
    """
    file = CacheFile(path, timeout) if key is None else await asyncio.to_thread(EncryptedFile, path, timeout, key)
    file.on_wait = on_wait
    return await asyncio.to_thread(_open_or_rebuild, file, clock or SystemClock(), readers, lifetimes or Lifetimes())


def _open_or_rebuild(file: CacheFile, clock: Clock, readers: int, lifetimes: Lifetimes) -> SqliteStore:
    recovered = ""
    try:
        connection = _open_current_file(file)
    except StoreCorrupt as problem:
        aside = _set_aside(file.path, clock.now())
        reason = problem.detail or problem.title
        recovered = f"the cache was damaged and has been rebuilt; the damaged file is kept as {aside.name} ({reason})"
        connection = _open_current_file(file)
    return SqliteStore(file, connection, clock=clock, readers=readers, lifetimes=lifetimes, recovered=recovered)


def _open_current_file(file: CacheFile) -> sqlite3.Connection:
    """A checked connection to the file that the path names at the end.

    Encryption or decryption by another process replaces the file. If that happened meanwhile, the new file is opened.
    """
    make_private(file.path)
    identity = file_identity(file.path)
    try:
        connection = _open_checked(file)
    except StoreError:
        if file_identity(file.path) == identity:
            raise
    else:
        if file_identity(file.path) == identity:
            return connection
        connection.close()
    return _open_checked(file)


def _open_checked(file: CacheFile) -> sqlite3.Connection:
    try:
        return file.wait_for_lock(partial(_open_once, file))
    except file.errors as error:
        raise file.translate_error(error) from error


def _open_once(file: CacheFile) -> sqlite3.Connection:
    file.prepare()
    check_ownership(file)
    if damage_marker(file.path).exists():
        raise StoreCorrupt(f"the cache {file.path} was found damaged while in use")
    connection = file.open_writer()
    try:
        _migrate(connection, file)
        # Reads the first pages of what every start needs, so that damage is found here and not later in a pane.
        connection.execute("SELECT count(*), max(id) FROM kinds").fetchone()
        connection.execute("SELECT id, revision FROM objects ORDER BY id DESC LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def make_private(path: Path) -> None:
    """Creates the file with mode 0600, or sets that mode. SQLite gives the same mode to the side files it creates later."""
    try:
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
        try:
            if os.fstat(handle).st_mode & 0o077:
                os.fchmod(handle, _PRIVATE_FILE)
        finally:
            os.close(handle)
    except OSError as error:
        raise unwritable_error(path, error) from error


def check_ownership(file: CacheFile) -> None:
    """Raises StoreError for another program's database, StoreTooNew for a newer schema."""
    with contextlib.closing(file.connect("ro", file.first_wait)) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreError(f"{file.path} is not a cache of k8sconsole", "it is another program's database", "name another file with --db")
    if version > SCHEMA_VERSION:
        raise StoreTooNew(
            f"the cache {file.path} was written by a newer k8sconsole",
            f"its schema is {version}, this version supports {SCHEMA_VERSION}",
            "update k8sconsole, or name another file with --db",
        )


def _migrate(connection: sqlite3.Connection, file: CacheFile) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        _enable_wal(connection)  # an interrupted conversion leaves the file in another journal mode
        return
    if version:
        _back_up(connection, file, version)
    _enable_wal(connection)
    from sqlite_utils import Database

    connection.execute("BEGIN IMMEDIATE")  # of two processes that open an empty file together, one finds it migrated
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


def _enable_wal(connection: sqlite3.Connection) -> None:
    """The caller retries, because SQLite does not wait for another process's lock when it changes the journal mode."""
    connection.execute("PRAGMA journal_mode = WAL")


def _back_up(connection: sqlite3.Connection, file: CacheFile, version: int) -> None:
    copy = file.path.with_name(f"{file.path.name}.schema-{version}")
    copy.unlink(missing_ok=True)
    make_private(copy)
    with contextlib.closing(file.sibling(copy).connect("rw")) as target:
        connection.backup(target)


def _set_aside(path: Path, now: float) -> Path:
    """Renames the damaged file and its side files, since a person may still recover data from them."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in ("", *_SIDE_FILES):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    damage_marker(path).unlink(missing_ok=True)
    return aside
