"""From options to an open console: what every command that needs one shares."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from k8sconsole.config.loader import LoadedSettings, load_settings
from k8sconsole.model.tools import Face

if TYPE_CHECKING:
    from k8sconsole.runtime.cluster_pool import Opening

T = TypeVar("T")


def settings_with(flags: dict[str, Any] | None = None) -> LoadedSettings:
    """Settings with this command line's flags on top. Raises ConfigurationError."""
    return load_settings({key: value for key, value in (flags or {}).items() if value not in (None, False)})


def with_console(
    work: "Callable[[Any], Awaitable[T]]",
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
    """Opens a console, runs ``work(console)``, closes it; Ctrl-C cancels the work first. needs_clusters: without a kubeconfig there is
    nothing to do, while otherwise the cache answers."""
    from k8sconsole.runtime.cluster_pool import Opening

    asked = tuple(contexts or ()), all_contexts, tuple(namespaces or ())
    opening = Opening(loaded or settings_with(), face, *asked, scan=scan, watch=watch, offline=offline, needs_clusters=needs_clusters)
    return asyncio.run(_run(work, opening))


async def _run(work: "Callable[[Any], Awaitable[T]]", opening: "Opening") -> T:
    from k8sconsole.cli.output import say
    from k8sconsole.model.events import Fact, Notice
    from k8sconsole.runtime.console import Console

    def tell(fact: Fact) -> None:
        if isinstance(fact, Notice):
            say(f"{fact.severity}: {fact.title}" + (f" — {fact.detail}" if fact.detail else ""))

    console = await Console.open(opening, listener=tell)
    try:
        return await work(console)
    finally:
        await console.close()
