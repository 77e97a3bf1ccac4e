"""The timeline of one object: its versions, the changes of what it owns, and the events about it, in one order."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.kit.times import parse_time
from k8sconsole.model.differences import Difference, format_difference, shorten_path
from k8sconsole.model.history import TimelineItem

if TYPE_CHECKING:
    from k8sconsole.tools.history.diff import TimelineEntry
    from k8sconsole.tools.history.gaps import GapRecord
    from k8sconsole.tools.history.versions import ObjectHistory, VersionRecord

DAY = 86_400.0
MOST_OWNED = 300
"""Changes of owned objects that are shown, the newest."""
MOST_LINES = 12
MOST_FIELDS = 4
_TO_THE_MINUTE = len("2026-11-27T12:26")
_EVENT_TIMES = ("lastTimestamp", "eventTime", "firstTimestamp")


def moments(
    history: "ObjectHistory", owned: "Iterable[TimelineEntry]", events: Iterable[dict[str, Any]], clock_skew: float = 0.0
) -> list[TimelineItem]:
    """Newest first. history: the object's own versions and gaps. owned: changes of what it owns, newest first. events: masked bodies.

    clock_skew: seconds by which the server's clock, which wrote the events' times, is ahead of this machine's, which wrote the others.
    """
    found = [*_version_moments(history), *map(_gap_moment, history.gaps), *map(_owned_moment, _merge_by_minute(owned))]
    found += [
        msgspec.structs.replace(moment, at=moment.at - clock_skew) for event in events if (moment := _event_moment(event)) is not None
    ]
    return sorted(found, key=lambda moment: moment.at, reverse=True)


def _version_moments(history: "ObjectHistory") -> list[TimelineItem]:
    return [
        TimelineItem(_parse_time(version.observed_at), version.change, "", version.by, _version_lines(version))
        for version in history.versions
    ]


def _version_lines(version: "VersionRecord") -> tuple[str, ...]:
    return (f"first seen; created {version.created_at}",) if version.created_at else _difference_lines(version.diff)


def _difference_lines(differences: Sequence[Difference]) -> tuple[str, ...]:
    lines = [format_difference(difference) for difference in differences[:MOST_LINES]]
    return (*lines, *([f"… {len(differences) - MOST_LINES} more fields"] if len(differences) > MOST_LINES else []))


def _gap_moment(gap: "GapRecord") -> TimelineItem:
    """At the end of the gap, or first while it lasts: entries below it were observed before it, entries above it after."""
    if gap.since is None:
        span = "before"
    else:
        span = f"from {gap.since} to {gap.until}" if gap.until else f"since {gap.since}"
    reason = f" ({gap.reason})" if gap.reason else ""
    return TimelineItem(_parse_time(gap.until) if gap.until else float("inf"), "gap", "", "", (f"not watched {span}{reason}",))


def _merge_by_minute(owned: "Iterable[TimelineEntry]") -> "list[TimelineEntry]":
    """Merges equal changes of one object in one minute into one entry with all fields: a starting pod has its status written five times."""
    found: dict[tuple[str, str, str, str], TimelineEntry] = {}
    for entry in owned:
        key = (entry.kind, entry.name, entry.change, entry.at[:_TO_THE_MINUTE])
        first = found.get(key)
        if first is None:
            found[key] = entry
        else:
            found[key] = msgspec.structs.replace(first, fields=list(dict.fromkeys([*first.fields, *entry.fields])))
    return list(found.values())


def _owned_moment(entry: "TimelineEntry") -> TimelineItem:
    more = len(entry.fields) - MOST_FIELDS
    fields = ", ".join(map(shorten_path, entry.fields[:MOST_FIELDS])) + (f", and {more} more" if more > 0 else "")
    lines = tuple(text for text in (entry.note or fields,) if text)
    return TimelineItem(_parse_time(entry.at), entry.change, f"{entry.kind.partition('.')[0]}/{entry.name}", entry.by, lines)


def _event_moment(event: dict[str, Any]) -> TimelineItem | None:
    """None for an event without a time."""
    at = next((event[key] for key in _EVENT_TIMES if event.get(key)), (event.get("metadata") or {}).get("creationTimestamp"))
    if not at:
        return None
    count = event.get("count") or (event.get("series") or {}).get("count") or 1
    repeats = f" ×{count}" if count > 1 else ""
    text = f"{event.get('reason', '')}{repeats}: {event.get('message', '')}"
    reporter = str(event.get("reportingComponent") or (event.get("source") or {}).get("component") or "")
    return TimelineItem(_parse_time(at), "warning" if event.get("type") == "Warning" else "event", "", reporter, (" ".join(text.split()),))


def _parse_time(timestamp: str) -> float:
    """timestamp: RFC 3339. Returns seconds since the epoch."""
    return parse_time(timestamp, 0.0)
