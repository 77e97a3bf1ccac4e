"""Bad input gives one error line with what failed, why and a remedy, and an exit code that a script can use."""

import base64
import datetime
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from k8sconsole.demo.server import DemoCluster


@pytest.fixture(scope="module")
def demo():
    with DemoCluster.in_thread("calm-shop") as cluster:
        yield cluster


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def run(home: Path, *words: str, within: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "CACHE_", "K8SCONSOLE_"))}
    shown = {**kept, "HOME": str(home), "CACHE_DB_PATH": str(home / "cache.db"), **env}
    return subprocess.run([sys.executable, "-m", "k8sconsole", *words], env=shown, capture_output=True, text=True, timeout=within)


def error_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Returns the ``error:`` line of stderr. Checks the exit code and that there is no traceback."""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in done.stderr
    assert (done.returncode, len(errors)) == (code, 1), done.stderr
    assert "(try: " in errors[0], "an error names its remedy"
    return errors[0]


def kubeconfig(path: Path, server: str, user: dict, cluster: dict | None = None) -> str:
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "there",
                "contexts": [{"name": "there", "context": {"cluster": "there", "user": "me"}}],
                "clusters": [{"name": "there", "cluster": {"server": server, **(cluster or {})}}],
                "users": [{"name": "me", "user": user}],
            }
        )
    )
    return str(path)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_no_kubeconfig_is_a_configuration_error_that_offers_the_demo(home: Path) -> None:
    assert "k8sconsole demo" in error_line(run(home, "get", "pods"), 2)


def test_a_broken_kubeconfig_is_named_with_its_line(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("apiVersion: v1\ncontexts: [\n")
    said = error_line(run(home, "get", "pods", KUBECONFIG=str(broken)), 2)
    assert str(broken) in said
    assert "line" in said


def test_an_unknown_context_names_the_nearest(home: Path, demo) -> None:
    said = error_line(run(home, "get", "pods", "--context", "demo-calm-shp", KUBECONFIG=str(demo.kubeconfig)), 2)
    assert "demo-calm-shop" in said


def test_an_unreachable_server_is_named_with_its_address(home: Path, tmp_path: Path) -> None:
    port = closed_port()
    config = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}", {"token": "t0ken-t0ken-t0ken"})
    for words in (("get", "pods"), ("scan", "--once")):
        said = error_line(run(home, *words, KUBECONFIG=config), 3)
        assert f"127.0.0.1:{port}" in said
        assert "t0ken" not in said


def test_a_missing_exec_plugin_is_named_with_its_install_hint(home: Path, tmp_path: Path, demo) -> None:
    plugin = {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login", "installHint": "brew install no-such-login"}
    }
    config = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", plugin | {"exec": plugin["exec"] | {"interactiveMode": "Never"}})
    said = error_line(run(home, "get", "pods", KUBECONFIG=config), 3)
    assert "no-such-login" in said


def test_the_error_quotes_a_failed_exec_plugin(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "login"
    script.write_text("#!/bin/sh\necho 'your session has ended' >&2\nexit 1\n")
    script.chmod(0o755)
    plugin = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}}
    said = error_line(run(home, "get", "pods", KUBECONFIG=kubeconfig(tmp_path / "config", "https://127.0.0.1:1", plugin)), 3)
    assert "your session has ended" in said


def test_an_expired_client_certificate_says_when_it_expired(home: Path, tmp_path: Path) -> None:
    certificate, key = expired_certificate()
    user = {"client-certificate-data": certificate, "client-key-data": key}
    with DemoCluster.in_thread("calm-shop", tls=True) as cluster:
        config = kubeconfig(tmp_path / "config", cluster.url, user, {"insecure-skip-tls-verify": True})
        assert "2020-02-01" in error_line(run(home, "get", "pods", KUBECONFIG=config), 3)


def expired_certificate() -> tuple[str, str]:
    """A self-signed certificate and its key, base64 of PEM, expired on 1 February 2020."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "me")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2020, 2, 1, tzinfo=datetime.UTC))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode(), base64.b64encode(pem).decode()


def test_an_unknown_kind_names_the_nearest(home: Path, demo) -> None:
    assert "deployments" in error_line(run(home, "get", "deploymnets", KUBECONFIG=str(demo.kubeconfig)), 2)


def test_a_wrong_filter_says_where(home: Path, demo) -> None:
    said = error_line(run(home, "get", "pods", "--filter", "status!=", KUBECONFIG=str(demo.kubeconfig)), 2)
    assert "at column 9" in said


def test_a_wrong_setting_names_the_nearest_key(home: Path) -> None:
    said = error_line(run(home, "cache", "status", K8SCONSOLE_SCANNER__TIMOUT="3"), 2)
    assert "scanner.timeout" in said


def test_a_corrupt_cache_is_renamed_rebuilt_and_reported(home: Path) -> None:
    (home / "cache.db").write_bytes(b"this was a cache once" * 100)
    done = run(home, "cache", "status", "--json")
    assert done.returncode == 0, done.stderr
    assert "rebuilt" in done.stderr
    kept = [path for path in home.iterdir() if ".corrupt" in path.name]
    assert [path.read_bytes()[:10] for path in kept] == [b"this was a"]


def test_a_chosen_cache_path_that_cannot_be_written_is_an_error(home: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    said = error_line(run(home, "cache", "status", CACHE_DB_PATH=str(blocked / "cache.db")), 1)
    assert str(blocked) in said


def test_an_unknown_command_names_the_nearest(home: Path) -> None:
    assert "k8sconsole doctor" in error_line(run(home, "docter"), 2)


def test_a_wrong_option_points_to_the_help(home: Path) -> None:
    assert "k8sconsole get --help" in error_line(run(home, "get", "pods", "--nmaespace", "x"), 2)


def test_an_unknown_toolset_names_the_nearest(home: Path, demo) -> None:
    assert "(try: --toolsets history)" in error_line(run(home, "mcp", "--toolsets", "core,histroy", KUBECONFIG=str(demo.kubeconfig)), 2)


def test_a_call_that_policy_refuses_exits_with_4(home: Path, demo) -> None:
    words = ("tools", "call", "k8s_delete_resource", "kind=deployment", "name=web", "namespace=shop")
    done = run(home, *words, KUBECONFIG=str(demo.kubeconfig), K8SCONSOLE_POLICY__READ_ONLY="true")
    assert "read-only" in error_line(done, 4)


def test_debug_adds_the_traceback_and_nothing_else_does(home: Path) -> None:
    done = run(home, "--debug", "get", "pods")
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
