"""``k8sconsole mcp``: the tools over stdio, and the entry in a client's configuration."""

import sys
from enum import StrEnum
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

        if not await serve_stdio(console, toolsets=await _parse_toolsets(console, toolsets)):
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


async def _parse_toolsets(console: "ConsoleApi", text: str) -> tuple[str, ...]:
    """Raises UsageError for an unknown toolset. The toolset of an attached server has the server's name."""
    from k8sconsole.errors import UsageError
    from k8sconsole.kit.text import nearest_or_first

    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    known = await console.tools.toolsets()
    for part in parts:
        if part not in known:
            close = nearest_or_first(part, sorted(known))
            raise UsageError(f"no toolset {part!r}", f"there are {', '.join(sorted(known))}", f"--toolsets {close[0]}")
    return parts


@app.command(epilog="Example: k8sconsole mcp install --client claude-desktop --print")
def install(
    client: Annotated[Client, typer.Option("--client", help="Whose configuration.")],
    print_only: Annotated[bool, typer.Option("--print", help="Only show what would be written.")] = False,
    readonly: Annotated[bool, typer.Option("--readonly", help="Install it so that it cannot change anything.")] = False,
    context: Contexts = None,
) -> None:
    """Write this server's entry into a client's own configuration file. Other entries are kept, and a back-up is made."""
    from k8sconsole.mcp_server.install import install as write

    arguments = [
        "-m",
        "k8sconsole",
        "mcp",
        *(["--readonly"] if readonly else []),
        *(word for name in context or () for word in ("--context", name)),
    ]
    result = write(client.value, command=sys.executable, args=arguments, print_only=print_only)
    if print_only:
        print_text(result.text)
    say(result.summary)
