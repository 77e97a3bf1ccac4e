"""Numbers as small pictures of text: a bar, a trend."""

from collections.abc import Sequence

from k8sconsole.tui.visuals.glyphs import Glyphs


def trend(values: Sequence[float], width: int, glyphs: Glyphs) -> str:
    """The last ``width`` values, each as a bar between the least and the most of them."""
    shown = list(values)[-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    steps = len(glyphs.bars) - 1
    return "".join(glyphs.bars[round((value - low) / (high - low) * steps) if high > low else 0] for value in shown)


def shares(values: Sequence[float | None], glyphs: Glyphs) -> str:
    """Each from 0 to 1 as a bar of its height; nothing where there was none."""
    steps = len(glyphs.bars) - 1
    return "".join(" " if value is None else glyphs.bars[round(max(0.0, min(1.0, value)) * steps)] for value in values)


def bar(share: float, width: int, glyphs: Glyphs) -> str:
    """share from 0 to 1."""
    filled = round(max(0.0, min(1.0, share)) * width)
    return glyphs.full * filled + glyphs.empty * (width - filled)
