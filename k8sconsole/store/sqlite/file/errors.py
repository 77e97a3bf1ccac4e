"""Translation of SQLite's errors into StoreErrors that name a remedy."""

import errno
import sqlite3
from pathlib import Path

from k8sconsole.errors import StoreCorrupt, StoreError, StoreKeyError, StoreLocked, StoreUnwritable
from k8sconsole.kit.descriptors import are_descriptors_exhausted
from k8sconsole.kit.system_errors import explain_os_error
from k8sconsole.store.sqlite.file.header import is_encrypted

_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_PRIMARY_CODE = 0xFF
"""The low byte of an extended result code is the primary result code."""


def translate_error(error: Exception, path: Path) -> StoreError:
    """The StoreError for an error of SQLite. The caller raises it from ``error``."""
    code = _primary_code(error)
    if code == sqlite3.SQLITE_NOTADB and is_encrypted(path):
        return StoreKeyError(
            f"the cache {path} is encrypted", "cache.encryption is none", "cache.encryption: keyring, environment or command"
        )
    if code in _CORRUPT:
        return StoreCorrupt(f"the cache {path} is damaged", str(error), "start again: the damaged file is kept and a new one is made")
    if code in _LOCKED:
        return StoreLocked(f"the cache {path} is held by another process", str(error), "wait, or raise CACHE_DB_TIMEOUT")
    if code in _UNWRITABLE:
        return unwritable_error(path, _system_error(code, error, path))
    return StoreError(f"the cache {path} cannot be used", str(error), "another file with --db or CACHE_DB_PATH")


def is_not_a_database(error: Exception) -> bool:
    """SQLCipher raises the same error for a wrong key."""
    return _primary_code(error) == sqlite3.SQLITE_NOTADB


def _primary_code(error: Exception) -> int:
    """0 for an error that Python raised without SQLite."""
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE


def unwritable_error(path: Path, error: OSError) -> StoreUnwritable:
    why, remedy = explain_os_error(error, path)
    why, remedy = why.removeprefix(f"{path}: "), f"{remedy}; or another file with --db or CACHE_DB_PATH"
    return StoreUnwritable(f"the cache {path} cannot be written", why, remedy)


def _system_error(code: int, error: Exception, path: Path) -> OSError:
    """What the operating system said to SQLite, as far as its codes tell."""
    if are_descriptors_exhausted():
        return OSError(errno.EMFILE, "")
    unopened = errno.EISDIR if path.is_dir() else errno.EACCES if path.exists() else errno.ENOENT
    numbers = {
        sqlite3.SQLITE_FULL: errno.ENOSPC,
        sqlite3.SQLITE_IOERR: errno.EIO,
        sqlite3.SQLITE_PERM: errno.EACCES,
        sqlite3.SQLITE_READONLY: errno.EACCES,
        sqlite3.SQLITE_CANTOPEN: unopened,
    }
    return OSError(numbers[code], str(error))


def damage_marker(path: Path) -> Path:
    """An empty file beside the cache. If it exists, damage was found during use, and the next start rebuilds the cache."""
    return path.with_name(f"{path.name}.damaged")
