"""A description shows what belongs to the object, as kubectl's does: endpoints, ReplicaSets and pods, quotas, users of a claim, totals."""

from typing import Any

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.describe import describe, list_related
from k8sconsole.model.resources import BUILTIN
from tests.unit.model.pods import pod, running, waiting

NOW = parse_rfc3339("2026-11-22T03:00:00Z")
RESOURCES = {resource.name: resource for resource in BUILTIN}
Json = dict[str, Any]


def sections_of(resource: str, obj: Json, **related: list[Json] | None) -> dict[str, list[tuple[str, str]]]:
    """related: by the first word of the resource, such as ``pods``."""
    names = {query.resource.partition(".")[0]: query.resource for query in list_related(resource, obj)}
    found = describe(RESOURCES[resource], obj, [], NOW, {names[word]: objects for word, objects in related.items()})
    return {section.title: [(line.label, line.text) for line in section.lines] for section in found}


def _slice(service: str, port: str, *endpoints: tuple[str, bool]) -> Json:
    return {
        "metadata": {"name": f"{service}-x", "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": port, "port": 8080, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": ready}} for address, ready in endpoints],
    }


SERVICE = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"type": "ClusterIP", "ports": [{"name": "http", "port": 80}]}}


def test_a_service_shows_the_endpoints_of_each_port_and_those_that_are_not_ready() -> None:
    slices = [_slice("web", "http", ("10.0.0.2", True), ("10.0.0.1", True), ("10.0.0.3", False))]
    seen = sections_of("services", SERVICE, endpointslices=slices)
    assert seen["Endpoints"] == [("http", "10.0.0.1:8080, 10.0.0.2:8080"), ("", "not ready: 10.0.0.3:8080")]
    assert sections_of("services", SERVICE, endpointslices=[])["Endpoints"] == [("http", "<none>")]


def test_what_could_not_be_read_is_not_shown_as_none() -> None:
    assert sections_of("services", SERVICE, endpointslices=None)["Endpoints"] == [
        ("", "not known: endpointslices.discovery.k8s.io could not be read")
    ]


def test_an_ingress_shows_the_addresses_behind_its_backends_and_what_is_missing() -> None:
    paths = [{"path": "/", "backend": {"service": {"name": name, "port": {"name": "http"}}}} for name in ("web", "gone")]
    paths.append({"path": "/x", "backend": {"service": {"name": "web", "port": {"number": 81}}}})
    obj = {"metadata": {"name": "front", "namespace": "shop"}, "spec": {"rules": [{"http": {"paths": paths}}]}}
    seen = sections_of("ingresses.networking.k8s.io", obj, endpointslices=[_slice("web", "http", ("10.0.0.1", True))], services=[SERVICE])
    assert seen["Backends"] == [
        ("web:http", "10.0.0.1:8080"), ("gone:http", "service gone not found"), ("web:81", "service web has no port 81"),
    ]  # fmt: skip


def _owned(obj: Json, owner: str, **meta: Any) -> Json:
    obj["metadata"] = {**obj.get("metadata", {}), **meta, "ownerReferences": [{"uid": owner, "controller": True, "kind": "X", "name": "x"}]}
    return obj


def _replica_set(name: str, revision: str, replicas: int) -> Json:
    notes = {"deployment.kubernetes.io/revision": revision}
    spec = {"replicas": replicas, "template": {"spec": {"containers": [{"image": f"web:{revision}"}]}}}
    return _owned({"spec": spec, "status": {"replicas": replicas}}, "d", name=name, uid=name, annotations=notes)


def test_a_deployment_shows_its_replica_sets_and_pods_with_trouble_first() -> None:
    selector = {"matchLabels": {"app": "web"}}
    notes = {"deployment.kubernetes.io/revision": "3"}
    obj = {"metadata": {"name": "web", "uid": "d", "annotations": notes}, "spec": {"selector": selector}}
    pods = [
        _owned(pod(running(), conditions={"Ready": "True"}), "web-3", name="web-3-a"),
        _owned(pod(waiting("ImagePullBackOff", restarts=2)), "web-3", name="web-3-b"),
        _owned(pod(running()), "other", name="stranger"),
    ]
    sets = [_replica_set("web-1", "1", 0), _replica_set("web-3", "3", 2), _replica_set("web-2", "2", 1)]
    seen = sections_of("deployments.apps", obj, replicasets=sets, pods=pods)
    assert seen["ReplicaSets"] == [
        ("web-3 (new)", "2/2 created, 0 ready, revision 3, web:3"),
        ("web-2", "1/1 created, 0 ready, revision 2, web:2"),
        ("", "and 1 without pods"),
    ]
    assert [label for label, _ in seen["Pods"]] == ["Total", "web-3-b", "web-3-a"]
    assert "0/1 ready  ImagePullBackOff  2 restarts  on node-1" in seen["Pods"][1][1]


def test_a_claim_shows_the_pods_that_use_it_by_name_or_as_an_ephemeral_volume() -> None:
    named = {"metadata": {"name": "db"}, "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "db-cache"}}]}}
    owner = {"metadata": {"name": "db"}, "spec": {"volumes": [{"name": "cache", "ephemeral": {}}]}, "status": {"phase": "Running"}}
    obj = {"metadata": {"name": "db-cache", "namespace": "shop", "ownerReferences": [{"kind": "Pod", "name": "db"}]}}
    assert sections_of("persistentvolumeclaims", obj, pods=[named, owner])["Used by"] == [("pod/db", ""), ("pod/db", "Running")]
    assert sections_of("persistentvolumeclaims", obj, pods=[])["Used by"] == [("", "<none>")]


def test_a_node_shows_what_each_pod_requests_and_the_totals_with_their_shares() -> None:
    obj = pod(running())
    obj["metadata"] |= {"name": "web", "namespace": "shop", "creationTimestamp": "2026-11-22T02:00:00Z"}
    obj["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1"}}
    node = {"metadata": {"name": "node-1"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "2"}}}
    lease = {"spec": {"holderIdentity": "node-1", "renewTime": "2026-11-22T02:59:50.000000Z"}}
    seen = sections_of("nodes", node, pods=[obj], leases=[lease])
    assert seen["Pods (1 not finished)"] == [("shop/web", "cpu 500m (12%), limit 1 (25%)  memory 1Gi (12%), no limit  1h")]
    assert seen["Allocated resources"] == [
        ("cpu", "500m (12%) requested, 1 (25%) limits"),
        ("memory", "1Gi (12%) requested, 0 (0%) limits"),
        ("ephemeral-storage", "0 (0%) requested, 0 (0%) limits"),
        ("nvidia.com/gpu", "0 (0%) requested, 0 (0%) limits"),
    ]
    assert seen["Lease"][0] == ("Holder", "node-1")


def test_a_namespace_shows_the_use_of_its_quotas_and_its_limits() -> None:
    quota = {
        "metadata": {"name": "compute"},
        "status": {"hard": {"pods": "10", "requests.cpu": "2"}, "used": {"pods": "3", "requests.cpu": "500m"}},
    }
    limits = {"metadata": {"name": "usual"}, "spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}, "max": {"cpu": "2"}}]}}
    seen = sections_of("namespaces", {"metadata": {"name": "shop"}}, resourcequotas=[quota], limitranges=[limits])
    assert seen["Resource quotas"] == [("compute", ""), ("pods", "3 of 10 (30%)"), ("requests.cpu", "500m of 2 (25%)")]
    assert seen["Limit ranges"] == [("usual Container", "at most cpu 2; limit cpu 1")]


def test_what_is_missing_of_the_related_objects_is_said() -> None:
    found = describe(RESOURCES["services"], SERVICE, None, NOW, {}, ("endpointslices in shop: forbidden",))
    titles = {section.title: [line.text for line in section.lines] for section in found}
    assert titles["Incomplete"] == ["endpointslices in shop: forbidden"]
    assert titles["Events"] == ["not known: events could not be read"]
