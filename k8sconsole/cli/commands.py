"""The command group: a command's module is found by its name and imported when the command runs."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from k8sconsole.cli import COMMANDS


class Commands(TyperGroup):
    """Imports only the module of the command that runs."""

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
            from k8sconsole.kit.text import find_nearest

            close = find_nearest(args[0], COMMANDS, 1)
            raise UsageError(f"no command {args[0]!r}", "", f"k8sconsole {close[0]}" if close else "k8sconsole --help")
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(epilog="Without a command the console opens. --debug, anywhere, adds the traceback to an error.")
def k8sconsole() -> None:
    """A terminal operations console for Kubernetes: live, cached, and honest about which."""
