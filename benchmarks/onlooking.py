"""How soon a console sees what another process scans: ``python -m benchmarks.onlooking``. A scanner and a console, two processes on one
cache file, on the demo cluster: a config map is made, and timed from the API server's answer to the row that the console reads when its bus
tells that there is news."""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cache_file import ask
from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, RowsChanged
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Face
from k8sconsole.runtime.console import Console, Opening

CONFIGMAPS = next(resource for resource in BUILTIN if resource.name == "configmaps")
PATIENCE = 60.0


class Onlooker:
    """What the bus of a console tells that looks on."""

    def __init__(self) -> None:
        self.live = asyncio.Event()
        self.moved = asyncio.Event()

    def hear(self, fact: Fact) -> None:
        if isinstance(fact, RowsChanged) and fact.resource == CONFIGMAPS.name:
            self.moved.set()
        elif isinstance(fact, ClusterState) and fact.connection in (ConnectionState.LIVE, ConnectionState.PARTIAL):
            self.live.set()


async def measure(kubeconfig: Path, folder: Path, changes: int, namespace: str = "default") -> dict[str, Any]:
    """Seconds from the change's answer until the row was read. Raises TimeoutError where one never comes."""
    environment = {"CACHE_DB_PATH": str(folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(folder / "logs"), "KUBECONFIG": str(kubeconfig)}
    command, quiet = [sys.executable, "-m", "k8sconsole", "scan"], subprocess.DEVNULL
    scanner = subprocess.Popen(command, env={**os.environ, **environment}, stdout=quiet, stderr=quiet)  # noqa: ASYNC220 - nothing runs yet
    try:
        await _until_held(folder / "cache.db", scanner.pid)
        return await _timed(kubeconfig, environment, changes, namespace)
    finally:
        scanner.terminate()
        scanner.wait(30)


async def _timed(kubeconfig: Path, environment: dict[str, str], changes: int, namespace: str) -> dict[str, Any]:
    onlooker, contexts = Onlooker(), KubeconfigContexts([kubeconfig])
    cluster = await contexts.open(contexts.list()[0].name)
    opening = Opening(load_settings(environment=environment), Face.TUI, scan=True, make_contexts=lambda: contexts)
    console = await Console.open(opening, onlooker.hear)
    async with asyncio.timeout(PATIENCE):
        await onlooker.live.wait()
    seconds = []
    for number in range(changes):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"seen-{number}"}}
        await cluster.create(CONFIGMAPS, namespace, json.dumps(body).encode())
        began = time.perf_counter()
        await _until_seen(console, onlooker, f"seen-{number}")
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(0.037 * (number % 14))  # not in step with the looks
    await console.close()
    await cluster.close()
    return {"median": statistics.median(seconds), "p95": sorted(seconds)[int(0.95 * len(seconds))], "most": max(seconds), "seen": seconds}


async def _until_held(cache: Path, pid: int) -> None:
    """The other process has the lease, and has read config maps."""
    held = "SELECT l.holder FROM leases l, kinds k WHERE k.resource = 'configmaps' AND k.watching"
    async with asyncio.timeout(PATIENCE):
        while not (found := await asyncio.to_thread(ask, cache, held)):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)
    assert f":{pid}:" in found[0][0]


async def _until_seen(console: Console, onlooker: Onlooker, name: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            await onlooker.moved.wait()
            onlooker.moved.clear()
            if (await console.cache.rows(RowQuery(CONFIGMAPS.name, name=name))).rows:
                return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=50)
    asked = parser.parse_args()
    with DemoCluster.in_thread("calm-shop") as demo, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(demo.kubeconfig, Path(folder), asked.changes))
    print(json.dumps({key: round(value, 3) for key, value in figures.items() if key != "seen"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
