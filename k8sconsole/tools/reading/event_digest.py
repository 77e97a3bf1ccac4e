"""Events folded and counted: repeats of one event are one line, warnings come first, the newest on top."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from k8sconsole.kit.text import format_age, strip_control
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.objects import Cell, Row
from k8sconsole.model.tables import KindTable

WARNING = "Warning"
MOST_OBJECTS, MOST_REASONS = 5, 15
_UNKNOWN = 0.0


class EventItem(msgspec.Struct, omit_defaults=True):
    """One event, or several about one object with one reason. count: how often it occurred. message: the newest.
    messages: number of different messages, where there are several. last_seen, first_seen: RFC 3339."""

    namespace: str
    last_seen: str
    type: str
    reason: str
    object: str
    message: str
    count: int
    first_seen: str = ""
    messages: int = 1


class EventDigest(msgspec.Struct, frozen=True):
    """items: warnings first, then the newest. reasons: type and reason to occurrences, the rest as ``other``. objects: those with most
    warnings."""

    items: list[EventItem]
    reasons: dict[str, int]
    objects: dict[str, int]
    warnings: int
    total: int


class _Occurrence(msgspec.Struct, frozen=True):
    """The cells of one event. last, first: seconds since the epoch, 0.0 where unknown."""

    namespace: str
    last: float
    first: float
    type: str
    reason: str
    object: str
    message: str
    count: int


def digest_events(table: KindTable, rows: Iterable[Row], since: float | None = None) -> EventDigest:
    """since: only events that occurred at or after this time, in seconds since the epoch."""
    found = [one for one in (_read_row(table, row) for row in rows) if since is None or one.last >= since]
    groups: dict[tuple[str, str, str, str], list[_Occurrence]] = {}
    for one in sorted(found, key=lambda event: -event.last):
        groups.setdefault((one.namespace, one.type, one.reason, one.object), []).append(one)
    ordered = sorted(groups.values(), key=lambda several: (several[0].type != WARNING, -several[0].last))
    reasons, objects = Counter[str](), Counter[str]()
    for one in found:
        reasons[f"{one.type} {one.reason}".strip()] += one.count
        if one.type == WARNING:
            objects[f"{one.namespace}/{one.object}".lstrip("/")] += one.count
    warnings = sum(one.type == WARNING for one in found)
    return EventDigest([_fold(several) for several in ordered], _warnings_first(reasons), _most(objects), warnings, len(found))


def format_events(items: Sequence[EventItem], ages: Sequence[float]) -> str:
    """A text table. ages: seconds since each was last seen. The namespace column appears only if the namespaces differ."""
    spaces = len({item.namespace for item in items}) > 1
    lines = [_format_line(item, age, spaces=spaces) for item, age in zip(items, ages, strict=True)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]) - 1)] if lines else []
    return "\n".join("  ".join((*(word.ljust(width) for word, width in zip(line, widths, strict=False)), line[-1])) for line in lines)


def _format_line(item: EventItem, age: float, *, spaces: bool) -> tuple[str, ...]:
    more = f" (and {item.messages - 1} other messages)" if item.messages > 1 else ""
    words = (format_age(age), item.type, item.reason, item.object, f"×{item.count}" if item.count > 1 else "", f"{item.message}{more}")
    return tuple(strip_control(word).replace("\n", " ") for word in ((item.namespace, *words) if spaces else words))


def _fold(newest_first: Sequence[_Occurrence]) -> EventItem:
    newest, firsts = newest_first[0], [one.first for one in newest_first if one.first]
    count = sum(one.count for one in newest_first)
    return EventItem(
        newest.namespace,
        _format_time(newest.last),
        newest.type,
        newest.reason,
        newest.object,
        newest.message,
        count,
        _format_time(min(firsts)) if count > 1 and firsts else "",
        len({one.message for one in newest_first}),
    )


def _format_time(at: float) -> str:
    return format_exact_time(at) if at else ""


def _read_row(table: KindTable, row: Row) -> _Occurrence:
    def cell(column: str) -> Cell:
        at = table.index(column)
        return row.cells[at] if at is not None and at < len(row.cells) else None

    last, first, count = cell("LAST SEEN"), cell("FIRST SEEN"), cell("COUNT")
    kind, reason, about, message = (str(cell(column) or "") for column in ("TYPE", "REASON", "OBJECT", "MESSAGE"))
    return _Occurrence(
        row.namespace,
        float(last) if isinstance(last, int | float) else row.created_at,
        float(first) if isinstance(first, int | float) else _UNKNOWN,
        kind,
        reason,
        about,
        message,
        int(count) if isinstance(count, int | float) else 1,
    )


def _warnings_first(reasons: Counter[str]) -> dict[str, int]:
    ordered = sorted(reasons.items(), key=lambda pair: (not pair[0].startswith(WARNING), -pair[1], pair[0]))
    rest = sum(count for _, count in ordered[MOST_REASONS:])
    return dict(ordered[:MOST_REASONS]) | ({"other": rest} if rest else {})


def _most(objects: Counter[str]) -> dict[str, int]:
    return dict(objects.most_common(MOST_OBJECTS))
