"""Odd services, ingresses, endpoints and policies."""

from typing import Any

from tests.oracle.dice import Dice

Json = dict[str, Any]


def make_service(dice: Dice) -> Json:
    def port() -> Json:
        return dice.sparse(
            {"port": dice.pick(80, 443), "nodePort": dice.pick(0, 30080), "protocol": dice.pick("TCP", "UDP", ""), "name": "http"}
        )

    spec = {
        "type": dice.pick("ClusterIP", "NodePort", "LoadBalancer", "ExternalName", ""),
        "clusterIP": dice.pick("10.0.0.10", "None", ""),
        "externalIPs": dice.many(lambda: dice.pick("1.2.3.4", "5.6.7.8")),
        "externalName": dice.pick("", "db.example.com"),
        "ports": dice.many(port),
        "selector": dice.labels(),
        "sessionAffinity": "None",
    }
    spec["clusterIPs"] = [spec["clusterIP"], "fd00::10"] if spec["clusterIP"] else []
    if dice.chance(0.15):
        spec["clusterIPs"] = []
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": dice.meta(),
        "spec": dice.sparse(spec),
        "status": dice.sparse({"loadBalancer": _load_balancer(dice)}),
    }


def _load_balancer(dice: Dice) -> Json:
    def entry() -> Json:
        return dice.sparse({"ip": dice.pick("203.0.113.7", "203.0.113.10", ""), "hostname": dice.pick("lb.example.com", "")})

    return dice.sparse({"ingress": dice.many(entry)})


def make_ingress(dice: Dice) -> Json:
    spec = {
        "ingressClassName": dice.pick("nginx", ""),
        "rules": dice.many(lambda: dice.sparse({"host": dice.pick("a.example.com", "b.example.com", "*.c.example.com", "")}), most=6),
        "tls": dice.many(lambda: {"hosts": ["a.example.com"]}, most=2),
    }
    status = dice.sparse({"loadBalancer": _load_balancer(dice)})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": dice.meta(), "spec": dice.sparse(spec), "status": status}


def make_ingress_class(dice: Dice) -> Json:
    marks = {"ingressclass.kubernetes.io/is-default-class": dice.pick("true", "false")}
    parameters = dice.sparse({"apiGroup": dice.pick("", "k8s.example.com"), "kind": "Parameters", "name": dice.name()})
    spec = dice.sparse({"controller": dice.pick("", "example.com/ingress"), "parameters": parameters})
    meta = dice.meta(annotations=dice.pick(marks, {}))
    return {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": meta, "spec": spec}


def make_endpoints(dice: Dice) -> Json:
    def subset() -> Json:
        addresses = dice.many(lambda: {"ip": dice.pick("10.0.0.1", "10.0.0.2", "fd00::1")}, most=4)
        ports = dice.many(lambda: {"name": dice.pick("http", ""), "port": dice.pick(80, 443)}, most=2)
        return dice.sparse({"addresses": addresses, "notReadyAddresses": addresses, "ports": ports})

    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": dice.meta(), **dice.sparse({"subsets": dice.many(subset)})}


def make_endpoint_slice(dice: Dice) -> Json:
    endpoints = dice.many(lambda: {"addresses": dice.many(lambda: dice.pick("10.0.0.1", "10.0.0.2"))})
    fields = {
        "addressType": dice.pick("IPv4", "IPv6", "FQDN"),
        "ports": dice.many(lambda: dice.sparse({"name": dice.pick("http", ""), "port": dice.pick(80, 8080)}), most=5),
        "endpoints": endpoints,
    }
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": dice.meta(), **dice.sparse(fields)}


def make_network_policy(dice: Dice) -> Json:
    spec = dice.sparse({"podSelector": dice.selector()})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": dice.meta(), "spec": spec}


def make_service_range(dice: Dice) -> Json:
    spec = dice.sparse({"cidrs": dice.pick([], ["10.0.0.0/16"], ["10.0.0.0/16", "fd00::/108"])})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": dice.meta(), "spec": spec}


def make_address(dice: Dice) -> Json:
    parent = {
        "group": dice.pick("", "gateway.example.com"),
        "resource": "services",
        "namespace": dice.pick("", "shop"),
        "name": dice.name(),
    }
    spec = dice.sparse({"parentRef": dice.sparse(parent)})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": dice.meta(), "spec": spec}
