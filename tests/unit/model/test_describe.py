"""One object at length: what an operator looks for is there, what is secret is not."""

import json
from base64 import b64encode
from typing import Any

import pytest

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.describe import Section, describe
from k8sconsole.model.masking import mask_body
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from tests.unit.model.pods import ENDED, pod, running, waiting
from tests.unit.model.samples import SAMPLES

NOW = parse_rfc3339("2026-11-22T03:00:00Z")
RESOURCES = {resource.name: resource for resource in BUILTIN}
BACK_OFF = {
    "type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container", "count": 14,
    "lastTimestamp": "2026-11-22T02:59:00Z", "source": {"component": "kubelet"},
}  # fmt: skip
PULLED = {"type": "Normal", "reason": "Pulled", "message": "Image present", "lastTimestamp": "2026-11-22T02:00:00Z"}


def describe_lines(resource: str, obj: dict[str, Any], *events: dict[str, Any]) -> dict[str, list[tuple[str, str, int]]]:
    sections = describe(RESOURCES[resource], obj, list(events), NOW)
    return {section.title: [(line.label, line.text, line.indent) for line in section.lines] for section in sections}


def sample(resource: str, nth: int = 0) -> dict[str, Any]:
    return [obj for name, obj, _ in SAMPLES if name == resource][nth]


def test_a_pod_shows_each_containers_state_and_its_last_termination() -> None:
    last = {"exitCode": 137, "reason": "OOMKilled", "startedAt": "2026-11-22T02:50:22Z", "finishedAt": ENDED}
    obj = pod(waiting("CrashLoopBackOff", "c0", restarts=14, last=last), running("c1"), conditions={"Ready": "False"})
    seen = describe_lines("pods", obj, BACK_OFF, PULLED)
    assert seen["Containers"][0] == ("c0", "", 0)
    for line in [
        ("State", "Waiting CrashLoopBackOff", 1),
        ("Last state", "Terminated OOMKilled", 1),
        ("Exit code", "137", 2),
        ("Finished", f"{ENDED} (38s)", 2),
        ("Lasted", "9m", 2),
        ("Restarts", "14", 1),
        ("Image", "image:0", 1),
    ]:
        assert line in seen["Containers"]
    assert ("State", "Running", 1) in seen["Containers"]
    assert seen["Conditions"] == [("Ready", "False", 0)]
    assert ("Node", "node-1", 0) in seen["Pod"]


def test_events_are_listed_oldest_first_with_their_count_and_source() -> None:
    seen = describe_lines("pods", pod(running()), BACK_OFF, PULLED)
    assert seen["Events"] == [
        ("Normal Pulled", "1h  Image present", 0),
        ("Warning BackOff", "1m (x14)  kubelet  Back-off restarting failed container", 0),
    ]


def test_an_object_without_events_says_so() -> None:
    assert describe_lines("pods", pod(running()))["Events"] == [("", "<none>", 0)]


def test_a_container_shows_where_its_environment_comes_from() -> None:
    obj = pod(running("c0"))
    obj["spec"]["containers"][0] |= {
        "env": [
            {"name": "MODE", "value": "fast"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "flags", "optional": True}}],
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 80, "scheme": "HTTP"}, "periodSeconds": 10},
    }
    obj["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "db"}}]
    lines = describe_lines("pods", obj)["Containers"]
    assert ("Environment", "MODE=fast", 1) in lines
    assert ("", "TOKEN from key token of secret keys", 1) in lines
    assert ("", "IP from status.podIP", 1) in lines
    assert ("Environment from", "ConfigMap flags (optional)", 1) in lines
    assert ("Mounts", "/data from data read-only", 1) in lines
    assert ("Readiness", "http-get :80/ready delay=0s timeout=0s period=10s #success=1 #failure=3", 1) in lines
    assert describe_lines("pods", obj)["Volumes"] == [("data", "claim db", 0)]


def test_binary_data_shows_its_real_size_when_it_is_masked() -> None:
    obj = {"kind": "ConfigMap", "metadata": {"name": "logo"}, "binaryData": {"logo.png": b64encode(bytes(range(200))).decode()}}
    kept = json.loads(mask_body("configmaps", json.dumps(obj).encode()))
    assert kept["binaryData"] == {"logo.png": "[masked: 200 bytes]"}
    assert describe_lines("configmaps", kept)["Binary data"] == [("logo.png", "200 bytes", 0)]


def test_a_secret_shows_only_keys_and_sizes_and_masks_stay() -> None:
    obj = {
        "kind": "Secret",
        "metadata": {"name": "keys", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}},
        "type": "Opaque",
        "data": {"raw": "aHVudGVyMg==", "kept": "[masked: 17-32 chars]"},
        "stringData": {"plain": "hunter2"},
    }
    seen = describe_lines("secrets", obj)
    assert seen["Data"] == [("kept", "[masked: 17-32 chars]", 0), ("raw", "7 bytes", 0), ("plain", "7 bytes", 0)]
    assert "hunter2" not in str(seen)
    assert "aHVudGVyMg" not in str(seen)


@pytest.mark.parametrize(
    ("resource", "section", "line"),
    [
        ("deployments.apps", "Deployment", ("Replicas", "3 desired, 2 updated, 4 total, 1 available, 0 unavailable", 0)),
        ("deployments.apps", "Pod template", ("web", "", 0)),
        ("replicasets.apps", "ReplicaSet", ("Replicas", "2 current, 3 desired, 1 ready", 0)),
        ("statefulsets.apps", "StatefulSet", ("Service", "db", 0)),
        ("daemonsets.apps", "DaemonSet", ("Desired", "5", 0)),
        ("jobs.batch", "Job", ("Duration", "2m", 0)),
        ("cronjobs.batch", "CronJob", ("Active jobs", "a, b", 0)),
        ("services", "Ports", ("dns", "53/UDP → 53", 0)),
        ("endpoints", "Subset", ("Addresses", "10.0.0.1", 0)),
        ("ingresses.networking.k8s.io", "Ingress", ("Address", "4.4.4.4", 0)),
        ("nodes", "Node", ("Roles", "control-plane, edge", 0)),
        ("nodes", "System", ("kubeletVersion", "v1.36.3", 0)),
        ("persistentvolumes", "PersistentVolume", ("Claim", "shop/db", 0)),
        ("persistentvolumeclaims", "PersistentVolumeClaim", ("Capacity", "10Gi", 0)),
        ("configmaps", "Data", ("a", "1", 0)),
        ("resourcequotas", "Used", ("pods", "3 of 10 (30%)", 0)),
        ("namespaces", "Namespace", ("Status", "Terminating", 0)),
        ("horizontalpodautoscalers.autoscaling", "HorizontalPodAutoscaler", ("Metrics", "cpu: 41%/70%, <unknown>/5 + 1 more...", 0)),
        ("events", "Event", ("About", "Pod shop/web-1", 0)),
    ],
)
def test_the_usual_kinds_tell_what_matters_most(resource: str, section: str, line: tuple[str, str, int]) -> None:
    assert line in describe_lines(resource, sample(resource))[section]


def test_any_other_kind_is_shown_as_a_tree() -> None:
    widget = ApiResource("example.com", "v1", "Widget", "widgets", True)
    obj = {
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "finalizers": ["example.com/keep"]},
        "immutable": True, "spec": {"size": 3, "parts": [{"name": "a", "tags": ["x", "y"]}], "empty": {}},
        "status": {"phase": "Ready", "conditions": [
            {"type": "Ready", "status": "True", "reason": "Fine", "message": "All well", "lastTransitionTime": ENDED}
        ]},
    }  # fmt: skip
    assert [section.title for section in describe(widget, obj, [], NOW)] == ["", "Values", "Spec", "Status", "Conditions", "Events"]
    spec = next(section for section in describe(widget, obj, [], NOW) if section.title == "Spec")
    assert [(line.label, line.text, line.indent) for line in spec.lines] == [
        ("size", "3", 0), ("parts", "", 0), ("- 0", "", 1), ("name", "a", 2), ("tags", "x, y", 2), ("empty", "{}", 0)
    ]  # fmt: skip
    conditions = next(section for section in describe(widget, obj, [], NOW) if section.title == "Conditions")
    assert [(line.label, line.text) for line in conditions.lines] == [("Ready", "True  Fine  for 38s"), ("", "All well")]


def test_every_description_begins_with_who_it_is() -> None:
    for resource, obj, _ in SAMPLES:
        first: Section = describe(RESOURCES[resource], obj, [], NOW)[0]
        assert [line.text for line in first.lines if line.label == "Name"] == ["thing"]
        assert [line.text for line in first.lines if line.label == "Created"] == ["2026-11-22T01:00:00Z (2h)"]
