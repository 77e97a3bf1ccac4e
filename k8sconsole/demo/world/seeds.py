"""Seeded random values, derived from a seed and from names. All randomness of the demo cluster comes from here.

There is no shared random stream, because each object's values would then depend on the order in which other objects are processed.
"""

import hashlib
import random
import zlib
from typing import Any

import msgspec

# Kubernetes' alphabet for generated names: no vowels and no look-alikes.
_ALPHABET = b"bcdfghjklmnpqrstvwxz2456789"
_BYTE_TO_LETTER = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


def seeded_random(*parts: object) -> random.Random:
    """A random source seeded by these parts alone."""
    return random.Random("/".join(map(str, parts)))


def name_suffix(length: int, *parts: object) -> str:
    """The suffix of a generated name, such as `x7k2p`; equal parts give equal suffixes."""
    return encode_safe(_hash_parts(*parts), length)


def seeded_fraction(*parts: object) -> float:
    """A number in [0, 1), cheap enough to compute for every pod at every metrics request."""
    return zlib.crc32("/".join(map(str, parts)).encode()) / 2**32


def hash_template(template: dict[str, Any]) -> str:
    """The `pod-template-hash` of a pod template. A hash label that it already has is ignored."""
    labels = {key: value for key, value in template.get("metadata", {}).get("labels", {}).items() if key != "pod-template-hash"}
    bare = template | {"metadata": template.get("metadata", {}) | {"labels": labels}}
    bare["metadata"].pop("creationTimestamp", None)
    return encode_safe(hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).digest(), 10)


def hex_digest(length: int, *parts: object) -> str:
    return _hash_parts(*parts).hex()[:length]


def encode_safe(digest: bytes, length: int) -> str:
    return digest[:length].translate(_BYTE_TO_LETTER).decode()


def _hash_parts(*parts: object) -> bytes:
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()
