"""The first bytes of a cache file. They show whether it is encrypted, without its key."""

import os
from pathlib import Path

from k8sconsole.store.sqlite.schema import APPLICATION_ID

SALT_BYTES = 16
"""The length of the salt with which SQLCipher begins a file. The salt is not secret."""

MARK = APPLICATION_ID.to_bytes(4, "big")
"""Every salt of this program begins with these bytes, so that an encrypted cache is never mistaken for a damaged one."""

_PLAIN_HEADER = b"SQLite format 3\0"

_handles: dict[tuple[int, int], int] = {}
"""One open handle for each file, by device and inode; never closed. POSIX releases all locks that a process holds on a file when it closes
any handle of that file, and SQLite's locks are among them. See https://sqlite.org/howtocorrupt.html, section 2.2."""


def read_header(path: Path) -> bytes:
    """The first ``SALT_BYTES`` bytes; fewer for a shorter file, none when the file cannot be read."""
    try:
        found = path.stat()
        handle = _handles.get((found.st_dev, found.st_ino))
        if handle is None:
            handle = _handles[found.st_dev, found.st_ino] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(handle, SALT_BYTES, 0)
    except OSError:
        return b""


def is_encrypted(path: Path) -> bool:
    """Whether this program encrypted the file. False for a file that does not exist."""
    return read_header(path).startswith(MARK)


def is_plain(path: Path) -> bool:
    """Whether it is an SQLite file without encryption."""
    return read_header(path) == _PLAIN_HEADER
