"""``k8sconsole version``."""

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from k8sconsole import __version__
from k8sconsole.cli.output import print_exact

app = typer.Typer(add_completion=False, rich_markup_mode=None)
PARTS = ("textual", "mcp", "kubernetes", "msgspec", "litellm")


@app.command(epilog="Example: k8sconsole version --json")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the version of k8sconsole and of its main libraries."""
    parts = {name: _version(name) for name in PARTS}
    if as_json:
        print_exact(json.dumps({"k8sconsole": __version__, "python": platform.python_version(), **parts}) + "\n")
        return
    print_exact(f"k8sconsole {__version__}  python {platform.python_version()}\n")
    print_exact("".join(f"  {name} {found}\n" for name, found in parts.items()))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
