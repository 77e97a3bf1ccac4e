"""Events themselves."""

from k8sconsole.model.describe.sections import Node, Section, ago, section, stated
from k8sconsole.model.tables.decoding import repaired
from k8sconsole.model.tables.events import Event, about, reporter, times


def event(obj: Node, now: float) -> list[Section]:
    seen: Event = repaired(obj.value, Event)
    target = about(seen)
    where = f"{target.namespace}/{target.name}" if target.namespace else target.name
    pairs = [
        ("Type", seen.type),
        ("Reason", seen.reason),
        ("Message", (seen.message or seen.note).strip()),
        ("About", f"{target.kind} {where}".strip()),
        ("Part", target.field_path),
        ("Count", times(seen)),
        ("First seen", ago(obj["firstTimestamp"] or obj["deprecatedFirstTimestamp"] or obj["eventTime"], now)),
        ("Last seen", ago(obj.at("series", "lastObservedTime") or obj["lastTimestamp"] or obj["deprecatedLastTimestamp"], now)),
        ("Source", reporter(seen) or ""),
        ("Action", obj["action"]),
    ]
    return section("Event", stated(pairs))
