"""The console on the terminal. Free of the command-line library, so that ``k8sconsole`` alone starts without it."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from k8sconsole.cli.output import say
from k8sconsole.config.loader import LoadedSettings, load_settings

if TYPE_CHECKING:
    from k8sconsole.runtime.cluster_pool import Opening

OPEN_WITHIN = 2.0
"""Seconds the terminal is left alone while the console opens; after that it is shown as it is, still opening."""


class ConsoleWanted(NamedTuple):
    """What a command line says of the clusters to look at."""

    contexts: tuple[str, ...] = ()
    all_contexts: bool = False
    namespaces: tuple[str, ...] = ()
    offline: bool = False


CURRENT = ConsoleWanted()


def open_console(loaded: LoadedSettings | None = None, wanted: ConsoleWanted = CURRENT) -> int:
    """The exit code of the console. Raises ConfigurationError and what opening raises, before the screen is taken."""
    with _opening(loaded or load_settings(), wanted) as opening:
        return show(opening)


def show(opening: "Opening") -> int:
    """Opens the console on the terminal; what is wrong with the configuration is said before the screen is taken."""
    from k8sconsole.runtime.embedded import start_console

    with start_console(opening) as embedded:
        from k8sconsole.tui.app import run

        if opening.make_contexts is None:
            embedded.opened(OPEN_WITHIN)
        return run(embedded, opening.loaded.settings, namespaces=opening.namespaces)


@contextlib.contextmanager
def _opening(loaded: LoadedSettings, wanted: ConsoleWanted) -> "Iterator[Opening]":
    """On the kubeconfig's contexts; where there is no kubeconfig at all, on the demo cluster, which is started for it."""
    from k8sconsole.model.tools import Face
    from k8sconsole.runtime.cluster_pool import Opening, has_kubeconfig
    from k8sconsole.runtime.demo import DemoOptions, demo_opening

    if wanted.offline or wanted.contexts or has_kubeconfig():
        yield Opening(loaded, Face.TUI, wanted.contexts, wanted.all_contexts, wanted.namespaces, scan=True, offline=wanted.offline)
        return
    say("no kubeconfig found: opening the demo cluster")
    with demo_opening(DemoOptions(), loaded) as opening:
        yield opening
