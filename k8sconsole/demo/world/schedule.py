"""Cron schedules in UTC: five fields with names of months and days, steps, lists and ranges, and the `@` aliases."""

from datetime import datetime, timedelta

_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = {
    name: number
    for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)
}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}


class CronSchedule:
    """A parsed schedule. Raises ValueError for an invalid one."""

    def __init__(self, text: str) -> None:
        fields = _ALIASES.get(text.strip(), text).split()
        if len(fields) != 5:
            raise ValueError(f"expected 5 fields in schedule {text!r}")
        names: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)
        self._minutes, self._hours, self._days, self._months, self._weekdays = (
            _parse_field(field, low, high, known) for field, (low, high), known in zip(fields, _RANGES, names, strict=True)
        )
        # As in cron: when both day fields are restricted, either may match.
        self._either_day = not fields[2].startswith("*") and not fields[4].startswith("*")

    def next_after(self, time: datetime) -> datetime:
        """The first scheduled time after `time`. Raises ValueError when there is none within five years (30 February)."""
        at = time.replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = at + timedelta(days=5 * 366)
        while at < end:
            if at.month not in self._months or not self._matches_day(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in self._hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in self._minutes:
                at += timedelta(minutes=1)
            else:
                return at
        raise ValueError("the schedule never matches")

    def latest_in(self, since: datetime, until: datetime) -> datetime | None:
        """The last scheduled time in (since, until], or None. It searches growing windows, so that a gap of months is cheap."""
        for window in (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366)):
            found, at = None, max(since, until - window)
            while (at := self.next_after(at)) <= until:
                found = at
            if found or until - window <= since:
                return found
        return None

    def _matches_day(self, at: datetime) -> bool:
        by_date, by_weekday = at.day in self._days, at.isoweekday() % 7 in self._weekdays
        return by_date or by_weekday if self._either_day else by_date and by_weekday


def _parse_field(field: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    # Sunday may be written 7.
    wrap = 7 if high == 6 else high + 1
    return frozenset(value % wrap for part in field.split(",") for value in _parse_part(part, low, 7 if high == 6 else high, high, names))


def _parse_part(part: str, low: int, limit: int, high: int, names: dict[str, int]) -> range:
    span, _, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        start, end = low, high
    else:
        start = _parse_number(first, names)
        end = _parse_number(last, names) if dash else (high if step else start)
    if not low <= start <= end <= limit:
        raise ValueError(f"{part!r} is outside {low}-{limit}")
    return range(start, end + 1, int(step or 1))


def _parse_number(text: str, names: dict[str, int]) -> int:
    return names[text.lower()] if text.lower() in names else int(text)
