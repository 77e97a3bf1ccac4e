"""Descriptions of nodes and events."""

from k8sconsole.model.describe.sections import JsonNode, Line, Section, format_time_with_age, make_lines, make_list_lines, make_section
from k8sconsole.model.tables.cluster import node_roles
from k8sconsole.model.tables.events import Event, event_count, event_reporter, involved_object
from k8sconsole.model.tables.shape_decoder import convert_leniently


def describe_node(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    labels = {key: str(value) for key, value in obj.at("metadata", "labels").items()}
    lines = make_lines(
        [
            ("Roles", ", ".join(node_roles(labels)) or "<none>"),
            ("Unschedulable", spec["unschedulable"]),
            ("Pod CIDR", ", ".join(spec["podCIDRs"].words()) or spec["podCIDR"]),
            ("Provider", spec["providerID"]),
        ]
    )
    lines += make_list_lines("Taints", [_format_taint(each) for each in spec["taints"]])
    addresses = [Line(str(each["type"]), str(each["address"])) for each in status["addresses"]]
    return [
        *make_section("Node", lines),
        *make_section("Addresses", addresses),
        *make_section("Capacity", _make_capacity_lines(status)),
        *make_section("System", [Line(key, str(value)) for key, value in status["nodeInfo"].items()]),
    ]


def _format_taint(each: JsonNode) -> str:
    value = f"={each['value']}" if each["value"] else ""
    return f"{each['key']}{value}:{each['effect']}"


def _make_capacity_lines(status: JsonNode) -> list[Line]:
    """The node's capacity, and how much of it pods may use."""
    free = status["allocatable"]
    return [Line(name, f"{amount}, {free[name]} allocatable" if free[name] else str(amount)) for name, amount in status["capacity"].items()]


def describe_event(obj: JsonNode, now: float) -> list[Section]:
    seen: Event = convert_leniently(obj.value, Event)
    target = involved_object(seen)
    where = f"{target.namespace}/{target.name}" if target.namespace else target.name
    pairs = [
        ("Type", seen.type),
        ("Reason", seen.reason),
        ("Message", (seen.message or seen.note).strip()),
        ("About", f"{target.kind} {where}".strip()),
        ("Part", target.field_path),
        ("Count", event_count(seen)),
        ("First seen", format_time_with_age(obj["firstTimestamp"] or obj["deprecatedFirstTimestamp"] or obj["eventTime"], now)),
        (
            "Last seen",
            format_time_with_age(obj.at("series", "lastObservedTime") or obj["lastTimestamp"] or obj["deprecatedLastTimestamp"], now),
        ),
        ("Source", event_reporter(seen) or ""),
        ("Action", obj["action"]),
    ]
    return make_section("Event", make_lines(pairs))
