"""What the second line of the frame says of a place: its filters, how many rows, how many marked, in what order."""

from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.paint import Line, Piece


def location_groups(place: Location, shown: int, total: int, marked: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """shown of total rows; marked of them chosen by the person."""
    narrowed = shown != total
    count = Piece(f"{_grouped(shown)} of {_grouped(total)}", "changed", True) if narrowed else Piece(_grouped(total), "text")
    filters = [*([place.filter] if place.filter else []), *(["faults only"] if place.faults else [])]
    arrow = glyphs.down if place.descending else glyphs.up
    return (
        *([(Piece("  ".join(filters), "changed", True),)] if filters else []),
        (count,),
        *([(Piece(f"{marked} marked", "accent", True),)] if marked else []),
        (Piece(f"{place.sort_column.lower()} {arrow}", "muted"),),
    )


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")
