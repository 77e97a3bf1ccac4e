"""``mcp install`` adds one entry to the configuration of a client and changes nothing else."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.errors import ConfigurationError, UsageError
from k8sconsole.mcp_server.install import CLIENTS, InstallResult, install, read_entry_environment
from k8sconsole.mcp_server.jsonc import parse_jsonc

PLATFORMS = ["linux", "darwin", "win32"]


def _install(home: Path, client: str = "cursor", **options: Any) -> InstallResult:
    given = {"platform": "linux", **options}
    return install(client, command="/venv/bin/python", args=["-m", "k8sconsole", "mcp"], home=home, **given)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_gets_its_own_file_and_form(tmp_path: Path, client: str, platform: str) -> None:
    result = _install(tmp_path, client, platform=platform)
    assert result.changed
    assert result.path.is_relative_to(tmp_path)
    document = json.loads(result.path.read_text())
    entry = document["servers" if client == "vscode" else "mcpServers"]["k8sconsole"]
    assert entry["command"] == "/venv/bin/python"
    assert entry["args"] == ["-m", "k8sconsole", "mcp"]
    assert ("type" in entry) is (client in ("vscode", "claude-code"))
    assert stat.S_IMODE(result.path.stat().st_mode) == 0o600


def test_the_desktop_client_has_its_file_where_each_system_keeps_it(tmp_path: Path) -> None:
    places = {platform: str(_install(tmp_path, "claude-desktop", platform=platform).path.relative_to(tmp_path)) for platform in PLATFORMS}
    assert places == {
        "linux": ".config/Claude/claude_desktop_config.json",
        "darwin": "Library/Application Support/Claude/claude_desktop_config.json",
        "win32": "AppData/Roaming/Claude/claude_desktop_config.json",
    }


def test_existing_entries_stay_and_a_backup_is_made(tmp_path: Path) -> None:
    path = tmp_path / ".cursor/mcp.json"
    path.parent.mkdir()
    before = '{"theme": "dark", "mcpServers": {"other": {"command": "x"}, "k8sconsole": {"command": "old"}}, "ü": 1}'
    path.write_text(before)
    path.chmod(0o644)
    result = _install(tmp_path)
    document = json.loads(path.read_text())
    assert document["theme"] == "dark"
    assert document["ü"] == 1
    assert document["mcpServers"]["other"] == {"command": "x"}
    assert document["mcpServers"]["k8sconsole"]["command"] == "/venv/bin/python"
    assert list(document) == ["theme", "mcpServers", "ü"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert result.backup is not None
    assert result.backup.read_text() == before


def test_a_second_installation_changes_nothing(tmp_path: Path) -> None:
    _install(tmp_path)
    again = _install(tmp_path)
    assert not again.changed
    assert again.backup is None
    assert len(list((tmp_path / ".cursor").iterdir())) == 1


def test_print_only_shows_and_writes_nothing(tmp_path: Path) -> None:
    result = _install(tmp_path, print_only=True)
    assert "k8sconsole" in json.loads(result.text)["mcpServers"]
    assert list(tmp_path.iterdir()) == []


BROKEN = [('{\n "a": 1,\n "b" 2}', 3), ('{\n "a": 1\n "b": 2}', 3), ("[]", 1), ('{\n "a": 1,,\n}', 2), ('{"a": /* open', 1), ("{} {}", 1)]


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_an_unreadable_file_is_not_changed_and_the_error_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        _install(tmp_path)
    assert caught.value.details["line"] == line
    assert path.read_text() == text
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("text", [*(text for text, _ in BROKEN), '{"mcpServers": []}', b"\xff\xfe{}"])
def test_print_works_whatever_the_file_is(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = _install(tmp_path, print_only=True)
    assert list(json.loads(result.text)) == ["mcpServers"]
    assert "the entry alone is above" in result.summary


COMMENTED = """\ufeff// my settings
{
\t"editor.fontSize": 12, /* big */
\t"mcpServers": {
\t\t// the file server
\t\t"files": {"command": "x", "args": ["//no comment", "/*nor this*/",]}, // keep it
\t\t// "old": {}
\t},
\t"last": true, // the end
}
// after
"""


def test_comments_trailing_commas_and_indentation_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / ".gemini/settings.json"
    path.parent.mkdir()
    path.write_text(COMMENTED)
    result = _install(tmp_path, "gemini-cli", env={"KUBECONFIG": "/k"})
    entry = """
\t\t"k8sconsole": {
\t\t\t"command": "/venv/bin/python",
\t\t\t"args": [
\t\t\t\t"-m",
\t\t\t\t"k8sconsole",
\t\t\t\t"mcp"
\t\t\t],
\t\t\t"env": {
\t\t\t\t"KUBECONFIG": "/k"
\t\t\t}
\t\t},"""
    assert path.read_text() == COMMENTED.replace('// "old": {}', f'// "old": {{}}{entry}')
    again = _install(tmp_path, "gemini-cli", env={"KUBECONFIG": "/k"})
    assert not again.changed
    assert result.backup is not None
    assert result.backup.read_text() == COMMENTED


@pytest.mark.parametrize(
    "before",
    [
        "",
        "// nothing yet\n",
        "{}",
        "{ // nothing\n}\n",
        '{"mcpServers": {}}',
        '{"mcpServers": {"k8sconsole": null}}',
        '{"other": [1, {"a": "}"},],}',
        '{\r\n  "mcpServers": {\r\n  }\r\n}\r\n',
        '{"mcpServers": {"k8sconsole": {"url": "http://x", "env": {"A": "b"}}}}',
    ],
)
def test_an_entry_finds_its_place_in_every_document(tmp_path: Path, before: str) -> None:
    path = tmp_path / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text(before, newline="")
    _install(tmp_path)
    with path.open(newline="") as file:
        text = file.read()
    root = parse_jsonc(text).value
    assert root["mcpServers"]["k8sconsole"]["command"] == "/venv/bin/python"
    assert "url" not in root["mcpServers"]["k8sconsole"]
    assert ("\r\n" in before) is ("\r\n" in text)
    assert "\n" not in text.replace("\r\n", "") or "\r\n" not in text
    assert all(comment in text for comment in ("// nothing yet", "// nothing") if comment in before)


def test_an_entry_keeps_its_own_environment_and_members(tmp_path: Path) -> None:
    path = tmp_path / ".cursor/mcp.json"
    path.parent.mkdir()
    own = {"KUBECONFIG": "/mine", "TOKEN": "t"}
    old = {"command": "old", "env": own, "disabled": False, "autoApprove": ["k8s_list_pods"]}
    path.write_text(json.dumps({"mcpServers": {"k8sconsole": old}}))
    assert read_entry_environment("cursor", home=tmp_path, platform="linux") == own
    _install(tmp_path, env={"KUBECONFIG": "/other", "HTTPS_PROXY": "http://proxy"})
    entry = json.loads(path.read_text())["mcpServers"]["k8sconsole"]
    assert entry["env"] == {**own, "HTTPS_PROXY": "http://proxy"}
    assert (entry["command"], entry["disabled"], entry["autoApprove"]) == ("/venv/bin/python", False, ["k8s_list_pods"])


@pytest.mark.parametrize(("client", "file"), [("claude-code", ".mcp.json"), ("vscode", ".vscode/mcp.json"), ("cursor", ".cursor/mcp.json")])
def test_a_project_has_files_of_its_own(tmp_path: Path, client: str, file: str) -> None:
    result = _install(tmp_path / "home", client, project=tmp_path / "project")
    assert result.path == tmp_path / "project" / file
    assert not (tmp_path / "home").exists()


def test_a_client_without_project_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="claude-desktop has no project files"):
        _install(tmp_path, "claude-desktop", project=tmp_path)


def test_a_symbolic_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    link = tmp_path / ".claude.json"
    link.symlink_to(real)
    _install(tmp_path, "claude-code")
    assert link.is_symlink()
    assert "k8sconsole" in real.read_text()


def test_an_unknown_client_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _install(tmp_path, "vs-code")
    assert "vscode" in caught.value.remedy
