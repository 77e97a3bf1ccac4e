"""How soon a console sees what another process scans: ``python -m benchmarks.follower``.

A scanner and a console run as two processes on one cache file of the demo cluster. A config map is created. Its time runs from the API
server's reply until the console has read the row, which it does when its bus publishes a change.
"""

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

from benchmarks.cache_file import query_cache
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


class BusEvents:
    """Two facts from the bus of a console that follows another scanner: the cluster is live, and config maps changed."""

    def __init__(self) -> None:
        self.live = asyncio.Event()
        self.changed = asyncio.Event()

    def handle_fact(self, fact: Fact) -> None:
        if isinstance(fact, RowsChanged) and fact.resource == CONFIGMAPS.name:
            self.changed.set()
        elif isinstance(fact, ClusterState) and fact.connection in (ConnectionState.LIVE, ConnectionState.PARTIAL):
            self.live.set()


async def measure(kubeconfig: Path, folder: Path, changes: int, namespace: str = "default") -> dict[str, Any]:
    """Seconds from the reply to a create until the console reads the row. Raises TimeoutError when a row never arrives."""
    environment = {"CACHE_DB_PATH": str(folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(folder / "logs"), "KUBECONFIG": str(kubeconfig)}
    command, quiet = [sys.executable, "-m", "k8sconsole", "scan"], subprocess.DEVNULL
    scanner = subprocess.Popen(command, env={**os.environ, **environment}, stdout=quiet, stderr=quiet)  # noqa: ASYNC220 - nothing runs yet
    try:
        await _wait_until_scanning(folder / "cache.db", scanner.pid)
        return await _time_changes(kubeconfig, environment, changes, namespace)
    finally:
        scanner.terminate()
        scanner.wait(30)


async def _time_changes(kubeconfig: Path, environment: dict[str, str], changes: int, namespace: str) -> dict[str, Any]:
    events, contexts = BusEvents(), KubeconfigContexts([kubeconfig])
    cluster = await contexts.open(contexts.list()[0].name)
    opening = Opening(load_settings(environment=environment), Face.TUI, scan=True, make_contexts=lambda: contexts)
    console = await Console.open(opening, events.handle_fact)
    async with asyncio.timeout(PATIENCE):
        await events.live.wait()
    seconds = []
    for number in range(changes):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"seen-{number}"}}
        await cluster.create(CONFIGMAPS, namespace, json.dumps(body).encode())
        began = time.perf_counter()
        await _wait_for_row(console, events, f"seen-{number}")
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(0.037 * (number % 14))  # changes must not keep step with the polls
    await console.close()
    await cluster.close()
    return {"median": statistics.median(seconds), "p95": sorted(seconds)[int(0.95 * len(seconds))], "most": max(seconds), "seen": seconds}


async def _wait_until_scanning(cache: Path, pid: int) -> None:
    """Waits until the other process holds the lease and watches config maps."""
    held = "SELECT l.holder FROM leases l, kinds k WHERE k.resource = 'configmaps' AND k.watching"
    async with asyncio.timeout(PATIENCE):
        while not (found := await asyncio.to_thread(query_cache, cache, held)):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)
    assert f":{pid}:" in found[0][0]


async def _wait_for_row(console: Console, events: BusEvents, name: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            await events.changed.wait()
            events.changed.clear()
            if (await console.cache.rows(RowQuery(CONFIGMAPS.name, name=name))).rows:
                return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=50)
    arguments = parser.parse_args()
    with DemoCluster.in_thread("calm-shop") as demo, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(demo.kubeconfig, Path(folder), arguments.changes))
    print(json.dumps({key: round(value, 3) for key, value in figures.items() if key != "seen"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
