"""``mcp install`` adds one entry to the configuration of a client and changes nothing else."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.errors import ConfigurationError, UsageError
from k8sconsole.mcp_server.install import CLIENTS, InstallResult, install

PLATFORMS = ["linux", "darwin", "win32"]


def _install(home: Path, client: str = "cursor", **options: Any) -> InstallResult:
    given = {"platform": "linux", "environ": {}, **options}
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


@pytest.mark.parametrize(("text", "line"), [('{\n "a": 1,\n "b" 2}', 3), ('{\n // mine\n "a": 1}', 2), ("[]", 1)])
def test_an_unreadable_file_is_not_changed_and_the_error_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        _install(tmp_path)
    assert caught.value.details["line"] == line
    assert path.read_text() == text
    assert len(list(path.parent.iterdir())) == 1


def test_a_symbolic_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    link = tmp_path / ".claude.json"
    link.symlink_to(real)
    _install(tmp_path, "claude-code")
    assert link.is_symlink()
    assert "k8sconsole" in real.read_text()


def test_the_entry_names_the_kubeconfig_in_use(tmp_path: Path) -> None:
    result = _install(tmp_path, environ={"KUBECONFIG": "/home/me/k.yaml", "PASSWORD": "x"})
    assert json.loads(result.text)["mcpServers"]["k8sconsole"]["env"] == {"KUBECONFIG": "/home/me/k.yaml"}


def test_an_unknown_client_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _install(tmp_path, "vs-code")
    assert "vscode" in caught.value.remedy
