"""The figures of the scanner and the cache: tiles with a goal, one line a scan, one line for the rest."""

from collections.abc import Sequence
from typing import NamedTuple

from k8sconsole.kit.text import format_age
from k8sconsole.model.cache_records import ScanState, ScanStatus, StoreStatus, ToolUsage
from k8sconsole.model.clusters import Connections
from k8sconsole.model.indicators import Indicator
from k8sconsole.model.quantities import format_bytes_short
from k8sconsole.tui.visuals.bars import shares, trend
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.columns import ColumnSpec
from k8sconsole.tui.widgets.paint import Line, Piece

SCAN_COLUMNS = (
    ColumnSpec("CLUSTER", 6, 20, rank=50, elide=True),
    ColumnSpec("KIND", 16, 44, pinned=True, elide=True),
    ColumnSpec("STATUS", 12, 14),
    ColumnSpec("OBJECTS", 7, 9, right=True),
    ColumnSpec("LAST SCAN", 9, 9, rank=20, right=True),
    ColumnSpec("SECONDS", 7, 8, rank=30, right=True),
    ColumnSpec("WATCH", 8, 8, rank=40),
    ColumnSpec("ERROR", 8, 60, rank=10),
)


class Tile(NamedTuple):
    pieces: Line


def tiles(found: Sequence[Indicator], glyphs: Glyphs) -> list[Tile]:
    """One for each that has a goal: its share beside its goal, and how it went in the time looked at."""
    return [_tile(one, one.goal, glyphs) for one in found if one.goal is not None]


def _tile(one: Indicator, wanted: float, glyphs: Glyphs) -> Tile:
    title, goal = Piece(f"{one.title}\n", "muted"), Piece(f"goal {wanted:.0%}", "muted")
    if one.share is None:
        return Tile((title, Piece("not measured yet\n", "text"), goal))
    role, glyph = ("good", glyphs.good) if one.met else ("warn", glyphs.warn)
    return Tile((title, Piece(f"{glyph} {one.share:.0%}  ", role, True), goal, Piece(f"\n{shares(one.trend, glyphs)}", role)))


def scan_pieces(one: ScanState, now: float, glyphs: Glyphs) -> list[Piece]:
    look = {
        ScanStatus.COMPLETED: (glyphs.good, "good"), ScanStatus.RUNNING: (glyphs.moving, "moving"), ScanStatus.FAILED: (glyphs.bad, "bad"),
        ScanStatus.PENDING: (glyphs.done, "muted"),
    }  # fmt: skip
    glyph, role = look[one.status]
    last = f"{format_age(now - one.last_scan_at)} ago" if one.last_scan_at else "never"
    trouble = one.error or "; ".join(one.missing)
    every = f"every {format_age(one.poll_interval)}" if one.poll_interval else ""
    return [
        Piece(one.cluster, "muted"), Piece(one.resource), Piece(f"{glyph} {one.status.value}", role), Piece(str(one.record_count)),
        Piece(last, "muted"), Piece(f"{one.seconds:.2f}" if one.seconds else "", "muted"),
        Piece("watching", "good") if one.watching else Piece(every, "muted"),
        Piece(trouble, "bad" if one.error else "warn"),
    ]  # fmt: skip


def connection_words(found: Sequence[Connections]) -> list[Line]:
    """The connections to all clusters together; nothing while none is open."""
    if not found:
        return []
    waiting = sum(one.waiting for one in found)
    counts = f"{sum(one.size for one in found)} open, {sum(one.in_use for one in found)} in use, {sum(one.reused for one in found)} reused"
    return [(Piece("connections ", "muted"), Piece(counts, "text"), *([Piece(f", {waiting} waiting", "warn")] if waiting else []))]


def summary_line(
    status: StoreStatus, scans: Sequence[ScanState], usage: Sequence[ToolUsage], changes: Sequence[float], glyphs: Glyphs
) -> Line:
    calls = sum(one.usage_count for one in usage)
    failed = sum(one.error_count for one in usage)
    return (
        Piece("cache ", "muted"), Piece(f"{format_bytes_short(status.on_disk)} {status.objects} objects", "text"),
        Piece("   watched ", "muted"), Piece(f"{sum(one.watching for one in scans)}/{len(scans)}", "text"),
        Piece("   calls ", "muted"), Piece(f"{calls}{f', {failed} failed' if failed else ''}", "text"),
        Piece("   changes ", "muted"), Piece(trend(changes, 20, glyphs), "moving"),
    )  # fmt: skip
