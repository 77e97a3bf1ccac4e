"""``k8sconsole mcp``: the tools over stdio, and the entry in a client's configuration."""

import os
import sys
from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from k8sconsole.cli.options import Contexts, Db
from k8sconsole.cli.output import print_text, say
from k8sconsole.cli.session import settings_with, with_console

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi

_INSTALL = "k8sconsole mcp install --client claude-desktop"

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)


class Client(StrEnum):
    CLAUDE_DESKTOP = "claude-desktop"
    VSCODE = "vscode"
    CURSOR = "cursor"
    CLAUDE_CODE = "claude-code"
    GEMINI_CLI = "gemini-cli"


@app.callback(epilog="Example: k8sconsole mcp --readonly --context prod-eu")
def mcp(
    ctx: typer.Context,
    readonly: Annotated[bool, typer.Option("--readonly", help="Refuse every change, and list only reading tools.")] = False,
    allow_write: Annotated[bool, typer.Option("--allow-write", help="List the changing tools; each call is still confirmed.")] = False,
    toolsets: Annotated[str, typer.Option("--toolsets", help="Only these toolsets, comma-separated.", metavar="A,B")] = "",
    context: Contexts = None,
    no_scan: Annotated[bool, typer.Option("--no-scan", help="Do not scan; another process does.")] = False,
    db: Db = None,
) -> None:
    """Serve the tools to an MCP client over standard input and output."""
    if ctx.invoked_subcommand is not None:
        return
    _check_streams()
    loaded = settings_with({"cache.db_path": str(db) if db else None, "policy.read_only": readonly, "policy.allow_write": allow_write})

    async def work(console: "ConsoleApi") -> None:
        from k8sconsole.mcp_server.stdio import serve_stdio

        if not await serve_stdio(console, toolsets=_split_toolsets(toolsets, await console.tools.toolsets())):
            say(f"standard input ended before an MCP client sent a message (try: {_INSTALL})")

    from k8sconsole.model.tools import Face

    with_console(work, face=Face.MCP, loaded=loaded, contexts=context, scan=not no_scan)


def _check_streams() -> None:
    """Raises UsageError where a client could not speak to this process. Says on a terminal what is waited for."""
    from k8sconsole.errors import UsageError

    for stream, name in ((sys.stdin, "standard input"), (sys.stdout, "standard output")):
        if stream is None:
            raise UsageError(f"{name} is closed", "an MCP client speaks to this program over it", _INSTALL)
    if sys.stdin.isatty():
        say(f"waiting for an MCP client on standard input; ctrl-c ends it (try: {_INSTALL})")


def _split_toolsets(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Raises UsageError for an unknown toolset. The toolset of an attached server has the server's name."""
    from k8sconsole.errors import UsageError
    from k8sconsole.kit.text import nearest_or_first

    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        if part not in known:
            close = nearest_or_first(part, sorted(known))
            raise UsageError(f"no toolset {part!r}", f"there are {', '.join(sorted(known))}", f"--toolsets {close[0]}")
    return parts


@app.command(epilog="Example: k8sconsole mcp install --client claude-desktop --print")
def install(
    client: Annotated[Client, typer.Option("--client", help="Whose configuration.")],
    print_only: Annotated[bool, typer.Option("--print", help="Only show what would be written.")] = False,
    project: Annotated[bool, typer.Option("--project", help="Write the configuration of the project in this folder.")] = False,
    readonly: Annotated[bool, typer.Option("--readonly", help="Install it so that it cannot change anything.")] = False,
    allow_write: Annotated[bool, typer.Option("--allow-write", help="Install it with the changing tools; each call is confirmed.")] = False,
    toolsets: Annotated[str, typer.Option("--toolsets", help="Only these toolsets, comma-separated.", metavar="A,B")] = "",
    no_scan: Annotated[bool, typer.Option("--no-scan", help="Install it so that it does not scan.")] = False,
    context: Contexts = None,
) -> None:
    """Write this server's entry into a client's own configuration file. Comments and other entries are kept, and a back-up is made."""
    from k8sconsole.cli.client_entry import collect_environment, known_toolsets
    from k8sconsole.mcp_server.install import install as write
    from k8sconsole.mcp_server.install import read_entry_environment

    settings = settings_with({}).settings
    folder = Path.cwd() if project else None
    flags = [("--readonly", readonly), ("--allow-write", allow_write), ("--no-scan", no_scan)]
    arguments = ["-m", "k8sconsole", "mcp", *_chosen_flags(flags)]
    chosen = _split_toolsets(toolsets, known_toolsets(settings)) if toolsets else ()
    arguments += [*(("--toolsets", ",".join(chosen)) if chosen else ()), *(word for name in context or () for word in ("--context", name))]
    own = read_entry_environment(client.value, project=folder)
    carried = collect_environment(settings, context or (), os.environ, own)
    result = write(client.value, command=sys.executable, args=arguments, project=folder, print_only=print_only, env=carried.variables)
    if print_only:
        print_text(result.text)
    for note in carried.notes:
        say(f"warning: {note}")
    say(result.summary + ("; it has paths of this machine, which others do not have" if project else ""))


def _chosen_flags(flags: Sequence[tuple[str, bool]]) -> list[str]:
    from k8sconsole.errors import UsageError

    chosen = [flag for flag, is_on in flags if is_on]
    if {"--readonly", "--allow-write"} <= set(chosen):
        raise UsageError("--readonly and --allow-write exclude each other", "read-only mode allows no changes", "one of them")
    return chosen
