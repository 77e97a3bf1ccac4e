"""Description of a Pod: placement, containers with their states, volumes and scheduling."""

from k8sconsole.model.describe.sections import (
    JsonNode,
    Line,
    Section,
    format_time_with_age,
    make_line,
    make_lines,
    make_list_lines,
    make_mapping_lines,
    make_section,
)
from k8sconsole.model.describe.templates import describe_volumes, format_amounts, make_container_lines
from k8sconsole.model.quantities import format_duration_short
from k8sconsole.model.tables.custom import parse_object_time


def describe_pod(obj: JsonNode, now: float) -> list[Section]:
    return [
        *describe_placement(obj, now),
        *describe_containers(obj, now),
        *describe_volumes(obj["spec"]),
        *describe_scheduling(obj["spec"]),
    ]


def describe_placement(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    node = f"{spec['nodeName']}/{status['hostIP']}" if status["hostIP"] else str(spec["nodeName"])
    pairs = [
        ("Phase", status["phase"]),
        ("Reason", status["reason"]),
        ("Message", status["message"]),
        ("Node", node),
        ("Started", format_time_with_age(status["startTime"], now)),
        ("IP", status["podIP"]),
        ("Service account", spec["serviceAccountName"]),
        ("Priority", f"{spec['priority']} {spec['priorityClassName']}".strip() if spec["priority"].value is not None else ""),
        ("QoS class", status["qosClass"]),
        ("Restart policy", spec["restartPolicy"]),
        ("Runtime class", spec["runtimeClassName"]),
        ("Overhead", format_amounts(spec["overhead"])),
        ("Requests of the pod", format_amounts(spec.at("resources", "requests"))),
        ("Limits of the pod", format_amounts(spec.at("resources", "limits"))),
        ("Nominated node", status["nominatedNodeName"]),
    ]
    return make_section("Pod", make_lines(pairs))


def describe_containers(obj: JsonNode, now: float) -> list[Section]:
    found: list[Section] = []
    for field, statuses, heading in (
        ("initContainers", "initContainerStatuses", "Init containers"),
        ("containers", "containerStatuses", "Containers"),
        ("ephemeralContainers", "ephemeralContainerStatuses", "Ephemeral containers"),
    ):
        by_name = {str(status["name"]): status for status in obj["status"][statuses]}
        lines: list[Line] = []
        for each in obj["spec"][field]:
            name = str(each["name"])
            lines.append(Line(name))
            lines += make_status_lines(by_name.get(name, JsonNode(None)), now)
            lines += make_container_lines(each)
        found += make_section(heading, lines)
    return found


def make_status_lines(status: JsonNode, now: float) -> list[Line]:
    pairs = [("Image ID", status["imageID"]), ("Ready", status["ready"]), ("Restarts", status["restartCount"])]
    return [
        *_make_state_lines("State", status["state"], now),
        *_make_state_lines("Last state", status["lastState"], now),
        *make_lines(pairs, 1),
    ]


def _make_state_lines(label: str, state: JsonNode, now: float) -> list[Line]:
    """The state of a container: waiting, running or terminated, with reason and times."""
    for kind, facts in state.items():
        lines = [make_line(label, f"{kind.capitalize()} {facts['reason']}".strip(), 1)]
        code = facts["exitCode"]
        lines += make_lines(
            [
                ("Exit code", code),
                ("Signal", facts["signal"] or ""),
                ("Message", facts["message"]),
                ("Started", format_time_with_age(facts["startedAt"], now)),
                ("Finished", format_time_with_age(facts["finishedAt"], now)),
                ("Lasted", _format_lifetime(facts)),
            ],
            2,
        )
        return lines
    return []


def _format_lifetime(facts: JsonNode) -> str:
    begin, end = parse_object_time(facts["startedAt"].value), parse_object_time(facts["finishedAt"].value)
    return "" if begin is None or end is None else format_duration_short(end - begin)


def describe_scheduling(spec: JsonNode) -> list[Section]:
    lines = make_mapping_lines("Node selector", spec["nodeSelector"])
    lines += make_list_lines("Tolerations", [_format_toleration(each) for each in spec["tolerations"]])
    lines += make_lines([("Affinity", spec["affinity"]), ("Scheduler", spec["schedulerName"])])
    if spec["schedulingGates"]:
        lines += make_list_lines("Scheduling gates", [str(gate["name"]) for gate in spec["schedulingGates"]])
    return make_section("Scheduling", lines)


def _format_toleration(each: JsonNode) -> str:
    key = f"{each['key']}={each['value']}" if each["value"] else str(each["key"])
    effect = f":{each['effect']}" if each["effect"] else ""
    seconds = f" for {each['tolerationSeconds']}s" if each["tolerationSeconds"].value is not None else ""
    return f"{key}{effect} {each['operator'] or 'Equal'}{seconds}".strip()
