"""The first row: which cluster, and can it be trusted. Always the same word, glyph and colour for the same state."""

from collections.abc import Mapping, Sequence

from k8sconsole.kit.text import format_age
from k8sconsole.model.clusters import describe_clock_skew
from k8sconsole.model.events import ClusterState, ConnectionState
from k8sconsole.model.refs import ClusterName
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.paint import Line, Piece

_RARELY = 300.0
"""Seconds. What is read more rarely than that is not live."""


def connection_piece(state: ClusterState | None, now: float, glyphs: Glyphs) -> Piece:
    """The state in one phrase: ``● live``, ``◐ cached 4m, connecting``, ``◌ lost 2m, retry in 8s``."""
    if state is None:
        return Piece(f"{glyphs.moving} opening", "moving")
    age = "" if state.seen_at is None else format_age(now - state.seen_at)
    match state.connection:
        case ConnectionState.LIVE if not state.watched:
            return Piece(f"{glyphs.partial} partial: no watch, read in turns", "warn")
        case ConnectionState.LIVE if state.poll_interval > _RARELY:
            return Piece(f"{glyphs.partial} partial: {state.in_turns} kinds only every {format_age(state.poll_interval)}", "warn")
        case ConnectionState.LIVE if state.in_turns:
            return Piece(f"{glyphs.good} live, {state.in_turns} kinds every {format_age(state.poll_interval)}", "good")
        case ConnectionState.LIVE:
            return Piece(f"{glyphs.good} live", "good")
        case ConnectionState.CONNECTING:
            return Piece(f"{glyphs.moving} cached {age}, connecting" if age else f"{glyphs.moving} connecting", "moving")
        case ConnectionState.LOST:
            return Piece(f"{glyphs.lost} lost{' ' + age if age else ''}{_retry(state, now)}", "bad", True)
        case ConnectionState.PARTIAL:
            return Piece(f"{glyphs.partial} partial: {_missing(state)}", "warn")
    return Piece(f"{glyphs.offline} offline{', cached ' + age if age else ''}", "warn")


def _retry(state: ClusterState, now: float) -> str:
    if state.retry_at is None:
        return ""
    wait = round(state.retry_at - now)
    return f", retry in {format_age(wait)}" if wait > 0 else ", retrying"


def _missing(state: ClusterState) -> str:
    return state.missing[0] if len(state.missing) == 1 else f"{len(state.missing)} parts unread" if state.missing else "not all may be read"


def cluster_status_line(
    clusters: Sequence[ClusterName], states: Mapping[ClusterName, ClusterState], production: Sequence[ClusterName], now: float,
    glyphs: Glyphs, *, read_only: bool, opened: bool = True,
) -> Line:  # fmt: skip
    """opened: whether it is known yet which clusters there are."""
    pieces: list[Piece] = []
    for cluster in clusters:
        state = states.get(cluster)
        pieces += [Piece(cluster, "text", True)]
        pieces += [Piece(" PRODUCTION", "danger", True)] if cluster in production else []
        pieces += [Piece(" "), connection_piece(state, now, glyphs), *_clock_pieces(state), Piece("   ")]
    if not clusters and not opened:
        pieces = [Piece(f"{glyphs.moving} opening   ", "moving")]
    elif not clusters:
        pieces = [Piece("no cluster chosen", "warn"), Piece("  :ctx shows what can be reached   ", "muted")]
    if read_only:
        pieces += [Piece(f"{glyphs.lock} read-only ", "warn", True)]
    return tuple(pieces)


def _clock_pieces(state: ClusterState | None) -> list[Piece]:
    """A remark where the server's clock differs from this machine's."""
    skew = state.clock_skew if state else 0.0
    if not describe_clock_skew(skew):
        return []
    return [Piece(f" clock {format_age(abs(skew))} {'ahead' if skew > 0 else 'behind'}", "warn")]


def version_line(clusters: Sequence[ClusterName], states: Mapping[ClusterName, ClusterState]) -> Line:
    versions = dict.fromkeys(states[name].version.removeprefix("v") for name in clusters if name in states and states[name].version)
    return (Piece(" ".join(versions), "muted"),) if versions else ()
