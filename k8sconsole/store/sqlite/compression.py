"""zstd compression of objects' JSON: at its fastest level six times smaller, and quicker than writing it uncompressed.

A state that resembles another one is stored as a patch of it, of some tens of bytes.
"""

from collections.abc import Sequence
from threading import local

import zstandard

_LEVEL = 1
_thread = local()
"""Compressors and decompressors must not be shared between threads."""


def pack(body: bytes) -> bytes:
    packed: bytes = _compressor().compress(body)
    return packed


def pack_all(bodies: Sequence[bytes]) -> list[bytes]:
    """Packs all bodies in one call, which releases the GIL once for all of them instead of once for each."""
    compressor = _compressor()
    if len(bodies) < 2 or not hasattr(compressor, "multi_compress_to_buffer"):
        return [pack(body) for body in bodies]
    packed = compressor.multi_compress_to_buffer(list(bodies))
    return [packed[at].tobytes() for at in range(len(packed))]


def unpack(packed: bytes) -> bytes:
    decompressor = getattr(_thread, "decompressor", None)
    if decompressor is None:
        decompressor = _thread.decompressor = zstandard.ZstdDecompressor()
    body: bytes = decompressor.decompress(packed)
    return body


def make_patch(base: bytes, state: bytes) -> bytes:
    """Compresses ``state`` with ``base`` as its dictionary."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=raw_dictionary(base), write_dict_id=False)
    packed: bytes = compressor.compress(state)
    return packed


def apply_patch(base: bytes, patch: bytes) -> bytes:
    """The state from which ``make_patch`` made ``patch``."""
    state: bytes = zstandard.ZstdDecompressor(dict_data=raw_dictionary(base)).decompress(patch)
    return state


def raw_dictionary(content: bytes) -> zstandard.ZstdCompressionDict:
    """A dictionary of plain content, as opposed to a trained one."""
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _compressor() -> zstandard.ZstdCompressor:
    known: zstandard.ZstdCompressor | None = getattr(_thread, "compressor", None)
    if known is None:
        known = _thread.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    return known
