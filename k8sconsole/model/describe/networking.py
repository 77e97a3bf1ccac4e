"""Descriptions of Services, Endpoints and Ingresses."""

from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_lines, make_list_lines, make_mapping_lines, make_section


def describe_service(obj: JsonNode, now: float) -> list[Section]:
    spec = obj["spec"]
    entries = [str(entry["ip"] or entry["hostname"]) for entry in obj.at("status", "loadBalancer", "ingress")]
    lines = make_mapping_lines("Selector", spec["selector"])
    lines += make_lines(
        [
            ("Type", spec["type"]),
            ("Cluster IPs", ", ".join(spec["clusterIPs"].words()) or spec["clusterIP"]),
            ("External IPs", ", ".join(spec["externalIPs"].words())),
            ("External name", spec["externalName"]),
            ("Load balancer", ", ".join(entries) or ("<pending>" if str(spec["type"]) == "LoadBalancer" else "")),
            ("IP families", ", ".join(spec["ipFamilies"].words())),
            ("Session affinity", spec["sessionAffinity"]),
            ("Traffic", spec["internalTrafficPolicy"]),
            ("External traffic", spec["externalTrafficPolicy"]),
        ]
    )
    return make_section("Service", lines) + make_section("Ports", [_make_port_line(port) for port in spec["ports"]])


def _make_port_line(port: JsonNode) -> Line:
    node = f", node port {port['nodePort']}" if port["nodePort"] else ""
    return Line(
        str(port["name"] or "<unnamed>"), f"{port['port']}/{port['protocol'] or 'TCP'} → {port['targetPort'] or port['port']}{node}"
    )


def describe_endpoints(obj: JsonNode, now: float) -> list[Section]:
    found: list[Section] = []
    for subset in obj["subsets"]:
        ports = [f"{port['name'] or '<unnamed>'} {port['port']}/{port['protocol'] or 'TCP'}" for port in subset["ports"]]
        lines = make_list_lines("Addresses", [_format_address(each) for each in subset["addresses"]])
        lines += (
            make_list_lines("Not ready", [_format_address(each) for each in subset["notReadyAddresses"]])
            if subset["notReadyAddresses"]
            else []
        )
        found += make_section("Subset", lines + make_list_lines("Ports", ports))
    return found


def _format_address(each: JsonNode) -> str:
    target = each["targetRef"]
    return f"{each['ip']} ({target['kind']}/{target['name']})" if target else str(each["ip"])


def describe_ingress(obj: JsonNode, now: float) -> list[Section]:
    spec = obj["spec"]
    entries = [str(entry["ip"] or entry["hostname"]) for entry in obj.at("status", "loadBalancer", "ingress")]
    head = make_lines(
        [("Class", spec["ingressClassName"]), ("Address", ", ".join(entries)), ("Default backend", _format_backend(spec["defaultBackend"]))]
    )
    tls = [Line(str(each["secretName"] or "<default>"), ", ".join(each["hosts"].words())) for each in spec["tls"]]
    rules: list[Line] = []
    for rule in spec["rules"]:
        rules.append(Line(str(rule["host"] or "*")))
        rules += [Line(str(path["path"] or "/"), _format_backend(path["backend"]), 1) for path in rule.at("http", "paths")]
    return make_section("Ingress", head) + make_section("TLS", tls) + make_section("Rules", rules)


def _format_backend(backend: JsonNode) -> str:
    to = backend["service"]
    if to:
        return f"{to['name']}:{to['port']['number'] or to['port']['name']}"
    other = backend["resource"]
    return f"{other['kind']}/{other['name']}" if other else ""
