"""The placeholder of a masked value, and the cache of texts known to hold no secret.

The placeholder of a text holds the length class only, that of binary data the size. It holds no hash, since a short secret could be
guessed from one.
"""

import re
from collections.abc import Hashable, Iterable
from typing import Any, Generic, TypeVar

MASK = re.compile(r"\[masked: [0-9-]+ (?:chars|bytes)\]")


def length_class(length: int) -> str:
    """``[masked: 9-16 chars]`` for anything from 9 to 16 characters; classes double from 8 on."""
    if length == 0:
        return "[masked: 0 chars]"
    upper = 8
    while upper < length:
        upper *= 2
    return f"[masked: {1 if upper == 8 else upper // 2 + 1}-{upper} chars]"


def binary_mask(size: int) -> str:
    """``[masked: 1500 bytes]``."""
    return f"[masked: {size} bytes]"


def is_masked(value: str) -> bool:
    return MASK.fullmatch(value) is not None


def count_masks(value: Any) -> int:
    """How many masked values a JSON value holds, also within its texts."""
    if isinstance(value, dict):
        return sum(map(count_masks, value.values()))
    if isinstance(value, list):
        return sum(map(count_masks, value))
    return len(MASK.findall(value)) if isinstance(value, str) else 0


def mask_value(value: str) -> str:
    """The whole value masked, unless it is masked already."""
    return value if is_masked(value) else length_class(len(value))


Piece = TypeVar("Piece", bound=Hashable)


class CleanTextCache(Generic[Piece]):
    """Short pieces of text that were checked and hold no secret. In bulk data nearly every piece has been checked before.

    most: pieces held. When full, the cache drops all pieces except ``always`` and starts again.
    """

    def __init__(self, most: int, always: Iterable[Piece] = ()) -> None:
        self._most = most
        self._always = frozenset(always)
        self.known: set[Piece] = set(self._always)

    def learn(self, pieces: Iterable[Piece]) -> None:
        if len(self.known) >= self._most:
            self.known = set(self._always)
        self.known.update(pieces)
