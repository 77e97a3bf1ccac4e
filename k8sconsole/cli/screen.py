"""The console on the terminal. It does not import the command-line library, so that ``k8sconsole`` alone starts without it."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from k8sconsole.cli.output import say
from k8sconsole.config.loader import LoadedSettings, load_settings

if TYPE_CHECKING:
    from k8sconsole.runtime.cluster_pool import Opening

OPEN_WITHIN = 2.0
"""Seconds to wait for the console before the terminal is taken; after that the console is shown while it still opens."""


class ClusterChoice(NamedTuple):
    """The clusters that a command line names."""

    contexts: tuple[str, ...] = ()
    all_contexts: bool = False
    namespaces: tuple[str, ...] = ()
    offline: bool = False


CURRENT = ClusterChoice()


def open_console(loaded: LoadedSettings | None = None, choice: ClusterChoice = CURRENT) -> int:
    """Returns the console's exit code. Raises ConfigurationError and what opening raises, before the screen is taken."""
    with _opening(loaded or load_settings(), choice) as opening:
        return show(opening)


def show(opening: "Opening") -> int:
    """Opens the console on the terminal. Raises what opening raises, before the screen is taken."""
    from k8sconsole.runtime.embedded import start_console

    with start_console(opening) as embedded:
        from k8sconsole.tui.app import run

        if opening.make_contexts is None:
            embedded.wait_until_open(OPEN_WITHIN)
        return run(embedded, opening.loaded.settings, namespaces=opening.namespaces)


@contextlib.contextmanager
def _opening(loaded: LoadedSettings, choice: ClusterChoice) -> "Iterator[Opening]":
    """The kubeconfig's contexts. Where no kubeconfig exists, a demo cluster that runs as long as the console."""
    from k8sconsole.model.tools import Face
    from k8sconsole.runtime.cluster_pool import Opening, has_kubeconfig
    from k8sconsole.runtime.demo import DemoOptions, demo_opening

    if choice.offline or choice.contexts or has_kubeconfig():
        yield Opening(loaded, Face.TUI, choice.contexts, choice.all_contexts, choice.namespaces, scan=True, offline=choice.offline)
        return
    say("no kubeconfig found: opening the demo cluster")
    with demo_opening(DemoOptions(), loaded) as opening:
        yield opening
