"""What the first bytes of a file say it is, which can be told without its key."""

import os
from pathlib import Path

from k8sconsole.store.sqlite.schema import APPLICATION_ID

SALT = 16
"""Bytes with which SQLCipher begins a file; they are no secret."""

MARK = APPLICATION_ID.to_bytes(4, "big")
"""The first of them are always these, so that an encrypted cache is known for one and never taken for a damaged one."""

_PLAIN = b"SQLite format 3\0"


_handles: dict[tuple[int, int], int] = {}
"""One a file, and never closed: to close any handle of a file is to let go, unasked, of every lock that this process's connections hold on
it."""


def beginning(path: Path) -> bytes:
    """As many bytes as a salt has, fewer where the file has fewer, none where there is no file."""
    try:
        found = path.stat()
        handle = _handles.get((found.st_dev, found.st_ino))
        if handle is None:
            handle = _handles[found.st_dev, found.st_ino] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(handle, SALT, 0)
    except OSError:
        return b""


def is_encrypted(path: Path) -> bool:
    return beginning(path).startswith(MARK)


def is_plain(path: Path) -> bool:
    return beginning(path) == _PLAIN
