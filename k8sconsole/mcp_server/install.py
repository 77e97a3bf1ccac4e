"""Writes the server's entry into a client's configuration file. Comments and other entries stay, a back-up is made, and a file that cannot
be read is not touched."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import msgspec

from k8sconsole.errors import ConfigurationError, UsageError
from k8sconsole.kit.system_errors import explain_os_error
from k8sconsole.kit.text import nearest_or_first
from k8sconsole.mcp_server.jsonc import JsoncError, JsoncNode, parse_jsonc, set_member

NAME = "k8sconsole"
_BY_HAND = "--print, and add the entry by hand"
_BOM = "\ufeff"


class ClientFile(msgspec.Struct, frozen=True):
    """The path of a client's configuration file below the home folder, and the key of its servers. typed: an entry names its transport.
    project: the path below a project's folder; empty for a client without one."""

    linux: str
    macos: str
    windows: str
    key: str = "mcpServers"
    typed: bool = False
    project: str = ""


CLIENTS: dict[str, ClientFile] = {
    "claude-desktop": ClientFile(
        ".config/Claude/claude_desktop_config.json",
        "Library/Application Support/Claude/claude_desktop_config.json",
        "AppData/Roaming/Claude/claude_desktop_config.json",
    ),
    "vscode": ClientFile(
        ".config/Code/User/mcp.json",
        "Library/Application Support/Code/User/mcp.json",
        "AppData/Roaming/Code/User/mcp.json",
        "servers",
        True,
        ".vscode/mcp.json",
    ),
    "cursor": ClientFile(".cursor/mcp.json", ".cursor/mcp.json", ".cursor/mcp.json", project=".cursor/mcp.json"),
    "claude-code": ClientFile(".claude.json", ".claude.json", ".claude.json", typed=True, project=".mcp.json"),
    "gemini-cli": ClientFile(".gemini/settings.json", ".gemini/settings.json", ".gemini/settings.json", project=".gemini/settings.json"),
}


class InstallResult(msgspec.Struct, frozen=True):
    """text: the whole file as written, or as it would be. backup: None where there was no file. changed: False where the file already has
    the entry."""

    client: str
    path: Path
    text: str
    summary: str
    changed: bool
    backup: Path | None = None


def install(
    client: str,
    *,
    command: str,
    args: Sequence[str],
    home: Path | None = None,
    project: Path | None = None,
    print_only: bool = False,
    platform: str = sys.platform,
    env: Mapping[str, str] | None = None,
) -> InstallResult:
    """Writes the entry, into a project's file where ``project`` names its folder. An entry that is there keeps its other members and its
    own ``env``; env: variables to add to that.

    With ``print_only`` nothing is written; where the file cannot be read, the text is the entry alone. Raises UsageError for an unknown
    client and for one without project files, ConfigurationError for a file that cannot be read or written; it is then unchanged.
    """
    known = _find_client(client)
    path = _locate(client, known, home, project, platform)
    entry = _make_entry(known, command, args, env or {})
    try:
        before = _read_text(path)
        text = _add_entry(path, before or "", known.key, entry)
    except ConfigurationError as problem:
        if not print_only:
            raise
        text = json.dumps({known.key: {NAME: entry}}, indent=2, ensure_ascii=False) + "\n"
        return InstallResult(client, path, text, f"{problem.title} — {problem.detail}; the entry alone is above", True)
    changed = text != before
    if print_only or not changed:
        summary = f"{path} would read as above" if print_only else f"{path} already has this entry"
        return InstallResult(client, path, text, summary, changed)
    backup = _replace_file(path, text, before)
    old = f"; the old file is {backup.name}" if backup else ""
    return InstallResult(client, path, text, f"{NAME} added to {path}{old}; restart {client}", True, backup)


def read_entry_environment(
    client: str, *, home: Path | None = None, project: Path | None = None, platform: str = sys.platform
) -> dict[str, str]:
    """The ``env`` of the entry that the client's file has now; empty where there is none, or the file cannot be read."""
    known = _find_client(client)
    try:
        path = _locate(client, known, home, project, platform)
        return _own_environment(_parse(path, (_read_text(path) or "").removeprefix(_BOM)), known.key)
    except ConfigurationError:
        return {}


def _find_client(name: str) -> ClientFile:
    if name not in CLIENTS:
        close = nearest_or_first(name, CLIENTS)
        raise UsageError(f"no client {name!r}", f"known are {', '.join(CLIENTS)}", f"--client {close[0]}")
    return CLIENTS[name]


def _locate(name: str, client: ClientFile, home: Path | None, project: Path | None, platform: str) -> Path:
    """A symbolic link is followed."""
    if project is not None and not client.project:
        have = next(one for one, file in CLIENTS.items() if file.project)
        raise UsageError(f"{name} has no project files", "it has one configuration for all projects", f"--client {have} --project")
    path = project / client.project if project is not None else (home or Path.home()) / _config_path(client, platform)
    return path.resolve() if path.is_symlink() else path


def _config_path(client: ClientFile, platform: str) -> PurePath:
    if platform == "darwin":
        return PurePath(client.macos)
    return PurePath(client.windows if platform.startswith("win") else client.linux)


def _make_entry(client: ClientFile, command: str, args: Sequence[str], env: Mapping[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "stdio"} if client.typed else {}
    entry |= {"command": command, "args": list(args)}
    return {**entry, "env": dict(env)} if env else entry


def _read_text(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(f"{path} cannot be read", str(cause), f"correct the file, or {_BY_HAND}") from cause


def _parse(path: Path, text: str) -> JsoncNode:
    try:
        root = parse_jsonc(text)
    except JsoncError as cause:
        raise ConfigurationError(f"{path} is not JSON", str(cause), _BY_HAND, {"line": cause.line}) from cause
    if not root.is_object:
        raise ConfigurationError(f"{path} is not a JSON object", "line 1: an object was expected", _BY_HAND, {"line": 1})
    return root


def _add_entry(path: Path, before: str, key: str, entry: dict[str, Any]) -> str:
    """The new text of the file."""
    bare = before.removeprefix(_BOM)
    root = _parse(path, bare)
    if not isinstance(root.value.get(key, {}), dict):
        raise ConfigurationError(f"{path}: {key}", "an object was expected there", _BY_HAND)
    old = root.value.get(key, {}).get(NAME)
    env = {**entry.get("env", {}), **_own_environment(root, key)}
    text = bare
    if not isinstance(old, dict) or "url" in old or not isinstance(old.get("env", {}), dict):
        text = set_member(text, (key, NAME), {**entry, "env": env} if env else entry)
    else:
        for member in entry:
            if member != "env":
                text = set_member(text, (key, NAME, member), entry[member])
        for name, value in env.items():
            text = set_member(text, (key, NAME, "env", name), value)
    return before[: len(before) - len(bare)] + text


def _own_environment(root: JsoncNode, key: str) -> dict[str, str]:
    servers = root.value.get(key)
    entry = servers.get(NAME) if isinstance(servers, dict) else None
    env = entry.get("env") if isinstance(entry, dict) else None
    return {name: value for name, value in env.items() if isinstance(value, str)} if isinstance(env, dict) else {}


def _replace_file(path: Path, text: str, before: str | None) -> Path | None:
    """Replaces the file atomically, with its former mode. Returns the path of the back-up."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        backup = _back_up(path, before)
        mode = path.stat().st_mode & 0o777 if before is not None else 0o600
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as cause:
        why, remedy = explain_os_error(cause, path)
        raise ConfigurationError(f"{path} cannot be written", why.removeprefix(f"{path}: "), f"{remedy}; or {_BY_HAND}") from cause
    return backup


def _back_up(path: Path, before: str | None) -> Path | None:
    if before is None:
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    backup = path.with_name(f"{path.name}.{stamp}.bak")
    number = 1
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.{stamp}-{number}.bak")
    backup.write_text(before, encoding="utf-8", newline="")
    backup.chmod(0o600)
    return backup
