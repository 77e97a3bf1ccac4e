"""Tables of Events of the core group and of events.k8s.io, which have different names for the same fields."""

from datetime import datetime

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import CellKind, Column, names, number, text, time
from k8sconsole.model.tables.kind import KindTable, build_table, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Meta, to_epoch_seconds


class _Regarding(Shape, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""
    field_path: str = ""


class _Series(Shape, frozen=True):
    count: int = 0
    last_observed_time: datetime | None = None


class _EventSource(Shape, frozen=True):
    component: str = ""
    host: str = ""


class Event(Shape, frozen=True):
    metadata: Meta = Meta()
    type: str = ""
    reason: str = ""
    message: str = ""
    note: str = ""
    involved_object: _Regarding = _Regarding()
    regarding: _Regarding = _Regarding()
    source: _EventSource = _EventSource()
    deprecated_source: _EventSource = _EventSource()
    reporting_component: str = ""
    reporting_controller: str = ""
    reporting_instance: str = ""
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    deprecated_first_timestamp: datetime | None = None
    deprecated_last_timestamp: datetime | None = None
    event_time: datetime | None = None
    count: int = 0
    deprecated_count: int = 0
    series: _Series | None = None


def first_seen(obj: Event) -> float | None:
    return to_epoch_seconds(obj.first_timestamp) or to_epoch_seconds(obj.deprecated_first_timestamp) or to_epoch_seconds(obj.event_time)


def last_seen(obj: Event) -> float | None:
    """When the event last occurred, in seconds since the epoch."""
    if obj.series is not None:
        return to_epoch_seconds(obj.series.last_observed_time)
    return to_epoch_seconds(obj.last_timestamp) or to_epoch_seconds(obj.deprecated_last_timestamp) or first_seen(obj)


def event_count(obj: Event) -> int:
    """How often the event occurred; 1 for an event without a count."""
    return obj.series.count if obj.series is not None else obj.count or obj.deprecated_count or 1


def involved_object(obj: Event) -> _Regarding:
    return obj.regarding if obj.involved_object == _Regarding() else obj.involved_object


def _format_object(obj: Event) -> Cell:
    target = involved_object(obj)
    return f"{target.kind.lower()}/{target.name}" if target.name else target.kind.lower() or None


def event_reporter(obj: Event) -> str | None:
    component = obj.source.component or obj.deprecated_source.component or obj.reporting_component or obj.reporting_controller
    place = obj.source.host or obj.deprecated_source.host or obj.reporting_instance
    return f"{component}, {place}" if place else component or None


def _events(resource: str) -> KindTable:
    return build_table(
        resource,
        Event,
        (
            (Column("LAST SEEN", CellKind.TIME, 0, 10, 10), last_seen),
            (Column("TYPE", CellKind.STATUS, 1, 7, 9), lambda obj: obj.type or None),
            (text("REASON", wish=20, rank=2), lambda obj: obj.reason or None),
            (names("OBJECT", wish=36, rank=3), _format_object),
            (text("SUBOBJECT", wide=True), lambda obj: involved_object(obj).field_path or None),
            (text("SOURCE", wide=True), event_reporter),
            (text("MESSAGE", wish=80, minimum=12, rank=20), lambda obj: (obj.message or obj.note).strip() or None),
            (time("FIRST SEEN", wide=True), first_seen),
            (number("COUNT", wide=True), event_count),
            (names("NAME", wide=True), read_name),
        ),
    )


TABLES: tuple[KindTable, ...] = (_events("events"), _events("events.events.k8s.io"))
