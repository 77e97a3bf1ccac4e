"""The names of the commands, and what happens to an error: one line on stderr and an exit code, never a traceback unless asked for."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from k8sconsole.errors import ConsoleError

COMMANDS = ("tui", "demo", "scan", "get", "tools", "mcp", "cache", "config", "doctor", "version")
INTERRUPTED = 130


class Commands(TyperGroup):
    """Finds a command's module by its name, so that a start pays only for what it uses."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"k8sconsole.cli.{cmd_name}").app)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:
            from k8sconsole.errors import UsageError
            from k8sconsole.kit.text import nearest

            close = nearest(args[0], COMMANDS, 1)
            raise UsageError(f"no command {args[0]!r}", "", f"k8sconsole {close[0]}" if close else "k8sconsole --help")
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(epilog="Without a command the console opens. --debug, anywhere, adds the traceback to an error.")
def k8sconsole() -> None:
    """A terminal operations console for Kubernetes: live, cached, and honest about which."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command line and exits: 0 done, 1 failed, 2 wrong usage, 3 unreachable, 4 denied, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]
    if not given or (given[0].startswith("-") and given[0] not in ("--help", "-h")):
        given = ["version"] if given[:1] == ["--version"] else ["tui", *given]
    sys.exit(_run(given, debug))


def _run(given: list[str], debug: bool) -> int:
    try:
        result = app(given, prog_name="k8sconsole", standalone_mode=False)
    except ConsoleError as error:
        return _report(str(error), error.exit_code, error, debug)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell. Python would complain while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last border: a person never sees a traceback
        return _foreign(error, given, debug)
    return result if isinstance(result, int) else 0


def _foreign(error: Exception, given: list[str], debug: bool) -> int:
    """Errors of the command-line library are usage errors; anything else is ours and says how to see more."""
    kind = type(error).__name__
    if kind == "Abort":
        return INTERRUPTED
    if hasattr(error, "format_message"):
        words = " ".join(str(error.format_message()).split()).rstrip(".")
        command = next((word for word in given if word in COMMANDS), "")
        return _report(f"{words} (try: k8sconsole {command} --help)".replace("  ", " "), 2, error, debug)
    return _report(f"{kind} — {' '.join(str(error).split())} (try: the same with --debug, and report what it shows)", 1, error, debug)


def _report(line: str, code: int, error: Exception, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    sys.stderr.write(f"error: {line}\n")
    return code
