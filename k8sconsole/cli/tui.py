"""``k8sconsole tui``: the console."""

from typing import Annotated

import typer

from k8sconsole.cli.options import AllContexts, Contexts, Db, Namespaces
from k8sconsole.cli.screen import ClusterChoice, open_console
from k8sconsole.cli.session import settings_with

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: k8sconsole --context prod-eu -n payments --readonly")
def tui(
    context: Contexts = None,
    all_contexts: AllContexts = False,
    namespace: Namespaces = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read the cache only; connect to nothing.")] = False,
    db: Db = None,
    readonly: Annotated[bool, typer.Option("--readonly", help="Refuse every change.")] = False,
    theme: Annotated[str | None, typer.Option("--theme", help="A theme's name.", metavar="T")] = None,
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
) -> int:
    """Open the console. Where there is no kubeconfig at all, it opens on the demo cluster and says so."""
    loaded = settings_with(
        {
            "cache.db_path": str(db) if db else None,
            "policy.read_only": readonly,
            "theme": theme,
            "console.mouse": "false" if no_mouse else None,
        }
    )
    return open_console(loaded, ClusterChoice(tuple(context or ()), all_contexts, tuple(namespace or ()), offline))
