"""Pods: where they run, what each container is and does, what they mount."""

from k8sconsole.model.describe.sections import Line, Node, Section, ago, line, listed, mapping, section, stated
from k8sconsole.model.describe.templates import container_lines, volumes
from k8sconsole.model.quantities import short_duration
from k8sconsole.model.tables.custom import moment


def pod(obj: Node, now: float) -> list[Section]:
    return [*placement(obj, now), *containers(obj, now), *volumes(obj["spec"]), *scheduling(obj["spec"])]


def placement(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    node = f"{spec['nodeName']}/{status['hostIP']}" if status["hostIP"] else str(spec["nodeName"])
    pairs = [
        ("Phase", status["phase"]),
        ("Reason", status["reason"]),
        ("Message", status["message"]),
        ("Node", node),
        ("Started", ago(status["startTime"], now)),
        ("IP", status["podIP"]),
        ("Service account", spec["serviceAccountName"]),
        ("Priority", f"{spec['priority']} {spec['priorityClassName']}".strip() if spec["priority"].value is not None else ""),
        ("QoS class", status["qosClass"]),
        ("Restart policy", spec["restartPolicy"]),
        ("Runtime class", spec["runtimeClassName"]),
        ("Nominated node", status["nominatedNodeName"]),
    ]
    return section("Pod", stated(pairs))


def containers(obj: Node, now: float) -> list[Section]:
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
            lines += status_lines(by_name.get(name, Node(None)), now)
            lines += container_lines(each)
        found += section(heading, lines)
    return found


def status_lines(status: Node, now: float) -> list[Line]:
    pairs = [("Image ID", status["imageID"]), ("Ready", status["ready"]), ("Restarts", status["restartCount"])]
    return [*_state("State", status["state"], now), *_state("Last state", status["lastState"], now), *stated(pairs, 1)]


def _state(label: str, state: Node, now: float) -> list[Line]:
    """Waiting, running or ended, with the reason and how long ago."""
    for kind, facts in state.items():
        lines = [line(label, f"{kind.capitalize()} {facts['reason']}".strip(), 1)]
        code = facts["exitCode"]
        lines += stated(
            [
                ("Exit code", code),
                ("Signal", facts["signal"] or ""),
                ("Message", facts["message"]),
                ("Started", ago(facts["startedAt"], now)),
                ("Finished", ago(facts["finishedAt"], now)),
                ("Lasted", _lasted(facts)),
            ],
            2,
        )
        return lines
    return []


def _lasted(facts: Node) -> str:
    begin, end = moment(facts["startedAt"].value), moment(facts["finishedAt"].value)
    return "" if begin is None or end is None else short_duration(end - begin)


def scheduling(spec: Node) -> list[Section]:
    lines = mapping("Node selector", spec["nodeSelector"])
    lines += listed("Tolerations", [_toleration(each) for each in spec["tolerations"]])
    lines += stated([("Affinity", spec["affinity"]), ("Scheduler", spec["schedulerName"])])
    if spec["schedulingGates"]:
        lines += listed("Scheduling gates", [str(gate["name"]) for gate in spec["schedulingGates"]])
    return section("Scheduling", lines)


def _toleration(each: Node) -> str:
    key = f"{each['key']}={each['value']}" if each["value"] else str(each["key"])
    effect = f":{each['effect']}" if each["effect"] else ""
    seconds = f" for {each['tolerationSeconds']}s" if each["tolerationSeconds"].value is not None else ""
    return f"{key}{effect} {each['operator'] or 'Equal'}{seconds}".strip()
