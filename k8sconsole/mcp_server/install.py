"""Writes the server's entry into a client's configuration file. Other entries are kept, a back-up is made, and a file that cannot be read
is not touched."""

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
from k8sconsole.kit.text import nearest_or_first

NAME = "k8sconsole"
COPIED_VARIABLES = ("KUBECONFIG",)
"""Environment variables that the server needs and that a client started from a desktop does not have."""


class ClientFile(msgspec.Struct, frozen=True):
    """The path of a client's configuration file below the home folder, and the key of its servers. typed: an entry names its transport."""

    linux: str
    macos: str
    windows: str
    key: str = "mcpServers"
    typed: bool = False


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
    ),
    "cursor": ClientFile(".cursor/mcp.json", ".cursor/mcp.json", ".cursor/mcp.json"),
    "claude-code": ClientFile(".claude.json", ".claude.json", ".claude.json", typed=True),
    "gemini-cli": ClientFile(".gemini/settings.json", ".gemini/settings.json", ".gemini/settings.json"),
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
    print_only: bool = False,
    platform: str = sys.platform,
    environ: Mapping[str, str] = os.environ,
) -> InstallResult:
    """Writes the entry; with ``print_only`` returns it only. Raises UsageError for an unknown client, ConfigurationError for a file that is
    no JSON object or cannot be written; the file is then unchanged."""
    known = _find_client(client)
    path = (home or Path.home()) / _config_path(known, platform)
    if path.is_symlink():
        path = path.resolve()
    before = _read_text(path)
    document = _add_entry(_parse_object(path, before), path, known, _make_entry(known, command, args, environ))
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    changed = before is None or _parse_object(path, before) != document
    if print_only or not changed:
        summary = f"{path} would read as above" if print_only else f"{path} already has this entry"
        return InstallResult(client, path, text, summary, changed)
    backup = _replace_file(path, text, before)
    kept = f"; the old file is {backup.name}" if backup else ""
    return InstallResult(client, path, text, f"{NAME} added to {path}{kept}; restart {client}", True, backup)


def _find_client(name: str) -> ClientFile:
    if name not in CLIENTS:
        close = nearest_or_first(name, CLIENTS)
        raise UsageError(f"no client {name!r}", f"known are {', '.join(CLIENTS)}", f"--client {close[0]}")
    return CLIENTS[name]


def _config_path(client: ClientFile, platform: str) -> PurePath:
    if platform == "darwin":
        return PurePath(client.macos)
    return PurePath(client.windows if platform.startswith("win") else client.linux)


def _make_entry(client: ClientFile, command: str, args: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "stdio"} if client.typed else {}
    entry |= {"command": command, "args": list(args)}
    carried = {name: environ[name] for name in COPIED_VARIABLES if environ.get(name)}
    return {**entry, "env": carried} if carried else entry


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(f"{path} cannot be read", str(cause), "correct the file, or --print and add the entry by hand") from cause


def _parse_object(path: Path, text: str | None) -> dict[str, Any]:
    if text is None or not text.strip():
        return {}
    try:
        document = json.loads(text)
    except json.JSONDecodeError as cause:
        where = f"line {cause.lineno}, column {cause.colno}"
        raise ConfigurationError(
            f"{path} is not plain JSON",
            f"{where}: {cause.msg}; comments would be lost",
            "--print, and add the entry by hand",
            {"line": cause.lineno},
        ) from cause
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"{path} is not a JSON object", "line 1: an object was expected", "--print, and add the entry by hand", {"line": 1}
        )
    return document


def _add_entry(document: dict[str, Any], path: Path, client: ClientFile, entry: dict[str, Any]) -> dict[str, Any]:
    servers = document.get(client.key, {})
    if not isinstance(servers, dict):
        raise ConfigurationError(f"{path}: {client.key}", "an object was expected there", "--print, and add the entry by hand")
    return {**document, client.key: {**servers, NAME: entry}}


def _replace_file(path: Path, text: str, before: str | None) -> Path | None:
    """Replaces the file atomically, with its former mode. Returns the path of the back-up."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        backup = _back_up(path, before)
        mode = path.stat().st_mode & 0o777 if before is not None else 0o600
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
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
        raise ConfigurationError(f"{path} cannot be written", str(cause), "--print, and add the entry by hand") from cause
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
    backup.write_text(before, encoding="utf-8")
    backup.chmod(0o600)
    return backup
