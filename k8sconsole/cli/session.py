"""Opens a console for a command, from the command line's options."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from k8sconsole.config.loader import LoadedSettings, load_settings
from k8sconsole.model.tools import Face

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi
    from k8sconsole.runtime.cluster_pool import Opening

T = TypeVar("T")


def settings_with(flags: dict[str, object] | None = None) -> LoadedSettings:
    """The settings with this command line's flags on top. Raises ConfigurationError."""
    return load_settings({key: value for key, value in (flags or {}).items() if value not in (None, False)})


def settings_for(db: Path | None) -> LoadedSettings:
    """The settings with the option ``--db``."""
    return settings_with({"cache.db_path": str(db) if db else None})


def with_console(
    work: "Callable[[ConsoleApi], Awaitable[T]]",
    *,
    face: Face = Face.CLI,
    loaded: LoadedSettings | None = None,
    contexts: Sequence[str] | None = None,
    all_contexts: bool = False,
    namespaces: Sequence[str] | None = None,
    scan: bool = False,
    watch: bool = True,
    offline: bool = False,
    needs_clusters: bool = False,
) -> T:
    """Opens a console, runs ``work(console)`` and closes the console. Ctrl-C, SIGTERM and SIGHUP cancel the work first; the latter two
    then raise SystemExit with 143 and 129. needs_clusters: raise where there is no kubeconfig, instead of answering from the cache."""
    from k8sconsole.runtime.cluster_pool import Opening

    chosen = tuple(contexts or ()), all_contexts, tuple(namespaces or ())
    opening = Opening(loaded or settings_with(), face, *chosen, scan=scan, watch=watch, offline=offline, needs_clusters=needs_clusters)
    received: list[int] = []
    try:
        return asyncio.run(_run(work, opening, received.append))
    except asyncio.CancelledError:
        if received:
            raise SystemExit(128 + received[0]) from None
        raise


async def _run(work: "Callable[[ConsoleApi], Awaitable[T]]", opening: "Opening", on_signal: Callable[[int], None]) -> T:
    from k8sconsole.cli.output import say
    from k8sconsole.model.events import Fact, Notice
    from k8sconsole.runtime.console import Console

    def print_notice(fact: Fact) -> None:
        if isinstance(fact, Notice):
            say(f"{fact.severity}: {fact.title}" + (f" — {fact.detail}" if fact.detail else ""))

    _cancel_on_signals(on_signal)
    console = await Console.open(opening, listener=print_notice)
    try:
        return await work(console)
    finally:
        await console.close()


def _cancel_on_signals(on_signal: Callable[[int], None]) -> None:
    """Cancels the current task at the first SIGTERM or SIGHUP, so that its console closes. A second one ends the process at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cancel(number: int) -> None:
        loop.remove_signal_handler(number)
        on_signal(number)
        task.cancel()

    with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, cancel, number)
