"""The placeholder of a masked value, and the cache of texts known to hold no secret.

The placeholder holds the length class only. It holds no hash, since a short secret could be guessed from one.
"""

import re
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

_MASKED = re.compile(r"\[masked: [0-9-]+ chars\]")


def length_class(length: int) -> str:
    """``[masked: 9-16 chars]`` for anything from 9 to 16 characters; classes double from 8 on."""
    if length == 0:
        return "[masked: 0 chars]"
    upper = 8
    while upper < length:
        upper *= 2
    return f"[masked: {1 if upper == 8 else upper // 2 + 1}-{upper} chars]"


def is_masked(value: str) -> bool:
    return _MASKED.fullmatch(value) is not None


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
