"""Columns that give way in a sane order when there is not enough room."""

from collections.abc import Sequence
from typing import NamedTuple


class ColumnSpec(NamedTuple):
    """One column. rank: the larger, the sooner it gives way; 0 never does. wide: only where room is left over. pinned: never scrolls away.

    minimum and wish in terminal cells. elide: a text too long loses its middle rather than its end.
    """

    title: str
    minimum: int
    wish: int
    rank: int = 0
    right: bool = False
    wide: bool = False
    pinned: bool = False
    elide: bool = False


class PlacedColumn(NamedTuple):
    """at: which of the tracks; width in cells."""

    at: int
    width: int


GAP = 2
NAME_RANK = 15
"""The pinned name grows after what ranks lower, and before what ranks higher: its middle gives way before a status does."""


def place_columns(tracks: Sequence[ColumnSpec], seen: Sequence[int], room: int, *, everything: bool = False) -> list[PlacedColumn]:
    """Which columns stand where. seen: the widest text so far in each. everything: all columns at full width, however long that gets."""
    wanted = [_wanted(track, widest) for track, widest in zip(tracks, seen, strict=True)]
    if everything:
        return [PlacedColumn(at, max(want, seen[at])) for at, want in enumerate(wanted)]
    least = [min(track.minimum, want) for track, want in zip(tracks, wanted, strict=True)]
    kept = _narrow(tracks, least, room)
    wide = _wide(tracks, seen, [wanted[at] if at in kept else least[at] for at in range(len(tracks))], kept, room)
    return _grown(tracks, least, wanted, sorted([*kept, *wide]), room)


def _wanted(track: ColumnSpec, widest: int) -> int:
    return max(len(track.title), min(max(widest, 1), max(track.wish, track.minimum)))


def _total(kept: Sequence[int], widths: Sequence[int]) -> int:
    return sum(widths[index] for index in kept) + GAP * max(0, len(kept) - 1)


def _narrow(tracks: Sequence[ColumnSpec], least: Sequence[int], room: int) -> list[int]:
    """The columns that are always wished for, less those that must give way."""
    kept = [at for at, track in enumerate(tracks) if not track.wide]
    yielding = sorted((at for at in kept if tracks[at].rank), key=lambda at: (tracks[at].rank, at))
    while yielding and _total(kept, least) > room:
        kept.remove(yielding.pop())
    return kept


def _wide(tracks: Sequence[ColumnSpec], seen: Sequence[int], widths: Sequence[int], kept: Sequence[int], room: int) -> list[int]:
    """Wide columns that hold something and fit once all others have what they wish."""
    added: list[int] = []
    for at in sorted((at for at, track in enumerate(tracks) if track.wide and seen[at]), key=lambda at: (tracks[at].rank, at)):
        if _total([*kept, *added, at], widths) > room:
            break
        added.append(at)
    return added


def _grown(tracks: Sequence[ColumnSpec], least: Sequence[int], wanted: Sequence[int], kept: Sequence[int], room: int) -> list[PlacedColumn]:
    """Widths: what may never be cut grows first, the name next, then the rest by rank."""
    spare = room - _total(kept, least)
    widths = {at: least[at] for at in kept}
    for at in sorted(kept, key=lambda at: (tracks[at].wide, NAME_RANK if tracks[at].pinned else tracks[at].rank)):
        more = min(wanted[at] - least[at], max(0, spare))
        widths[at] += more
        spare -= more
    return [PlacedColumn(at, widths[at]) for at in kept]
