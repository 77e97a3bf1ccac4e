"""Parses and formats times and durations as people write them. The present time and the zone are arguments; no clock is read.

2026-11-24T14:00:00.125Z   RFC 3339, fractions kept; 1795528800 or 1795528800000, the epoch's seconds or milliseconds
2026-11-24 14:00           14:00   yesterday 14:00   today   (in the given zone, or local time)
15m   -15m   15m ago   1 hour ago   1h30m   last 2 days   now-15m   now

This is the only grammar of times: the command line, the tools, the filters and the console read times here.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

ACCEPTED_TIMES = "2026-11-24T14:00:00Z, 2026-11-24 14:00, 14:00, yesterday 14:00, 15m, -30m, 2h ago or now"
SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
_UNIT_WORDS = {
    "ms": "ms msec msecs millisecond milliseconds",
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w wk wks week weeks",
    "y": "y yr yrs year years",
}
_UNITS = {word: SECONDS_PER_UNIT[unit] for unit, words in _UNIT_WORDS.items() for word in words.split()}
_PART = r"(?:(\d{1,12}(?:\.\d{1,9})?)\s*|an?\s+)([a-z]+)"
_DURATION = re.compile(_PART, re.ASCII)
_DURATIONS = re.compile(rf"{_PART}(?:\s*(?:,|and)?\s*{_PART})*", re.ASCII)
_RELATIVE = re.compile(r"(?:(?:now\s*)?-\s*(?P<minus>.+)|(?:in )?(?:the )?(?:last|past) (?P<last>.+)|(?P<ago>.+?)(?:\s*ago)?)")
_EPOCH = re.compile(r"(\d{10})(?:(\d{3})|(\.\d{1,9}))?", re.ASCII)
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?"
_DAY = re.compile(rf"(?:(today|yesterday)(?:\s+{_CLOCK})?|{_CLOCK})", re.ASCII)


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> float:
    """``90s 15m 2h 3d 1w 1y``, several together (``1h30m``), or in words (``an hour``), in seconds. A year has 365 days.

    Raises ValueError.
    """
    bare = " ".join(text.lower().split())
    parts = _DURATION.findall(bare) if _DURATIONS.fullmatch(bare) else []
    if not parts or any(unit not in _UNITS for _, unit in parts):
        raise ValueError(f"{text!r} is not a duration: expected for example 90s, 15m, 2h, 3d or 1w")
    return sum(float(number or 1) * _UNITS[unit] for number, unit in parts)


def parse_time(text: str, now: float, zone: tzinfo | None = None) -> float:
    """A time as seconds since the epoch. A duration means that long ago. A text without a zone is in ``zone``, or in local time.

    Raises ValueError.
    """
    bare = " ".join(text.lower().split())
    try:
        if bare == "now":
            return now
        day = _DAY.fullmatch(bare)
        if day:
            return _time_on_day(day, now, zone)
        epoch = _EPOCH.fullmatch(bare)
        if epoch:
            return float(f"{epoch[1]}.{epoch[2]}" if epoch[2] else bare)
        length = _length_before_now(bare)
        return now - length if length is not None else _to_epoch(datetime.fromisoformat(bare.upper()), zone)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text[:60]!r} is not a time: expected {ACCEPTED_TIMES}") from None


def _length_before_now(bare: str) -> float | None:
    """The seconds of ``15m``, ``-15m``, ``15m ago`` and the like; None for a text that is no duration."""
    found = _RELATIVE.fullmatch(bare)
    try:
        return parse_duration(found["minus"] or found["last"] or found["ago"]) if found else None
    except ValueError:
        return None


def parse_past_time(text: str, now: float, zone: tzinfo | None = None) -> float:
    """As ``parse_time``; a time in the future also raises ValueError."""
    at = parse_time(text, now, zone)
    if at > now:
        raise ValueError(f"{text[:60]!r} is in the future: it is {format_local_time(now, zone)} now; expected {ACCEPTED_TIMES}")
    return at


def format_exact_time(at: float) -> str:
    """RFC 3339 in UTC to the microsecond, rounded up: a version observed at ``at`` is found again as of the formatted time."""
    return _round_up(at, 1_000_000).isoformat(timespec="microseconds").replace("+00:00", "Z")


def format_local_time(at: float, zone: tzinfo | None = None) -> str:
    """``2026-11-24 14:00:00.125`` in the zone, or in local time. Rounded up to the millisecond; whole seconds have no fraction."""
    here = _round_up(at, 1000).astimezone(zone).replace(tzinfo=None)
    return here.isoformat(" ", timespec="milliseconds" if here.microsecond else "seconds")


def _round_up(at: float, parts: int) -> datetime:
    """The time rounded up to 1/parts of a second. The comparison uses the float that the formatted text parses to."""
    nearest = round(at * parts)
    seconds, rest = divmod(nearest if nearest / parts >= at else nearest + 1, parts)
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest * (1_000_000 // parts))


def _time_on_day(found: "re.Match[str]", now: float, zone: tzinfo | None) -> float:
    """A time of today or yesterday. Raises ValueError for an hour above 23."""
    word, *rest = found.groups()
    hour, minute, second = [part or "0" for part in (rest[:3] if word else rest[3:])]
    whole, _, fraction = second.partition(".")
    day = datetime.fromtimestamp(now, zone).replace(tzinfo=None) - timedelta(days=1 if word == "yesterday" else 0)
    parts = int(hour), int(minute), int(whole), int(fraction[:6].ljust(6, "0"))
    return _to_epoch(datetime(day.year, day.month, day.day, *parts), zone)


def _to_epoch(at: datetime, zone: tzinfo | None) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
