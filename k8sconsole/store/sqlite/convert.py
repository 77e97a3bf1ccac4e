"""Encryption of a plain cache, and decryption: a new file is written beside the old one and replaces it when it is complete."""

import contextlib
import os
import sqlite3
from pathlib import Path

from k8sconsole.errors import StoreError, StoreLocked
from k8sconsole.store.sqlite.file.deleted import remove_files
from k8sconsole.store.sqlite.file.errors import unwritable_error
from k8sconsole.store.sqlite.file.header import is_encrypted, is_plain
from k8sconsole.store.sqlite.file.lock import lock_folder
from k8sconsole.store.sqlite.file.sqlcipher import CacheKey, EncryptedFile
from k8sconsole.store.sqlite.open import check_ownership, make_private

_LOCK_TIMEOUT = 2.0
"""Seconds. A longer wait would not help, because a console holds the file for hours."""
_SIDE_FILES = ("-journal", "-wal", "-shm")


def encrypt(path: Path, key: CacheKey) -> list[Path]:
    """Returns the files beside the cache that are still plain: copies of older versions and damaged files that were set aside.

    Raises StoreError, and StoreLocked when another process uses the cache. The cache is then unchanged.
    """
    if is_encrypted(path):
        raise StoreError(f"the cache {path} is already encrypted")
    _convert(EncryptedFile(path, _LOCK_TIMEOUT, None), key)
    return sorted(each for each in path.parent.glob(f"{path.name}.*") if is_plain(each))


def decrypt(path: Path, key: CacheKey) -> None:
    """Raises as ``encrypt``, and StoreKeyError for a wrong key."""
    if is_plain(path):
        raise StoreError(f"the cache {path} is not encrypted")
    _convert(EncryptedFile(path, _LOCK_TIMEOUT, key), None)


def _convert(old: EncryptedFile, key: CacheKey | None) -> None:
    if not old.path.exists():
        raise StoreError(f"there is no cache {old.path}", "", "k8sconsole scan --once")
    new = EncryptedFile(old.path.with_name(f"{old.path.name}.converting"), 0.0, key)
    try:
        with lock_folder(old.path.parent), contextlib.closing(_open_exclusively(old)) as connection:
            remove_files(new.path, "", *_SIDE_FILES)  # left by an interrupted conversion
            try:
                _copy(connection, new)
                _replace_file(new.path, old.path)
            finally:
                remove_files(new.path, "", *_SIDE_FILES)
    except old.errors as error:
        problem = old.translate_error(error)
        if isinstance(problem, StoreLocked):
            problem.remedy = "close every console, scan and MCP server that uses it"
        raise problem from error
    except OSError as error:
        raise unwritable_error(old.path, error) from error


def _open_exclusively(file: EncryptedFile) -> sqlite3.Connection:
    """The only connection to the file until it is closed. The content of the WAL has been moved into the file."""
    check_ownership(file)
    connection = file.connect("rw")
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _copy(connection: sqlite3.Connection, new: EncryptedFile) -> None:
    """Copies all tables and compares the numbers of rows. Raises StoreError if rows are missing."""
    make_private(new.path)
    connection.execute("ATTACH ? AS copy KEY ?", (str(new.path.absolute()), new.salted_key()))
    connection.execute("SELECT sqlcipher_export('copy')")
    for pragma in ("user_version", "application_id"):
        (value,) = connection.execute(f"PRAGMA main.{pragma}").fetchone()
        connection.execute(f"PRAGMA copy.{pragma} = {value}")
    tables = [name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    incomplete = [name for name in tables if _count_rows(connection, "main", name) != _count_rows(connection, "copy", name)]
    connection.execute("DETACH copy")
    if incomplete:
        raise StoreError(f"the cache {new.path} could not be copied", f"rows are missing in {', '.join(incomplete)}")
    with contextlib.closing(new.connect("rw")) as made:
        made.execute("PRAGMA journal_mode = WAL")


def _count_rows(connection: sqlite3.Connection, schema: str, table: str) -> int:
    (count,) = connection.execute(f'SELECT count(*) FROM {schema}."{table}"').fetchone()  # noqa: S608 - a table of our own schema
    return int(count)


def _replace_file(new: Path, old: Path) -> None:
    """Syncs the file before it gets the name, and the name before this returns. A crash in between leaves one complete file."""
    _sync(new)
    remove_files(old, *_SIDE_FILES)  # SQLite would apply them to the new file; their content is already in both files
    new.replace(old)
    _sync(old.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
