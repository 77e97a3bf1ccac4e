"""A timeline as lines, the newest first; each is painted on its own."""

import re
from collections.abc import Sequence

from k8sconsole.kit.text import format_age
from k8sconsole.kit.times import format_local_time
from k8sconsole.model.history import TimelineItem
from k8sconsole.tui.widgets.paint import Line, Piece, safe

EMPTY = (
    "nothing is known of its past yet",
    "",
    "history begins with the first scan; a change shows up here a moment after it was made",
)
_HEAD = re.compile(r"(?P<when>\d{4}-\d\d-\d\d \S+ +\S+ ago +|now +)(?P<change>\S+)(?P<rest>.*)")
ROLES = {"added": "good", "modified": "changed", "deleted": "bad", "warning": "warn", "event": "muted", "gap": "warn"}
_WHEN = 29


def timeline_lines(moments: Sequence[TimelineItem], now: float) -> list[str]:
    """One text a line; timeline_line() paints them. Each line carries its date, because lines may be filtered."""
    return [text for one in moments for text in _item_lines(one, now)] or list(EMPTY)


def timeline_line(text: str) -> Line:
    found = _HEAD.fullmatch(text)
    if found is None:
        return (Piece(text, "text"),)
    role = ROLES.get(found["change"], "text")
    return (Piece(found["when"], "muted"), Piece(found["change"], role, True), Piece(found["rest"], "text"))


def _item_lines(one: TimelineItem, now: float) -> list[str]:
    when = "now" if one.at == float("inf") else f"{format_local_time(one.at).partition('.')[0]}  {format_age(now - one.at)} ago"
    subject = f"  {safe(one.subject)}" if one.subject else ""
    by = f"  by {safe(one.by)}" if one.by else ""
    return [f"{when:<{_WHEN}}  {one.change}{subject}{by}", *(f"    {safe(line)}" for line in one.lines)]
