"""A console on its own thread for as long as a face is open."""

import contextlib
from collections.abc import Iterator

from k8sconsole.runtime.embedded import EmbeddedConsole
from k8sconsole.runtime.reach import Opening


@contextlib.contextmanager
def start_console(opening: Opening) -> Iterator[EmbeddedConsole]:
    """Starts at once and closes at the end, whatever happens between."""
    from k8sconsole.runtime.console import Console

    embedded = EmbeddedConsole(lambda: Console.open(opening))
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()
