"""Columns that give way in a sane order when there is not enough room."""

from collections.abc import Sequence
from typing import NamedTuple


class Track(NamedTuple):
    """One column. rank: the larger, the sooner it gives way; 0 never does. wide: only when there is room to spare. pinned: never scrolls away.

    minimum and wish in terminal cells. elide: a text too long loses its middle rather than its end. grow: takes what is left over.
    """

    title: str
    minimum: int
    wish: int
    rank: int = 0
    right: bool = False
    wide: bool = False
    pinned: bool = False
    elide: bool = False


class Placed(NamedTuple):
    """index into the tracks, width in cells."""

    index: int
    width: int


GAP = 2


def lay_out(tracks: Sequence[Track], seen: Sequence[int], room: int, *, everything: bool = False) -> list[Placed]:
    """Which columns stand where. seen: the widest text so far in each. everything: all columns at full width, however long that gets."""
    wanted = [_wanted(track, widest) for track, widest in zip(tracks, seen, strict=True)]
    if everything:
        return [Placed(index, max(want, seen[index])) for index, want in enumerate(wanted)]
    least = [min(track.minimum, want) for track, want in zip(tracks, wanted, strict=True)]
    kept = _kept(tracks, least, room)
    spare = room - _total(kept, least)
    widths = dict.fromkeys(kept, 0)
    for index in sorted(kept, key=lambda one: (tracks[one].wide, tracks[one].rank)):
        more = min(wanted[index] - least[index], max(0, spare))
        widths[index] = least[index] + more
        spare -= more
    return [Placed(index, widths[index]) for index in kept]


def _wanted(track: Track, widest: int) -> int:
    return max(len(track.title), min(max(widest, 1), max(track.wish, track.minimum)))


def _total(kept: Sequence[int], widths: Sequence[int]) -> int:
    return sum(widths[index] for index in kept) + GAP * max(0, len(kept) - 1)


def _kept(tracks: Sequence[Track], least: Sequence[int], room: int) -> list[int]:
    kept = list(range(len(tracks)))
    yielding = sorted((i for i in kept if tracks[i].rank or tracks[i].wide), key=lambda i: (tracks[i].wide, tracks[i].rank, i))
    while yielding and _total(kept, least) > room:
        kept.remove(yielding.pop())
    return kept
