"""Services, Ingresses, network policies: who answers, and where it leads."""

from k8sconsole.model.describe.sections import Line, Node, Section, listed, mapping, section, stated


def service(obj: Node, now: float) -> list[Section]:
    spec = obj["spec"]
    entries = [str(entry["ip"] or entry["hostname"]) for entry in obj.at("status", "loadBalancer", "ingress")]
    lines = mapping("Selector", spec["selector"])
    lines += stated(
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
    return section("Service", lines) + section("Ports", [_port(port) for port in spec["ports"]])


def _port(port: Node) -> Line:
    node = f", node port {port['nodePort']}" if port["nodePort"] else ""
    return Line(
        str(port["name"] or "<unnamed>"), f"{port['port']}/{port['protocol'] or 'TCP'} → {port['targetPort'] or port['port']}{node}"
    )


def endpoints(obj: Node, now: float) -> list[Section]:
    found: list[Section] = []
    for subset in obj["subsets"]:
        ports = [f"{port['name'] or '<unnamed>'} {port['port']}/{port['protocol'] or 'TCP'}" for port in subset["ports"]]
        lines = listed("Addresses", [_address(each) for each in subset["addresses"]])
        lines += listed("Not ready", [_address(each) for each in subset["notReadyAddresses"]]) if subset["notReadyAddresses"] else []
        found += section("Subset", lines + listed("Ports", ports))
    return found


def _address(each: Node) -> str:
    target = each["targetRef"]
    return f"{each['ip']} ({target['kind']}/{target['name']})" if target else str(each["ip"])


def ingress(obj: Node, now: float) -> list[Section]:
    spec = obj["spec"]
    entries = [str(entry["ip"] or entry["hostname"]) for entry in obj.at("status", "loadBalancer", "ingress")]
    head = stated(
        [("Class", spec["ingressClassName"]), ("Address", ", ".join(entries)), ("Default backend", _backend(spec["defaultBackend"]))]
    )
    tls = [Line(str(each["secretName"] or "<default>"), ", ".join(each["hosts"].words())) for each in spec["tls"]]
    rules: list[Line] = []
    for rule in spec["rules"]:
        rules.append(Line(str(rule["host"] or "*")))
        rules += [Line(str(path["path"] or "/"), _backend(path["backend"]), 1) for path in rule.at("http", "paths")]
    return section("Ingress", head) + section("TLS", tls) + section("Rules", rules)


def _backend(backend: Node) -> str:
    to = backend["service"]
    if to:
        return f"{to['name']}:{to['port']['number'] or to['port']['name']}"
    other = backend["resource"]
    return f"{other['kind']}/{other['name']}" if other else ""
