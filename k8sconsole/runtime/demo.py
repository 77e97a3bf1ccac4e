"""The demo cluster, for a console to open or to serve alone."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from k8sconsole.cluster.port import Contexts
from k8sconsole.config import paths
from k8sconsole.config.loader import LoadedSettings
from k8sconsole.model.clusters import PoolBounds
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import Opening


class DemoOptions(msgspec.Struct, frozen=True):
    """size: number of pods, for the scenario ``large`` only. port: 0 takes a free one."""

    scenario: str = "bad-day"
    size: int | None = None
    port: int = 0
    seed: int = 1
    tls: bool = True


def _cluster(options: DemoOptions) -> Any:
    from k8sconsole.demo.server import DemoCluster

    return DemoCluster


@contextlib.contextmanager
def running_demo(options: DemoOptions) -> Iterator[Any]:
    """Runs a demo cluster on its own thread. It has ``kubeconfig`` (a path) and ``url``."""
    kind = _cluster(options)
    with kind.in_thread(scenario=options.scenario, size=options.size, seed=options.seed, port=options.port, tls=options.tls) as cluster:
        yield cluster


def demo_contexts(kubeconfig: Path, bounds: PoolBounds) -> Contexts:
    from k8sconsole.cluster.live.contexts import KubeconfigContexts

    return KubeconfigContexts([kubeconfig], bounds=bounds)


@contextlib.contextmanager
def demo_opening(options: DemoOptions, loaded: LoadedSettings) -> Iterator[Opening]:
    """The opening of a console on a demo cluster, with a cache file of its own, so that simulated and real objects never mix.

    The cluster starts when the console reads its contexts, so that the screen is there while the demo cluster is still being built.
    """
    with contextlib.ExitStack() as resources:

        def start() -> Contexts:
            return demo_contexts(resources.enter_context(running_demo(options)).kubeconfig, loaded.settings.cluster)

        yield Opening(demo_cache(loaded), Face.TUI, scan=True, make_contexts=start)


def opening_on(kubeconfig: Path, loaded: LoadedSettings, face: Face = Face.TUI) -> Opening:
    return Opening(demo_cache(loaded), face, scan=True, make_contexts=lambda: demo_contexts(Path(kubeconfig), loaded.settings.cluster))


def demo_cache(loaded: LoadedSettings) -> LoadedSettings:
    if loaded.settings.cache.db_path:
        return loaded
    cache = msgspec.structs.replace(loaded.settings.cache, db_path=str(paths.data_dir() / "demo_cache.db"))
    return msgspec.structs.replace(loaded, settings=msgspec.structs.replace(loaded.settings, cache=cache))


def serve_demo(options: DemoOptions, ready: Callable[[str, str], None]) -> None:
    """Serves until interrupted. Calls ``ready(kubeconfig, url)`` once the server answers."""

    async def serve() -> None:
        kind = _cluster(options)
        async with kind(scenario=options.scenario, size=options.size, seed=options.seed, port=options.port, tls=options.tls) as cluster:
            ready(str(cluster.kubeconfig), cluster.url)
            await asyncio.Event().wait()

    asyncio.run(serve())
