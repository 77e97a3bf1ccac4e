"""What looks like a credential does not survive in text, and what does not stays as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.masks import length_class
from k8sconsole.kit.redact import mask_text, mask_tree
from k8sconsole.kit.secret_names import is_secret_name

SECRET = "hunter2-Tr0ub4dor"
BASE64 = "dXNlcjpodW50ZXIyLVRyMHViNGRvcg=="


@pytest.mark.parametrize(
    "text",
    [
        f"--password={SECRET}",
        f"--password {SECRET}",
        f"run --api-key '{SECRET}'",
        f"postgres://app:{SECRET}@db:5432/x",
        f"redis://:{SECRET}@cache",
        f"https://a:p@{SECRET}@h/x",
        f"https://x/?token={SECRET}&a=1",
        f"DB_PASSWORD={SECRET}\nA=b",
        f"export SMTP_PASS={SECRET}",
        f'{{"password":"{SECRET}","a":1}}',
        f'{{\\"password\\":\\"{SECRET}\\"}}',
        f"user:\n    token: {SECRET}\n",
        f"password: |\n  {SECRET}\n  more\nnext: 1\n",
        f"- name: DB_PASSWORD\n  value: {SECRET}\n",
        f"<password>{SECRET}</password>",
        f"Authorization: Bearer {SECRET}",
        f'["--token","{SECRET}"]',
        f"Server=x;Password={SECRET};y=1",
        f'level=info msg="login" password="{SECRET}"',
        f"machine h login u password {SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\\n{SECRET}",
        f'{{"auths":{{"r.io":{{"auth":"{BASE64}"}}}}}}',
        f"Authorization: Basic {BASE64}",
    ],
)
def test_a_credential_in_text_is_masked(text: str) -> None:
    masked = mask_text(text)
    assert SECRET not in masked
    assert BASE64 not in masked
    assert "[masked: " in masked
    assert mask_text(masked) == masked, "masking twice is masking once"


@pytest.mark.parametrize(
    "text",
    [
        "secretName: db-credentials-tls",
        "docker-pullable://registry:5000/app@sha256:0123456789abcdef0123",
        "Bearer authentication failed",
        "automountServiceAccountToken: false",
        "/var/run/secrets/kubernetes.io/serviceaccount",
        'MountVolume.SetUp failed for volume "x" : secret "db-token" not found',
        "couldn't find key password in Secret default/foo",
        "http://prometheus:9090/metrics",
        "--tls-private-key-file=/etc/kubernetes/pki/sa.key",
        "nginx:1.25",
        "password: $(DB_PASSWORD)",
        "Back-off restarting failed container web in pod web-7d9f8b7c6d-x2k9p",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_what_only_speaks_about_secrets_stays_readable(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "dbPassword",
        "DB_PWD",
        "SMTP_PASS",
        "apiKey",
        "API_KEY",
        "x-auth-token",
        "clientSecret",
        "secret",
        "AWS_SECRET_ACCESS_KEY",
        "PGPASSWORD",
    ],
)
def test_names_that_announce_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "PWD",
        "secretName",
        "secretRef",
        "secretKeyRef",
        "tokenExpirationSeconds",
        "imagePullSecret",
        "existingSecret",
        "key",
        "topologyKey",
        "passwordFile",
        "TOKEN_TTL",
        "author",
    ],
)
def test_names_that_only_speak_of_one(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(("length", "said"), [(0, "0"), (1, "1-8"), (8, "1-8"), (9, "9-16"), (17, "17-32"), (32, "17-32"), (33, "33-64")])
def test_a_mask_shows_the_length_class_only(length: int, said: str) -> None:
    assert length_class(length) == f"[masked: {said} chars]"


def test_fields_variables_and_arguments_of_a_tree_are_masked_by_their_names() -> None:
    tree = {
        "spec": {"token": SECRET, "apiKey": SECRET, "tokens": [SECRET], "encryptionKey": "Ab3" * 8},
        "env": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "GREETING", "value": "hello"}],
        "args": ["--token", SECRET, f"--password={SECRET}", "--verbose"],
        "files": [{"content": "YXBpVmVyc2lvbjogdjEKdXNlcnM6Ci0gbmFtZTogYQogIHVzZXI6CiAgICB0b2tlbjogaHVudGVyMi1UcjB1YjRkb3IK"}],
    }
    masked = mask_tree(tree)
    assert SECRET not in repr(masked)
    assert "aHVudGVy" not in repr(masked)
    assert masked["env"][1] == {"name": "GREETING", "value": "hello"}
    assert masked["args"][3] == "--verbose"
    assert tree["args"][1] == SECRET, "the value given is left alone"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_masked_once_and_then_stays(text: str) -> None:
    masked = mask_text(f"password={text} token: {text}")
    assert mask_text(masked) == masked
