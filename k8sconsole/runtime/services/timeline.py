"""The timeline of one object: its own versions, what happened to what it owns, and what was said about it, in one order."""

from collections.abc import Iterable
from typing import Any

import msgspec

from k8sconsole.kit.times import parse_time
from k8sconsole.model.differences import format_difference, shorten_path
from k8sconsole.model.history import TimelineItem

DAY = 86_400.0
MOST_OWNED = 300
"""Happenings to owned objects that are shown, the newest."""
MOST_LINES = 12
MOST_FIELDS = 4
_MINUTE = len("2026-11-27T12:26")
_SEEN = ("lastTimestamp", "eventTime", "firstTimestamp")


def moments(life: Any, owned: Iterable[Any], events: Iterable[dict[str, Any]]) -> list[TimelineItem]:
    """Newest first. life: a ``tools.versions.LifeTold``; owned: ``tools.changes.Happening``; events: masked bodies."""
    found = [*_own(life), *_gaps(life), *map(_owned, _gathered(owned)), *(said for one in events if (said := _said(one)) is not None)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _own(life: Any) -> list[TimelineItem]:
    return [TimelineItem(_at(one.observed_at), one.change, "", one.by, _lines(one.diff)) for one in life.versions]


def _lines(diff: list[Any]) -> tuple[str, ...]:
    shown = [format_difference(one) for one in diff[:MOST_LINES]]
    return (*shown, *([f"… {len(diff) - MOST_LINES} more fields"] if len(diff) > MOST_LINES else []))


def _gaps(life: Any) -> list[TimelineItem]:
    """Each stands where it ended, or now while it lasts: what is below it was seen before, what is above it after."""
    return [
        TimelineItem(_at(gap.until) if gap.until else float("inf"), "gap", "", "", (f"nobody was watching {_span(gap)}{_why(gap)}",))
        for gap in life.gaps
    ]


def _span(gap: Any) -> str:
    if gap.since is None:
        return "before"
    return f"from {gap.since} to {gap.until}" if gap.until else f"since {gap.since}"


def _why(gap: Any) -> str:
    return f" ({gap.reason})" if gap.reason else ""


def _gathered(owned: Iterable[Any]) -> list[Any]:
    """Newest first, as they come: what befell one object in the same minute is told once, with all the fields. A pod that starts has its
    status written five times."""
    found: dict[tuple[str, str, str, str], Any] = {}
    for one in owned:
        key = (one.kind, one.name, one.change, one.at[:_MINUTE])
        known = found.get(key)
        if known is None:
            found[key] = one
        else:
            found[key] = msgspec.structs.replace(known, fields=list(dict.fromkeys([*known.fields, *one.fields])))
    return list(found.values())


def _owned(one: Any) -> TimelineItem:
    named = ", ".join(map(shorten_path, one.fields[:MOST_FIELDS])) + (
        f", and {more} more" if (more := len(one.fields) - MOST_FIELDS) > 0 else ""
    )
    fields = (named,) if named else ()
    return TimelineItem(_at(one.at), one.change, f"{one.kind.partition('.')[0]}/{one.name}", one.by, (one.note,) if one.note else fields)


def _said(event: dict[str, Any]) -> TimelineItem | None:
    """An event of the cluster about the object; one without a time cannot be placed."""
    at = next((event[key] for key in _SEEN if event.get(key)), (event.get("metadata") or {}).get("creationTimestamp"))
    if not at:
        return None
    count = event.get("count") or (event.get("series") or {}).get("count") or 1
    times = f" ×{count}" if count > 1 else ""
    said = f"{event.get('reason', '')}{times}: {event.get('message', '')}"
    by = str(event.get("reportingComponent") or (event.get("source") or {}).get("component") or "")
    return TimelineItem(_at(at), "warning" if event.get("type") == "Warning" else "event", "", by, (" ".join(said.split()),))


def _at(told: str) -> float:
    return parse_time(told, 0.0)
