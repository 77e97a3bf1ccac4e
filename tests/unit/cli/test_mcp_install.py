"""``mcp install``: what it takes from the shell it runs in, and what it checks before it writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import CommandLine

PLUGIN = """
apiVersion: v1
kind: Config
current-context: plain
contexts:
  - {name: plain, context: {cluster: c, user: plain}}
  - {name: cloud, context: {cluster: c, user: cloud}}
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users:
  - {name: plain, user: {token: x}}
  - {name: cloud, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}}
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Its kubeconfig is named by a path relative to the working directory."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "k.yaml").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path / "work")
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "AWS_PROFILE", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    made = CommandLine(tmp_path, "./k.yaml")
    made.environment["CACHE_DB_PATH"] = "cache/k8s.db"
    return made


def _entry(line: CommandLine) -> dict[str, Any]:
    return dict(json.loads((line.folder / ".cursor/mcp.json").read_text())["mcpServers"]["k8sconsole"])


def _install(line: CommandLine, *options: str, **environment: str) -> dict[str, Any]:
    done = line.run("mcp", "install", "--client", "cursor", *options, **environment)
    assert done.code == 0, done.err
    return _entry(line)


def test_paths_are_absolute_and_path_is_carried_only_for_a_plugin(line: CommandLine) -> None:
    plain = _install(line, "--context", "plain", HTTPS_PROXY="http://proxy:3128", AWS_PROFILE="ops", PATH="/opt/cloud")["env"]
    assert plain["KUBECONFIG"] == str(line.folder / "work" / "k.yaml")
    assert Path(plain["CACHE_DB_PATH"]).is_absolute()
    assert plain["HTTPS_PROXY"] == "http://proxy:3128"
    assert not {"PATH", "AWS_PROFILE"} & set(plain)
    cloud = _install(line, "--context", "cloud", AWS_PROFILE="ops", PATH="/opt/cloud")["env"]
    assert (cloud["PATH"], cloud["AWS_PROFILE"]) == ("/opt/cloud", "ops")
    assert cloud["HTTPS_PROXY"] == "http://proxy:3128", "what the entry has stays"


def test_every_option_of_the_server_can_be_installed(line: CommandLine) -> None:
    options = ("--allow-write", "--no-scan", "--toolsets", "core, history", "--context", "cloud", "--context", "plain")
    assert _install(line, *options)["args"] == [
        *("-m", "k8sconsole", "mcp", "--allow-write", "--no-scan", "--toolsets", "core,history"),
        *("--context", "cloud", "--context", "plain"),
    ]
    assert _install(line, "--readonly")["args"] == ["-m", "k8sconsole", "mcp", "--readonly"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--context", "clowd"), "try: --context cloud"),
        (("--toolsets", "core,hsitory"), "try: --toolsets history"),
        (("--readonly", "--allow-write"), "exclude each other"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_written(line: CommandLine, options: tuple[str, ...], words: str) -> None:
    done = line.run("mcp", "install", "--client", "cursor", *options)
    assert done.code == 2
    assert words in done.error
    assert not (line.folder / ".cursor").exists()


def test_a_proxy_s_password_is_not_written_and_a_kept_kubeconfig_is_named(line: CommandLine) -> None:
    done = line.run("mcp", "install", "--client", "cursor", HTTPS_PROXY="http://me:pw@proxy:3128")
    assert "HTTPS_PROXY" not in _entry(line)["env"]
    assert "HTTPS_PROXY has a password and is left out" in done.err
    assert "pw@" not in done.err
    again = line.run("mcp", "install", "--client", "cursor", KUBECONFIG="/elsewhere")
    assert _entry(line)["env"]["KUBECONFIG"] == str(line.folder / "work" / "k.yaml")
    assert "KUBECONFIG stays as the entry's env has it" in again.err


def test_a_project_s_entry_is_written_into_the_working_directory(line: CommandLine) -> None:
    done = line.run("mcp", "install", "--client", "vscode", "--project")
    assert done.code == 0, done.err
    document = json.loads((line.folder / "work" / ".vscode" / "mcp.json").read_text())
    assert document["servers"]["k8sconsole"]["type"] == "stdio"
    assert "paths of this machine" in done.err
