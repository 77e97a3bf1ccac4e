"""A cluster that accepts connections and never answers is reported as lost. A healthy one is complete and live meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Face
from k8sconsole.runtime.console import Console, Opening
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

HEALTHY, HANGS = ClusterName("healthy"), ClusterName("hangs")
CONFIGMAPS = next(resource for resource in BUILTIN if resource.name == "configmaps")
FAILURES = "SELECT table_name, scan_status, error_message FROM cache_metadata WHERE cluster_name = 'hangs' ORDER BY table_name"


class SilentServer:
    """The server of the second context. It accepts connections and never answers."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.connections = 0

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await reader.read(4096):
            continue
        writer.close()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()


class ConsoleSetup:
    def __init__(self, folder: Path, demo: DemoCluster, port: int) -> None:
        self.folder, self.demo, self.facts = folder, demo, list[Fact]()
        kubeconfig = yaml.safe_load(demo.kubeconfig.read_text())
        user = kubeconfig["contexts"][0]["context"]["user"]
        self._server = kubeconfig["clusters"][0]["cluster"]["server"]
        kubeconfig["clusters"].append({"name": "silent", "cluster": {"server": f"http://127.0.0.1:{port}"}})
        there = kubeconfig["contexts"][0]["context"]
        kubeconfig["contexts"] = [
            {"name": str(HEALTHY), "context": there},
            {"name": str(HANGS), "context": {"cluster": "silent", "user": user}},
        ]
        self.kubeconfig = folder / "config"
        self.kubeconfig.write_text(yaml.safe_dump(kubeconfig))

    async def open_console(self) -> Console:
        environment = {"CACHE_DB_PATH": str(self.folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(self.folder / "logs")}
        contexts = (str(HEALTHY), str(HANGS))
        make = lambda: KubeconfigContexts([self.kubeconfig])  # noqa: E731 - an Opening takes a function
        return await Console.open(
            Opening(load_settings(environment=environment), Face.TUI, contexts, scan=True, make_contexts=make), self.facts.append
        )

    def cluster_state(self, cluster: ClusterName) -> ClusterState | None:
        return next((fact for fact in reversed(self.facts) if isinstance(fact, ClusterState) and fact.cluster == cluster), None)

    async def is_connected(self, cluster: ClusterName, *states: ConnectionState) -> bool:
        state = self.cluster_state(cluster)
        return state is not None and state.connection in states


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[ConsoleSetup]:
    silent = SilentServer()
    port = await silent.open()
    async with DemoCluster("calm-shop", still=True) as demo:
        yield ConsoleSetup(tmp_path, demo, port)
    silent.close()


async def test_a_hanging_cluster_is_reported_in_the_cache_and_on_the_bus_and_the_other_cluster_is_complete_and_live(
    setup: ConsoleSetup,
) -> None:
    console = await setup.open_console()
    await wait_until(lambda: setup.is_connected(HANGS, ConnectionState.LOST))
    await wait_until(lambda: setup.is_connected(HEALTHY, ConnectionState.LIVE, ConnectionState.PARTIAL))
    assert "no reply within" in setup.cluster_state(HANGS).detail  # type: ignore[union-attr]
    cluster = await console._pool.get(HEALTHY)
    kinds = [kind for kind in (await cluster.discover()).resources if {"list", "watch"} <= set(kind.verbs)]

    async def is_complete() -> bool:
        states = [state for state in await console.cache.scan_states() if state.cluster == HEALTHY and state.watching and not state.error]
        return len(states) >= len({kind.name for kind in kinds}) - 1  # events are served twice and read once

    await wait_until(is_complete)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fresh"}}
    await cluster.create(CONFIGMAPS, "default", json.dumps(body).encode())

    async def has_arrived() -> bool:
        return (await console.cache.rows(RowQuery(CONFIGMAPS.name, name="fresh"))).total == 1

    await wait_until(has_arrived)

    async def is_reported() -> bool:
        rows = (await console.cache.query(FAILURES)).rows
        return bool(rows) and all(status == "failed" and "no reply within" in error for _, status, error in rows)

    await wait_until(is_reported)
    assert {"namespaces", "nodes", "pods", "services"} <= {kind for kind, *_ in (await console.cache.query(FAILURES)).rows}
    listed = await console.tools.call("k8s_list_pods", {"context": str(HANGS)})
    assert listed.error is not None or (listed.freshness is not None and not listed.freshness.complete)
    await console.close()


async def test_a_cluster_that_hangs_after_a_scan_keeps_its_rows_and_no_longer_counts_as_completed(setup: ConsoleSetup) -> None:
    kubeconfig = yaml.safe_load(setup.kubeconfig.read_text())
    healthy, hangs = (entry["context"] for entry in kubeconfig["contexts"])
    _point_second_context(setup, healthy)
    first = await setup.open_console()

    async def has_rows() -> bool:
        return (await first.cache.rows(RowQuery(CONFIGMAPS.name, clusters=(HANGS,)))).total > 0

    await wait_until(has_rows)
    await first.close()
    _point_second_context(setup, hangs)
    again = await setup.open_console()
    cached = (await again.cache.rows(RowQuery(CONFIGMAPS.name, clusters=(HANGS,)))).total
    assert cached > 0

    async def is_reported() -> bool:
        states = [state for state in await again.cache.scan_states() if state.cluster == HANGS]
        return bool(states) and all(state.error for state in states)

    await wait_until(is_reported)
    assert (await again.cache.rows(RowQuery(CONFIGMAPS.name, clusters=(HANGS,)))).total == cached
    await again.close()


def _point_second_context(setup: ConsoleSetup, context: dict[str, str]) -> None:
    """Makes the second context lead to another cluster."""
    kubeconfig = yaml.safe_load(setup.kubeconfig.read_text())
    kubeconfig["contexts"][1]["context"] = context
    setup.kubeconfig.write_text(yaml.safe_dump(kubeconfig))
