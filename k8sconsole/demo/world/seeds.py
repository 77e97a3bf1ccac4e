"""All chance in the demo cluster comes from here: values derived from a seed and from names, never from a shared stream.

A shared stream would make one object's luck depend on the order in which others were touched.
"""

import hashlib
import random
import zlib
from typing import Any

import msgspec

# Kubernetes leaves out vowels and look-alikes in generated names.
_ALPHABET = b"bcdfghjklmnpqrstvwxz2456789"
_BYTE_TO_LETTER = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


def seeded_random(*parts: object) -> random.Random:
    """A random source that belongs to the given names alone."""
    return random.Random("/".join(map(str, parts)))


def name_suffix(length: int, *parts: object) -> str:
    """A generated name's tail, such as `x7k2p`, the same for the same parts."""
    return encode_safe(_hash_parts(*parts), length)


def seeded_fraction(*parts: object) -> float:
    """A number in [0, 1), cheap enough to be asked for every pod at every reading."""
    return zlib.crc32("/".join(map(str, parts)).encode()) / 2**32


def hash_template(template: dict[str, Any]) -> str:
    """The `pod-template-hash` of a pod template, whatever hash it may already carry."""
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
