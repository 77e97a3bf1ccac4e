"""``k8sconsole tui``: the console."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from k8sconsole.cli.opening import AllContexts, Contexts, Db, Namespaces, settings_with
from k8sconsole.cli.output import say

if TYPE_CHECKING:
    from k8sconsole.runtime.reach import Opening

OPEN_WITHIN = 2.0
"""Seconds the terminal is left alone while the console opens; after that it is shown as it is, still opening."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: k8sconsole --context prod-eu -n payments --readonly")
def tui(
    context: Contexts = None,
    all_contexts: AllContexts = False,
    namespace: Namespaces = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read the cache only; connect to nothing.")] = False,
    db: Db = None,
    readonly: Annotated[bool, typer.Option("--readonly", help="Nothing can be changed.")] = False,
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
    chosen = tuple(context or ()), all_contexts, tuple(namespace or ())
    with _opening(loaded, *chosen, offline=offline) as opening:
        return show(opening)


def show(opening: "Opening") -> int:
    """Opens the console on the terminal; what is wrong with the configuration is said before the screen is taken."""
    from k8sconsole.runtime.start import start_console

    with start_console(opening) as embedded:
        from k8sconsole.tui.app import run

        if opening.make_contexts is None:
            embedded.opened(OPEN_WITHIN)
        return run(embedded, opening.loaded.settings, namespaces=opening.namespaces)


@contextlib.contextmanager
def _opening(loaded: Any, contexts: tuple[str, ...], every: bool, namespaces: tuple[str, ...], *, offline: bool) -> "Iterator[Opening]":
    """On the kubeconfig's contexts; where there is no kubeconfig at all, on the demo cluster, which is started for it."""
    from k8sconsole.model.tools import Face
    from k8sconsole.runtime.demo import DemoOptions, demo_opening
    from k8sconsole.runtime.reach import Opening, has_kubeconfig

    if offline or contexts or has_kubeconfig():
        yield Opening(loaded, Face.TUI, contexts, every, namespaces, scan=True, offline=offline)
        return
    say("no kubeconfig found: opening the demo cluster")
    with demo_opening(DemoOptions(), loaded) as opening:
        yield opening
