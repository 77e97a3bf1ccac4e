"""Descriptions of pod templates, and of the containers and volumes that templates and pods share."""

from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_lines, make_list_lines, make_mapping_lines, make_section

_PROBES = (("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup"))


def describe_template(node: JsonNode) -> list[Section]:
    """The section of a pod template. node: a PodTemplateSpec."""
    spec = node["spec"]
    head = make_mapping_lines("Labels", node.at("metadata", "labels"))
    head += make_lines([("Service account", spec["serviceAccountName"]), ("Priority class", spec["priorityClassName"])])
    lines: list[Line] = []
    for field, kind in (("initContainers", " (init)"), ("containers", "")):
        for container in spec[field]:
            lines += [Line(f"{container['name']}{kind}"), *make_container_lines(container)]
    return make_section("Pod template", [*head, *lines]) + describe_volumes(spec)


def make_container_lines(container: JsonNode) -> list[Line]:
    pairs = [
        ("Image", container["image"]),
        ("Restart policy", container["restartPolicy"]),
        ("Ports", ", ".join(_format_port(port) for port in container["ports"])),
        ("Command", " ".join(container["command"].words())),
        ("Arguments", " ".join(container["args"].words())),
        ("Requests", format_amounts(container.at("resources", "requests"))),
        ("Limits", format_amounts(container.at("resources", "limits"))),
        *((label, format_probe(container[field])) for field, label in _PROBES),
    ]
    lines = make_lines(pairs, 1)
    for label, values in (
        ("Environment from", [_format_environment_source(each) for each in container["envFrom"]]),
        ("Environment", [_format_variable(each) for each in container["env"]]),
        ("Mounts", [_format_mount(each) for each in container["volumeMounts"]]),
    ):
        lines += make_list_lines(label, values, 1) if values else []
    return lines


def _format_port(port: JsonNode) -> str:
    name = f" ({port['name']})" if port["name"] else ""
    return f"{port['containerPort']}/{port['protocol'] or 'TCP'}{name}"


def format_amounts(amounts: JsonNode) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in amounts.items())


def format_probe(node: JsonNode) -> str:
    """A probe on one line: its action, then its timing and thresholds."""
    if not node:
        return ""
    http, tcp, grpc = node["httpGet"], node["tcpSocket"], node["grpc"]
    if http:
        action = f"{str(http['scheme'] or 'http').lower()}-get :{http['port']}{http['path']}"
    elif tcp:
        action = f"tcp :{tcp['port']}"
    elif grpc:
        action = f"grpc :{grpc['port']} {grpc['service']}".strip()
    else:
        action = "exec " + " ".join(node.at("exec", "command").words())
    timing = (("delay", "initialDelaySeconds"), ("timeout", "timeoutSeconds"), ("period", "periodSeconds"))
    times = [f"{label}={node[field] or 0}s" for label, field in timing]
    return " ".join([action, *times, f"#success={node['successThreshold'] or 1}", f"#failure={node['failureThreshold'] or 3}"])


def _format_environment_source(each: JsonNode) -> str:
    for field, word in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if each[field]:
            optional = " (optional)" if each[field]["optional"].value is True else ""
            return f"{word} {each[field]['name']}{optional}"
    return str(each)


def _format_variable(each: JsonNode) -> str:
    source = each["valueFrom"]
    if not source:
        return f"{each['name']}={each['value']}"
    for field, word in (("secretKeyRef", "secret"), ("configMapKeyRef", "config map")):
        if source[field]:
            return f"{each['name']} from key {source[field]['key']} of {word} {source[field]['name']}"
    path = source["fieldRef"]["fieldPath"] or source["resourceFieldRef"]["resource"]
    return f"{each['name']} from {path or source}"


def _format_mount(each: JsonNode) -> str:
    part = f" ({each['subPath']})" if each["subPath"] else ""
    return f"{each['mountPath']} from {each['name']}{part}{' read-only' if each['readOnly'].value is True else ''}"


def describe_volumes(spec: JsonNode) -> list[Section]:
    return make_section("Volumes", [Line(str(volume["name"]), _format_volume(volume)) for volume in spec["volumes"]])


def _format_volume(volume: JsonNode) -> str:
    known = {
        "persistentVolumeClaim": ("claim", "claimName"),
        "configMap": ("config map", "name"),
        "secret": ("secret", "secretName"),
        "hostPath": ("host path", "path"),
        "csi": ("CSI", "driver"),
        "nfs": ("NFS", "server"),
    }
    for kind, facts in volume.items():
        if kind == "name":
            continue
        word, field = known.get(kind, (kind, ""))
        return f"{word} {facts[field]}" if field else f"{word} {_format_projected(facts)}".strip()
    return ""


def _format_projected(facts: JsonNode) -> str:
    sources = [kind for source in facts["sources"] for kind, _ in source.items()]
    return ", ".join(sources) if sources else str(facts) if facts else ""
