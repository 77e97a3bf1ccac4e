"""Bodies told by what they have in common with others of their kind: a few bodies of each kind serve as a dictionary for the rest, which
then take some 250 bytes each. A packed body names its dictionary; one that names none is plain zstd."""

import secrets
import sqlite3
from threading import local

import zstandard

from k8sconsole.store.sqlite import compression as bodies

_LEVEL = 1
_MARK = b"\x01"
_HEAD = 9
"""The mark, and a sample's number in eight bytes."""
_BODIES = 8
_LARGEST = 65536
"""Bytes of a dictionary."""
_TRIES = 16
"""Bodies packed with a dictionary made of too few before a better one is made."""
_REMEMBERED = 64

_tools = local()


class ZstdDictionaries:
    """Lives on the writer's thread. Numbers are random, so that no two files give one number to two dictionaries."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[bytes, zstandard.ZstdCompressor]] = {}
        self._tries: dict[int, int] = {}

    def clear(self) -> None:
        self._of.clear()
        self._tries.clear()

    def pack(self, connection: sqlite3.Connection, kind: int, body: bytes) -> bytes:
        known = self._of.get(kind)
        if known is None or self._worn(kind):
            if len(self._of) >= _REMEMBERED:
                self.clear()
            known = self._of[kind] = self._find(connection, kind)
        head, compressor = known
        packed: bytes = compressor.compress(body)
        return head + packed

    def _worn(self, kind: int) -> bool:
        left = self._tries.get(kind)
        if left is None:
            return False
        self._tries[kind] = left - 1
        return left == 0

    def _find(self, connection: sqlite3.Connection, kind: int) -> tuple[bytes, zstandard.ZstdCompressor]:
        found = connection.execute(
            "SELECT id, made_of, body FROM samples WHERE kind_id = ? ORDER BY made_of DESC LIMIT 1", (kind,)
        ).fetchone()
        if found is None or self._tries.pop(kind, None) is not None:
            found = _make(connection, kind, found)
        number, made_of, packed = found
        if made_of < _BODIES:
            self._tries[kind] = _TRIES
        compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(bodies.unpack(packed)), write_dict_id=False)
        return _MARK + number.to_bytes(8, "big"), compressor


def _make(connection: sqlite3.Connection, kind: int, former: tuple[int, int, bytes] | None) -> tuple[int, int, bytes]:
    """Out of bodies that are kept now; the former dictionary when there are no more bodies than it was made of."""
    found = connection.execute(
        "SELECT body FROM bodies WHERE id IN (SELECT id FROM objects WHERE kind_id = ? ORDER BY random() LIMIT ?)", (kind, _BODIES)
    ).fetchall()
    if former is not None and len(found) <= former[1]:
        return former
    whole = b"".join(unpack(connection, packed) for (packed,) in found)[:_LARGEST]
    sample = (secrets.randbits(62), len(found), bodies.pack(whole))
    connection.execute("INSERT INTO samples (id, made_of, body, kind_id) VALUES (?, ?, ?, ?)", (*sample, kind))
    return sample


def unpack(connection: sqlite3.Connection, packed: bytes) -> bytes:
    """With the file it stands in, where its dictionary is."""
    if packed[:1] != _MARK:
        return bodies.unpack(packed)
    body: bytes = _decompressor(connection, int.from_bytes(packed[1:_HEAD], "big")).decompress(packed[_HEAD:])
    return body


def _decompressor(connection: sqlite3.Connection, number: int) -> zstandard.ZstdDecompressor:
    known: dict[int, zstandard.ZstdDecompressor] | None = getattr(_tools, "known", None)
    if known is None:
        known = _tools.known = {}
    if number not in known:
        if len(known) >= _REMEMBERED:
            known.clear()
        (packed,) = connection.execute("SELECT body FROM samples WHERE id = ?", (number,)).fetchone()
        known[number] = zstandard.ZstdDecompressor(dict_data=_dictionary(bodies.unpack(packed)))
    return known[number]


def _dictionary(sample: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(sample, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
