"""Memory of short pieces of text that were looked at and found clean. In bulk data nearly every piece has been seen before."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Piece = TypeVar("Piece", bound=Hashable)


class CleanPieces(Generic[Piece]):
    """At most ``most`` pieces; when full it forgets them all but the ones it was born with, and learns again. It never holds what was not
    clean."""

    def __init__(self, most: int, born_with: Iterable[Piece] = ()) -> None:
        self._most = most
        self._always = frozenset(born_with)
        self.known: set[Piece] = set(self._always)

    def learn(self, pieces: Iterable[Piece]) -> None:
        if len(self.known) >= self._most:
            self.known = set(self._always)
        self.known.update(pieces)
