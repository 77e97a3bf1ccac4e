"""A plain cache made an encrypted one, and back: into a new file beside it that takes its place when it is whole."""

import contextlib
import os
import sqlite3
from pathlib import Path

from k8sconsole.errors import StoreError, StoreLocked
from k8sconsole.store.sqlite.file.errors import unwritable
from k8sconsole.store.sqlite.file.header import is_encrypted, is_plain
from k8sconsole.store.sqlite.file.key import Key
from k8sconsole.store.sqlite.file.lock import alone_in
from k8sconsole.store.sqlite.file.sqlcipher import EncryptedFile
from k8sconsole.store.sqlite.open import check_ownership, make_private

_PATIENCE = 2.0
"""Seconds to wait for another process; a console would hold the file for hours."""
_SIDE_FILES = ("-journal", "-wal", "-shm")


def encrypt(path: Path, key: Key) -> list[Path]:
    """The files beside it that are still plain: copies of older versions, damaged ones kept aside. Raises StoreError, StoreLocked when
    another process uses the cache; then it is as it was."""
    if is_encrypted(path):
        raise StoreError(f"The cache {path} is encrypted already")
    _convert(EncryptedFile(path, _PATIENCE, None), key)
    return sorted(each for each in path.parent.glob(f"{path.name}.*") if is_plain(each))


def decrypt(path: Path, key: Key) -> None:
    """As ``encrypt``; StoreKeyError for another key."""
    if is_plain(path):
        raise StoreError(f"The cache {path} is not encrypted")
    _convert(EncryptedFile(path, _PATIENCE, key), None)


def _convert(old: EncryptedFile, key: Key | None) -> None:
    if not old.path.exists():
        raise StoreError(f"There is no cache {old.path}", "", "k8sconsole scan --once makes one")
    new = EncryptedFile(old.path.with_name(f"{old.path.name}.converting"), 0.0, key)
    try:
        with alone_in(old.path.parent), contextlib.closing(_taken(old)) as connection:
            _remove(new.path, "", *_SIDE_FILES)  # of an attempt that was cut short
            try:
                _copy(connection, new)
                _put_in_place(new.path, old.path)
            finally:
                _remove(new.path, "", *_SIDE_FILES)
    except old.errors as error:
        problem = old.translated(error)
        if isinstance(problem, StoreLocked):
            problem.remedy = "close every console, scan and MCP server that uses it"
        raise problem from error
    except OSError as error:
        raise unwritable(old.path, error.strerror or str(error)) from error


def _taken(file: EncryptedFile) -> sqlite3.Connection:
    """A connection beside which there is no other, until it is closed; all that the WAL held is in the file itself by then."""
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
    """Every table and row, counted on both sides."""
    make_private(new.path)
    connection.execute("ATTACH ? AS copy KEY ?", (str(new.path.absolute()), new.opener()))
    connection.execute("SELECT sqlcipher_export('copy')")
    for pragma in ("user_version", "application_id"):
        (value,) = connection.execute(f"PRAGMA main.{pragma}").fetchone()
        connection.execute(f"PRAGMA copy.{pragma} = {value}")
    tables = [name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    lost = [name for name in tables if _count(connection, "main", name) != _count(connection, "copy", name)]
    connection.execute("DETACH copy")
    if lost:
        raise StoreError(f"The cache {new.path} could not be copied whole", f"rows are missing in {', '.join(lost)}")
    with contextlib.closing(new.connect("rw")) as made:
        made.execute("PRAGMA journal_mode = WAL")


def _count(connection: sqlite3.Connection, where: str, table: str) -> int:
    (count,) = connection.execute(f'SELECT count(*) FROM {where}."{table}"').fetchone()  # noqa: S608 - a table of our own schema
    return int(count)


def _put_in_place(new: Path, old: Path) -> None:
    """On the disk before it has the name, and the name on the disk before anybody is told."""
    _synced(new)
    _remove(old, *_SIDE_FILES)  # all they held is in the file; beside a new one they would be taken for its own
    new.replace(old)
    _synced(old.parent)


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
