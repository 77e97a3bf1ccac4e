"""A cluster scanned through another MCP server: as complete, as old and as masked as it is there."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import ConfigurationError
from k8sconsole.model.attached_servers import AttachedServerSettings
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import ClusterState, ConnectionState
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ResourceName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console
from tests.outside.conftest import Attach, Manners
from tests.waiting import wait_until

pytestmark = pytest.mark.long
PEER = shutil.which("kubernetes-mcp-server") or ""


@pytest.fixture
async def demo() -> AsyncIterator[DemoCluster]:
    """A demo cluster for each test: one of them makes it refuse connections."""
    async with DemoCluster(scenario="calm-shop", still=True, seed=7) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This program itself has no kubeconfig."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)


def _second(demo: DemoCluster, tmp_path: Path) -> AttachedServerSettings:
    """The plain entry: naming it as the source declares that its scanning tools only read."""
    arguments = ("-m", "k8sconsole", "mcp", "--db", str(tmp_path / "second.db"))
    return AttachedServerSettings("second", command=sys.executable, args=arguments, env={"KUBECONFIG": str(demo.kubeconfig)})


def _peer(demo: DemoCluster) -> AttachedServerSettings:
    arguments = ("--kubeconfig", str(demo.kubeconfig), "--list-output", "yaml")
    return AttachedServerSettings("peer", command=PEER, args=arguments)


async def _there(demo: DemoCluster) -> dict[str, int]:
    """How many objects of each kind the cluster has."""
    contexts = KubeconfigContexts([demo.kubeconfig])
    cluster = await contexts.open(contexts.list()[0].name)
    found = [one for one in (await cluster.discover()).resources if "list" in one.verbs and one.name != "events.events.k8s.io"]
    counts = {one.name: sum([len(page.items) async for page in cluster.pages(one)]) for one in found}
    await cluster.close()
    return counts


MOVING = ("events", "pods", "jobs.batch", "leases.coordination.k8s.io")
"""Kinds that the demo's own life changes between two looks."""


@pytest.mark.parametrize("sort", ["second", pytest.param("peer", marks=pytest.mark.skipif(not PEER, reason="no kubernetes-mcp-server"))])
async def test_everything_the_cluster_has_is_found_through_the_server(attach: Attach, demo: DemoCluster, tmp_path: Path, sort: str) -> None:
    server = _second(demo, tmp_path) if sort == "second" else _peer(demo)
    async with attach(server, source=sort) as attached:
        (report,) = await attached.console.scanning.scan_once()
        rows = await attached.console.cache.rows(RowQuery(ResourceName("pods")))
        secrets = (await attached.console.cache.rows(RowQuery(ResourceName("secrets")))).rows
        secret = next(row for row in secrets if row.name == "orders-database")
        body = await attached.console.cache.body(secret.ref)
    there = {kind: count for kind, count in (await _there(demo)).items() if not kind.endswith("metrics.k8s.io")}
    found = {kind.resource: kind.objects for kind in report.kinds if not kind.resource.endswith("metrics.k8s.io")}
    assert report.error is None
    assert [kind for kind in report.kinds if kind.error] == []
    assert {kind: count for kind, count in found.items() if count and kind not in MOVING} == {
        kind: count for kind, count in there.items() if count and kind not in MOVING
    }
    assert {row.cluster for row in rows.rows} == {sort}
    assert abs(len(rows.rows) - there["pods"]) <= 5
    assert body is not None
    assert str(body["data"]["password"]).startswith("[masked: ")


async def test_rows_are_as_old_as_the_servers_own_observation(attach: Attach, demo: DemoCluster, tmp_path: Path) -> None:
    async with attach(_second(demo, tmp_path), source="second") as attached:
        await attached.console.scanning.scan_once(["configmaps"])
        (state,) = [one for one in await attached.console.cache.scan_states() if one.resource == "configmaps"]
        first = state.confirmed_at
    assert first is not None
    async with attach(_second(demo, tmp_path), source="second") as attached:
        await demo.refuse()
        await attached.console.scanning.scan_once(["configmaps"])
        (state,) = [one for one in await attached.console.cache.scan_states() if one.resource == "configmaps"]
        await demo.resume()
    assert state.confirmed_at is not None
    assert state.confirmed_at - first < 5, "a list out of a cache is no news of the cluster"
    assert state.last_scan_at is not None
    assert state.last_scan_at > state.confirmed_at


async def test_the_server_of_the_environment_is_a_source_too(demo: DemoCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "second"
    command.write_text(
        f'#!/bin/sh\nexec env KUBECONFIG="{demo.kubeconfig}" "{sys.executable}" -m k8sconsole mcp --db "{tmp_path}/second.db"\n'
    )
    command.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    alone = {"MCP_SERVER_URL": f"stdio://{command}", "K8SCONSOLE_SCANNER__SOURCE": "outside", "CACHE_DB_PATH": str(tmp_path / "cache.db")}
    console = await Console.open(Opening(load_settings(environment=alone), Face.CLI))
    try:
        (report,) = await console.scanning.scan_once(["namespaces"])
        rows = (await console.cache.rows(RowQuery(ResourceName("namespaces")))).rows
    finally:
        await console.close()
    assert (report.error, [kind.error for kind in report.kinds]) == (None, [""])
    assert "shop" in {row.name for row in rows}


async def test_a_policy_rule_holds_for_scanning_through_a_server(attach: Attach, demo: DemoCluster, tmp_path: Path) -> None:
    policy = Policy(rules=(Rule(Action.DENY, tools=("second__k8s_list_resources",)),))
    async with attach(_second(demo, tmp_path), source="second", policy=policy) as attached:
        (report,) = await attached.console.scanning.scan_once(["namespaces"])
    assert "policy rule 1" in str(report.error or [kind.error for kind in report.kinds])


async def test_a_server_without_a_list_tool_is_named(attach: Attach, files: Manners) -> None:
    async with attach(files.server(), source="files") as attached:
        (report,) = await attached.console.scanning.scan_once()
    assert "k8s_list_resources or resources_list" in str(report.error)


async def test_a_source_that_ends_is_a_lost_cluster_whose_rows_stay(attach: Attach, demo: DemoCluster, tmp_path: Path) -> None:
    command = tmp_path / "second"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    command.chmod(0o755)
    server = AttachedServerSettings("second", str(command), *_parts(_second(demo, tmp_path)))
    async with attach(server, source="second", scan=True) as attached:

        def is_connection(trust: ConnectionState) -> bool:
            states = [fact for fact in attached.facts if isinstance(fact, ClusterState)]
            return bool(states) and states[-1].connection is trust

        await attached.console.scanning.focus(attached.console.clusters.current[0], ResourceName("pods"))
        await wait_until(lambda: is_connection(ConnectionState.LIVE))
        reached = [fact for fact in attached.facts if isinstance(fact, ClusterState) and fact.connection is ConnectionState.LIVE]
        assert not any(fact.watched for fact in reached), "a source without a watch must not count as watched"
        await wait_until(lambda: any(getattr(fact, "resource", "") == "pods" for fact in attached.facts))
        command.unlink()
        await _end(tmp_path)
        await wait_until(lambda: is_connection(ConnectionState.LOST))
        assert (await attached.console.cache.rows(RowQuery(ResourceName("pods")))).rows


def _parts(server: AttachedServerSettings) -> tuple[tuple[str, ...], dict[str, str], str, dict[str, str], tuple[str, ...]]:
    return server.args, server.env, server.url, server.headers, server.reads


async def _end(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec("pkill", "-f", str(tmp_path / "second.db"))
    await process.wait()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"scanner.source": "fiels"}, "files"),
        ({"mcp_servers": [{"name": "a"}]}, "either a command or a url"),
        ({"mcp_servers": [{"name": "A B", "command": "x"}]}, "lower-case"),
        ({"mcp_servers": [{"name": "a", "command": "x", "type": "http"}]}, "of type http needs a url"),
        ({"mcp_servers": [{"name": "a", "url": "https://x/mcp", "type": "stdio"}]}, "of type stdio needs a command"),
        ({"mcp_servers": [{"name": "a", "url": "https://x/mcp", "type": "sse"}]}, "neither stdio nor http"),
        ({"mcp_servers": [{"name": "a", "url": "ftp://x"}]}, "not an http address"),
        ({"mcp_servers": [{"name": "a", "comand": "x"}]}, "comand"),
        ({"mcp_servers": [{"name": "a", "command": "x"}, {"name": "a", "command": "y"}]}, "two servers"),
        ({"mcp_server.url": "carrier-pigeon://x"}, "neither stdio"),
        ({"mcp_server.url": "stdio:///x", "mcp_server.type": "pigeon"}, "neither stdio nor http"),
    ],
)
def test_an_invalid_server_entry_stops_the_start_and_is_named(values: dict[str, object], named: str) -> None:
    flags = {"mcp_servers": [{"name": "files", "command": "x"}], **values}
    with pytest.raises(ConfigurationError, match=named):
        load_settings(flags, environment={})


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "stdio", "command": "x"},
        {"type": "http", "url": "https://x/mcp"},
        {"type": "streamable-http", "url": "https://x/mcp"},
        {"type": "streamableHttp", "url": "https://x/mcp"},
    ],
)
def test_the_type_of_an_entry_is_understood_as_other_clients_write_it(entry: dict[str, str]) -> None:
    (server,) = load_settings({"mcp_servers": [{"name": "a", **entry}]}, environment={}).settings.mcp_servers
    assert server.transport == ("stdio" if entry["type"] == "stdio" else "http")
