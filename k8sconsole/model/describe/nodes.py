"""Nodes: what they are, what they can hold, who may run there."""

from k8sconsole.model.describe.sections import Line, Node, Section, listed, section, stated
from k8sconsole.model.tables.cluster import roles


def node(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    labels = {key: str(value) for key, value in obj.at("metadata", "labels").items()}
    lines = stated(
        [
            ("Roles", ", ".join(roles(labels)) or "<none>"),
            ("Unschedulable", spec["unschedulable"]),
            ("Pod CIDR", ", ".join(spec["podCIDRs"].words()) or spec["podCIDR"]),
            ("Provider", spec["providerID"]),
        ]
    )
    lines += listed("Taints", [_taint(each) for each in spec["taints"]])
    addresses = [Line(str(each["type"]), str(each["address"])) for each in status["addresses"]]
    return [
        *section("Node", lines),
        *section("Addresses", addresses),
        *section("Capacity", _capacity(status)),
        *section("System", [Line(key, str(value)) for key, value in status["nodeInfo"].items()]),
    ]


def _taint(each: Node) -> str:
    value = f"={each['value']}" if each["value"] else ""
    return f"{each['key']}{value}:{each['effect']}"


def _capacity(status: Node) -> list[Line]:
    """What it has, and what pods may have of it."""
    free = status["allocatable"]
    return [Line(name, f"{amount}, {free[name]} allocatable" if free[name] else str(amount)) for name, amount in status["capacity"].items()]
