"""The glyph beside a status word, so that colour is never the only sign. ASCII where the terminal has no UTF-8."""

import locale
import os
import sys
from typing import NamedTuple


class Glyphs(NamedTuple):
    good: str = "●"
    moving: str = "◐"
    warn: str = "▲"
    bad: str = "✗"
    done: str = "○"
    going: str = "⌫"
    lost: str = "◌"
    partial: str = "◑"
    offline: str = "▣"
    lock: str = "🔒"
    cursor: str = "▌"
    mark: str = "✓"
    new: str = "+"
    crumb: str = "›"
    down: str = "↓"
    up: str = "↑"
    ellipsis: str = "…"
    bars: str = "▁▂▃▄▅▆▇█"
    full: str = "█"
    empty: str = "░"


UNICODE = Glyphs(lock="⚿")
ASCII = Glyphs("*", "~", "!", "x", "o", "-", "?", "%", "#", "RO", ">", "v", "+", ">", "v", "^", "~", "._-=+*#@", "#", ".")


def glyphs_for(encoding: str | None = None) -> Glyphs:
    """The set that a terminal of this encoding can show; without one, that of stdout and the locale."""
    name = encoding or getattr(sys.stdout, "encoding", None) or locale.getpreferredencoding(False)
    ascii_asked = os.environ.get("TERM") in ("linux", "dumb", "vt100")
    return UNICODE if "utf" in name.lower() and not ascii_asked else ASCII
