"""No secret leaves an object, wherever it is in the object; the tests check the bytes."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.model import masking
from k8sconsole.model.masking import mask_body, mask_json, mask_reply

SECRET = "s3cr3t-Planted-0042"
ENCODED = base64.b64encode(SECRET.encode()).decode()
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def _raw(obj: dict[str, Any]) -> bytes:
    return json.dumps(obj, separators=(",", ":")).encode()


def _assert_gone(body: bytes) -> None:
    assert SECRET.encode() not in body
    assert ENCODED.encode() not in body
    assert ENCODED.rstrip("=")[:-1].encode() not in body


def _pod(**container: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [{"name": "web", "image": "nginx:1.25", **container}]}}


SECRET_MANIFEST = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"x": ENCODED}, "stringData": {"y": SECRET}}
KEY_DATA = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo"
KUBECONFIG = f"kind: Config\nusers:\n- name: admin\n  user:\n    token: {SECRET}\n    client-key-data: {KEY_DATA}\n"
DOCKER = json.dumps({"auths": {"r.io": {"auth": base64.b64encode(f"user:{SECRET}".encode()).decode()}}})
PEM = f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}\n-----END EC PRIVATE KEY-----\n"

PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "data of a Secret": ("secrets", {"metadata": {"name": "db"}, "data": {"anything": ENCODED}}),
    "stringData of a Secret": ("secrets", {"metadata": {"name": "db"}, "stringData": {"anything": SECRET}}),
    "last-applied annotation of a Secret": ("secrets", {"metadata": {"name": "db", "annotations": {APPLIED: json.dumps(SECRET_MANIFEST)}}}),
    "broken last-applied annotation": ("secrets", {"metadata": {"name": "db", "annotations": {APPLIED: json.dumps(SECRET_MANIFEST)[:-2]}}}),
    "an unknown annotation of a Secret": ("secrets", {"metadata": {"annotations": {"x/applied": "v" * 300 + SECRET}}}),
    "environment variable": ("pods", _pod(env=[{"name": "DB_PASSWORD", "value": SECRET}])),
    "environment variable in small letters": ("pods", _pod(env=[{"name": "db-password", "value": SECRET}])),
    "a key beside a harmless name": ("pods", _pod(env=[{"name": "password", "value": SECRET}, {"name": "mode", "value": "fast"}])),
    "environment variable in last-applied": (
        "pods",
        {"metadata": {"annotations": {APPLIED: json.dumps(_pod(env=[{"name": "API_TOKEN", "value": SECRET}]))}}},
    ),
    "an argument with =": ("pods", _pod(args=[f"--password={SECRET}"])),
    "an argument of its own": ("pods", _pod(args=["--auth-token", SECRET])),
    "a shell command": ("pods", _pod(command=["sh", "-c", f"export PGPASSWORD='{SECRET}'; run"])),
    "a URL": ("pods", _pod(env=[{"name": "UPSTREAM", "value": f"amqp://user:{SECRET}@mq:5672/"}])),
    "a ConfigMap that holds a kubeconfig": ("configmaps", {"data": {"config": KUBECONFIG}}),
    "a ConfigMap that holds a kubeconfig in base64": ("configmaps", {"data": {"config": base64.b64encode(KUBECONFIG.encode()).decode()}}),
    "binaryData of a ConfigMap": ("configmaps", {"binaryData": {"keystore": ENCODED}}),
    "a ConfigMap that holds a private key": ("configmaps", {"data": {"tls": PEM}}),
    "a ConfigMap that holds a docker configuration": ("configmaps", {"data": {"config.json": DOCKER}}),
    "a ConfigMap that holds a Secret's manifest": ("configmaps", {"data": {"all.yaml": f"kind: Secret\ndata:\n  x: {ENCODED}\n"}}),
    "a properties file": ("configmaps", {"data": {"app.properties": f"db.user=app\ndb.password={SECRET}\n"}}),
    "a helm release": ("configmaps", {"data": {"release": "H4sIAAAAAAAA" + "A" * 80 + ENCODED}}),
    "an event's message": ("events", {"message": f"probe failed: GET https://u:{SECRET}@h/healthz", "reason": "Unhealthy"}),
    "a bearer token in an event": ("events", {"message": f"request with Authorization: Bearer {SECRET} was refused"}),
    "a CRD's password": ("databases.example.com", {"spec": {"password": SECRET}}),
    "a CRD's token": ("databases.example.com", {"spec": {"auth": {"token": SECRET}}}),
    "a CRD's secret": ("databases.example.com", {"spec": {"secret": SECRET, "apiKey": SECRET}}),
    "a CRD's embedded Secret": ("bundles.example.com", {"spec": {"objects": [SECRET_MANIFEST]}}),
    "managedFields": ("pods", {"metadata": {"name": "x", "managedFields": [{"fieldsV1": {SECRET: {}}}]}}),
    "an annotation": ("pods", {"metadata": {"annotations": {"vault.example.com/token": SECRET}}}),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_planted_secret_is_not_in_the_bytes_that_are_kept(place: str) -> None:
    resource, obj = PLACES[place]
    assert SECRET.encode() in _raw(obj) or ENCODED.encode() in _raw(obj) or place.endswith(("in base64", "docker configuration")), (
        "the test plants one"
    )
    body = mask_body(resource, _raw(obj))
    _assert_gone(body)
    assert mask_body(resource, body) == body, "masking twice is masking once"


def test_a_secret_keeps_its_keys_and_the_class_of_their_sizes() -> None:
    body = json.loads(mask_body("secrets", _raw({"type": "Opaque", "data": {"password": ENCODED, "empty": ""}})))
    assert body == {"type": "Opaque", "data": {"password": "[masked: 17-32 chars]", "empty": "[masked: 0 chars]"}}


def test_a_binary_value_of_a_secret_keeps_its_size() -> None:
    raw = _raw({"type": "Opaque", "data": {"keystore.p12": base64.b64encode(b"\x30\x82\x00" * 500).decode()}})
    sealed = mask_body("secrets", raw)
    assert json.loads(sealed)["data"] == {"keystore.p12": "[masked: 1500 bytes]"}
    assert mask_body("secrets", sealed) == sealed, "masking twice is masking once"


def test_a_secret_within_a_tool_s_answer_is_sealed() -> None:
    assert SECRET not in repr(mask_json({"items": [SECRET_MANIFEST], "text": json.dumps(SECRET_MANIFEST)}))


def test_what_a_clean_pod_says_stays_word_for_word_but_managed_fields() -> None:
    pod = _pod(
        env=[
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-credentials", "key": "password"}}},
            {"name": "MODE", "value": "fast"},
        ],
        volumeMounts=[{"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
    )
    pod["spec"] |= {
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": "registry"}],
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}],
        "volumes": [
            {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}},
            {"name": "s", "secret": {"secretName": "db-credentials"}},
        ],
    }
    pod["status"] = {"containerStatuses": [{"imageID": "docker-pullable://registry:5000/x@sha256:0123456789abcdef"}]}
    kept = json.loads(mask_body("pods", _raw({**pod, "metadata": {**pod["metadata"], "managedFields": [{"manager": "kubelet"}]}})))
    assert kept == pod


def test_the_quick_look_finds_everything_that_the_thorough_one_would_mask() -> None:
    for resource, obj in PLACES.values():
        if resource in ("pods", "events"):
            assert json.loads(mask_body(resource, _raw(obj))) == mask_json(json.loads(mask_body(resource, _raw(obj))))


def test_whitespace_and_missing_metadata_do_not_matter() -> None:
    assert json.loads(mask_body("pods", b'{ "spec" : { } }')) == {"spec": {}}


def test_names_alone_never_make_an_object_slow_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod that mounts `credentials` and reads DB_PASSWORD from a Secret is as most pods are: it must not be decoded to be kept."""
    reference = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-credentials", "key": "password"}}}
    pod = _pod(env=[reference], volumeMounts=[{"name": "credentials", "mountPath": "/etc/credentials"}])
    pod["spec"]["volumes"] = [{"name": "credentials", "secret": {"secretName": "db", "defaultMode": 420}}]
    monkeypatch.setattr(masking, "_decode", lambda body: pytest.fail("decoded"))
    assert json.loads(mask_body("pods", _raw(pod))) == pod


@pytest.mark.parametrize("field", ["token", "secret"])
def test_a_field_whose_name_is_harmless_elsewhere_is_found_each_time_it_is_met(field: str) -> None:
    """What the quick look has learnt of clean objects, and of this one before, hides nothing."""
    volume = {"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}, {"secret": {"name": "x"}}]}}
    clean = {"metadata": {"name": "a"}, "spec": {"volumes": [volume], "template": {"other": "value"}}}
    planted = {"metadata": {"name": "a"}, "spec": {"volumes": [volume], "template": {field: SECRET}}}
    for _ in range(3):
        mask_body("pods", _raw(clean))
        assert mask_body("pods", _raw(planted)) == _raw(masking.mask_object("pods", planted))


STRINGS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "Secret",
            "kind: Secret",
            "{",
            "[]x",
            '{"kind":"Secret","data":{"a":"aGVsbG8="}}',
            '[{"name":"DB_PASSWORD","value":"hunter22"}]',
            '{"name":"DB_PASSWORD","value":"hunter22"}',
            "Running",
        ]
    ),
)
KEYS = st.one_of(
    st.text(max_size=6), st.sampled_from(["kind", "data", "stringData", "metadata", "annotations", "password", "key", "auth", "name"])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), STRINGS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)


@given(VALUES)
def test_an_answer_is_masked_as_any_json_is_only_sooner(value: Any) -> None:
    assert mask_reply(value) == mask_json(value)


@given(KEYS, STRINGS)
def test_a_value_that_is_known_to_be_clean_is_still_masked_under_a_secrets_name(key: str, value: str) -> None:
    before = mask_json({key: value})
    mask_json([value, {"other": value}])
    assert mask_json({key: value}) == before
