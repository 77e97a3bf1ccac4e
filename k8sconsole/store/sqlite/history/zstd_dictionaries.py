"""Compression with a dictionary for each kind. A dictionary is some bodies of the kind; with it another body takes about 250 bytes.

A packed body begins with a mark and the number of its dictionary. A body without the mark was packed without a dictionary.
"""

import secrets
import sqlite3
from threading import local

import zstandard

from k8sconsole.store.sqlite import compression

_LEVEL = 1
_MARK = b"\x01"
_HEADER = 9
"""Bytes: the mark, and the number of the dictionary in eight bytes."""
_MOST_BODIES = 8
"""Bodies in a dictionary."""
_LARGEST = 65536
"""Bytes of a dictionary."""
_USES = 16
"""How many bodies are packed with a dictionary of fewer bodies before a better one is tried."""
_MOST_CACHED = 64

_thread = local()
"""Decompressors must not be shared between threads."""


class ZstdDictionaries:
    """Used on the writer's thread only. Numbers are random, so that two files do not use one number for different dictionaries."""

    def __init__(self) -> None:
        self._compressors: dict[int, tuple[bytes, zstandard.ZstdCompressor]] = {}
        self._uses_left: dict[int, int] = {}

    def clear(self) -> None:
        self._compressors.clear()
        self._uses_left.clear()

    def pack(self, connection: sqlite3.Connection, kind: int, body: bytes) -> bytes:
        known = self._compressors.get(kind)
        if known is None or self._is_used_up(kind):
            if len(self._compressors) >= _MOST_CACHED:
                self.clear()
            known = self._compressors[kind] = self._load(connection, kind)
        header, compressor = known
        packed: bytes = compressor.compress(body)
        return header + packed

    def _is_used_up(self, kind: int) -> bool:
        left = self._uses_left.get(kind)
        if left is None:
            return False
        self._uses_left[kind] = left - 1
        return left == 0

    def _load(self, connection: sqlite3.Connection, kind: int) -> tuple[bytes, zstandard.ZstdCompressor]:
        found = connection.execute(
            "SELECT id, made_of, body FROM samples WHERE kind_id = ? ORDER BY made_of DESC LIMIT 1", (kind,)
        ).fetchone()
        if found is None or self._uses_left.pop(kind, None) is not None:
            found = _create(connection, kind, found)
        number, made_of, packed = found
        if made_of < _MOST_BODIES:
            self._uses_left[kind] = _USES
        compressor = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=compression.raw_dictionary(compression.unpack(packed)), write_dict_id=False
        )
        return _MARK + number.to_bytes(8, "big"), compressor


def _create(connection: sqlite3.Connection, kind: int, former: tuple[int, int, bytes] | None) -> tuple[int, int, bytes]:
    """(number, number of bodies, packed content) of a new dictionary; ``former`` if there are not more bodies than it contains."""
    found = connection.execute(
        "SELECT body FROM bodies WHERE id IN (SELECT id FROM objects WHERE kind_id = ? ORDER BY random() LIMIT ?)", (kind, _MOST_BODIES)
    ).fetchall()
    if former is not None and len(found) <= former[1]:
        return former
    content = b"".join(unpack(connection, packed) for (packed,) in found)[:_LARGEST]
    sample = (secrets.randbits(62), len(found), compression.pack(content))
    connection.execute("INSERT INTO samples (id, made_of, body, kind_id) VALUES (?, ?, ?, ?)", (*sample, kind))
    return sample


def unpack(connection: sqlite3.Connection, packed: bytes) -> bytes:
    """connection: to the file from which ``packed`` was read, because the dictionary is there."""
    if packed[:1] != _MARK:
        return compression.unpack(packed)
    body: bytes = _decompressor(connection, int.from_bytes(packed[1:_HEADER], "big")).decompress(packed[_HEADER:])
    return body


def _decompressor(connection: sqlite3.Connection, number: int) -> zstandard.ZstdDecompressor:
    decompressors: dict[int, zstandard.ZstdDecompressor] | None = getattr(_thread, "decompressors", None)
    if decompressors is None:
        decompressors = _thread.decompressors = {}
    if number not in decompressors:
        if len(decompressors) >= _MOST_CACHED:
            decompressors.clear()
        (packed,) = connection.execute("SELECT body FROM samples WHERE id = ?", (number,)).fetchone()
        decompressors[number] = zstandard.ZstdDecompressor(dict_data=compression.raw_dictionary(compression.unpack(packed)))
    return decompressors[number]
