"""The figures of the scanner and the cache: tiles with a goal, one line a scan, one line for the rest."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from k8sconsole.kit.text import short_age
from k8sconsole.model.quantities import short_bytes
from k8sconsole.model.reading import ScanState, ScanStatus, StoreStatus, ToolUsage
from k8sconsole.tui.visuals.bars import bar, trend
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.columns import Track
from k8sconsole.tui.widgets.paint import Line, Piece

WIDTH = 14
SCAN_TRACKS = (
    Track("CLUSTER", 6, 20, rank=50, elide=True), Track("KIND", 16, 44, pinned=True, elide=True), Track("STATUS", 12, 14),
    Track("OBJECTS", 7, 9, right=True), Track("LAST SCAN", 9, 9, rank=20, right=True), Track("SECONDS", 7, 8, rank=30, right=True),
    Track("WATCH", 8, 8, rank=40), Track("ERROR", 8, 60, rank=10),
)  # fmt: skip
GOALS = (("cache hits", "hit_rate", 0.80), ("cached faster by", "improvement", 0.50), ("scans complete", "completion", 0.95))
"""Title, name among the console's figures, and goal; all are shares from 0 to 1."""


class Tile(NamedTuple):
    pieces: Line


class Measured(Protocol):
    """What the console measured of itself: shares from 0 to 1, None while there was nothing to measure; changes by slices of time."""

    @property
    def hit_rate(self) -> float | None: ...
    @property
    def improvement(self) -> float | None: ...
    @property
    def completion(self) -> float | None: ...
    @property
    def changes(self) -> list[float]: ...


def tiles(scans: Sequence[ScanState], figures: Measured, glyphs: Glyphs) -> list[Tile]:
    shown = [_share(title, getattr(figures, name), goal, glyphs) for title, name, goal in GOALS]
    objects = sum(one.record_count for one in scans)
    watching = sum(one.watching for one in scans)
    words = (Piece("objects\n", "muted"), Piece(f"{objects}\n", "text", True), Piece(f"{watching} of {len(scans)} watched", "muted"))
    return [*shown, Tile(words)]


def _share(title: str, share: float | None, goal: float, glyphs: Glyphs) -> Tile:
    if share is None:
        return Tile((Piece(f"{title}\n", "muted"), Piece("not measured yet\n", "text"), Piece(f"goal {goal:.0%}", "muted")))
    role = "good" if share >= goal else "warn"
    glyph = glyphs.good if share >= goal else glyphs.warn
    return Tile(
        (
            Piece(f"{title}\n", "muted"), Piece(f"{glyph} {share:.0%}  ", role, True), Piece(f"goal {goal:.0%}\n", "muted"),
            Piece(bar(share, WIDTH, glyphs), role),
        )
    )  # fmt: skip


def scan_pieces(one: ScanState, now: float, glyphs: Glyphs) -> list[Piece]:
    look = {
        ScanStatus.COMPLETED: (glyphs.good, "good"), ScanStatus.RUNNING: (glyphs.moving, "moving"), ScanStatus.FAILED: (glyphs.bad, "bad"),
        ScanStatus.PENDING: (glyphs.done, "muted"),
    }  # fmt: skip
    glyph, role = look[one.status]
    last = f"{short_age(now - one.last_scan_at)} ago" if one.last_scan_at else "never"
    trouble = one.error or "; ".join(one.missing)
    return [
        Piece(one.cluster, "muted"), Piece(one.resource), Piece(f"{glyph} {one.status.value}", role), Piece(str(one.record_count)),
        Piece(last, "muted"), Piece(f"{one.seconds:.2f}" if one.seconds else "", "muted"),
        Piece("watching" if one.watching else "", "good"), Piece(trouble, "bad" if one.error else "warn"),
    ]  # fmt: skip


def summary_line(status: StoreStatus, usage: Sequence[ToolUsage], changes: Sequence[float], glyphs: Glyphs) -> Line:
    calls = sum(one.usage_count for one in usage)
    failed = sum(one.error_count for one in usage)
    return (
        Piece("cache ", "muted"), Piece(f"{short_bytes(status.on_disk)} {status.objects} objects", "text"),
        Piece("   calls ", "muted"), Piece(f"{calls}{f', {failed} failed' if failed else ''}", "text"),
        Piece("   changes ", "muted"), Piece(trend(changes, 20, glyphs), "moving"),
    )  # fmt: skip
