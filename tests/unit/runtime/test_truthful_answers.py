"""What the whole console answers when something is unreachable, forbidden, stale or unknown: the true cause, never an empty success."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.demo.users import PolicyRule, User
from k8sconsole.errors import ConfigurationError, ConsoleError, Forbidden, Unavailable
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tools import Face, ToolOutcome
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console
from k8sconsole.runtime.services.get import GetRequest
from tests.waiting import wait_until

HOUR = 3600.0
READ = ("get", "list", "watch")
TWO = User("two", "two-token", (), (PolicyRule(READ, ("*",), ("shop", "payments")),))
DEFINITIONS = ApiResource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False)
WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.truth.example"},
    "spec": {
        "group": "truth.example",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCluster]:
    with DemoCluster.in_thread("calm-shop", still=True, seed=7, users=(TWO,)) as cluster:
        yield cluster


@pytest.fixture
def kubeconfig(demo: DemoCluster, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo.kubeconfig, tmp_path / "config"))


@asynccontextmanager
async def console(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, *, face: Face = Face.MCP, facts: list[Fact] | None = None, **options: Any
) -> AsyncIterator[Console]:
    """A console whose cache file is beside the kubeconfig."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    loaded = load_settings({"cache.db_path": str(kubeconfig.parent / "cache.db"), "log.folder": str(kubeconfig.parent)}, environment={})
    opened = await Console.open(Opening(loaded, face, **options), (lambda fact: facts.append(fact)) if facts is not None else None)
    try:
        yield opened
    finally:
        await opened.close()


async def answer(console: Console, tool: str, **arguments: Any) -> ToolOutcome:
    outcome = await console.tools.call(tool, arguments)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def complete(outcome: ToolOutcome) -> tuple[bool, str]:
    assert outcome.freshness is not None
    return outcome.freshness.complete, "; ".join(outcome.freshness.missing)


def tear(kubeconfig: Path) -> None:
    kubeconfig.write_text("clusters: [\nusers: }\n")


def edited(kubeconfig: Path, *, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> None:
    """Adds fields to the only cluster, or replaces the only user."""
    content = yaml.safe_load(kubeconfig.read_text())
    content["clusters"][0]["cluster"].update(cluster or {})
    if user is not None:
        content["users"][0]["user"] = user
    kubeconfig.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize(
    ("cluster", "user", "cause"),
    [
        ({"server": "https://127.0.0.1:9"}, None, "connection refused"),
        ({"server": "https://api.invalid:6443", "proxy-url": "http://127.0.0.1:9"}, None, "the proxy http://127.0.0.1:9"),
        ({"server": "https://127.0.0.1:9", "certificate-authority": "/no/such/ca.pem"}, None, "/no/such/ca.pem"),
        (
            {"server": "https://127.0.0.1:9"},
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}},
            "the exec plugin false",
        ),
    ],
    ids=["the server is gone", "the proxy is dead", "the authority is missing", "the plugin fails"],
)
async def test_a_refresh_that_reached_nothing_fails_with_the_cause(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, cluster: dict[str, Any], user: dict[str, Any] | None, cause: str
) -> None:
    edited(kubeconfig, cluster=cluster, user=user)
    async with console(kubeconfig, monkeypatch, scan=True) as opened:
        for _ in range(2):  # before the scanner has started, and while it tries
            with pytest.raises(ConsoleError) as failed:
                await answer(opened, "cache_refresh")
            assert cause in str(failed.value)
            await opened.scanning.start((await opened.clusters.selected())[0])


async def test_a_refresh_right_after_the_start_reads_the_cluster(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(kubeconfig, monkeypatch, scan=True) as opened:
        await opened.scanning.start((await opened.clusters.selected())[0])
        refreshed = await answer(opened, "cache_refresh", kind="configmaps")
        assert refreshed.data["kinds"][0]["objects"] > 0


async def test_a_list_in_a_namespace_that_may_not_be_read_is_refused(
    demo: DemoCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = Path(shutil.copy(demo.kubeconfig_for(TWO), tmp_path / "config"))
    async with console(kubeconfig, monkeypatch, namespaces=("shop", "payments", "monitoring")) as opened:
        await opened.scanning.scan_once(["pods"])
        with pytest.raises(Forbidden, match="monitoring"):
            await answer(opened, "k8s_list_pods", namespace="monitoring")
        with pytest.raises(Forbidden, match="monitoring"):
            await opened.tools.get(GetRequest("pods", namespaces=("monitoring",)))
        assert complete(await answer(opened, "k8s_list_pods", namespace="shop")) == (True, "")
        both = await answer(opened, "k8s_list_pods", namespace=["shop", "monitoring"])
        assert both.data["items"]
        assert "pods in monitoring" in complete(both)[1]


async def test_a_list_of_all_namespaces_names_those_that_were_scanned(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(kubeconfig, monkeypatch, namespaces=("shop", "payments")) as opened:
        await opened.scanning.scan_once(["pods", "services"])
        is_complete, missing = complete(await answer(opened, "k8s_list_pods"))
        assert not is_complete
        assert "pods outside payments, shop" in missing
        found = await opened.tools.get(GetRequest("pods", everywhere=True))
        assert not found.freshness.complete
        assert complete(await answer(opened, "k8s_list_pods", namespace="payments")) == (True, "")
        assert "outside payments, shop" in complete(await answer(opened, "k8s_search_resources", text="a"))[1]
        elsewhere = await answer(opened, "k8s_list_pods", namespace="monitoring")
        assert elsewhere.data["items"], "a namespace that was not scanned is read from the cluster"


async def test_a_broken_kubeconfig_is_named_where_no_context_is_known(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tear(kubeconfig)
    async with console(kubeconfig, monkeypatch) as opened:
        for tool in ("k8s_list_contexts", "k8s_list_pods"):
            with pytest.raises(ConfigurationError, match=r"cannot use the kubeconfig .*config"):
                await answer(opened, tool)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_kubeconfig_that_is_torn_after_a_scan_is_named_in_every_answer(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    async with console(kubeconfig, monkeypatch) as opened:
        await opened.scanning.scan_once(["pods"])
        if not restarted:
            tear(kubeconfig)
            await _expect_torn(opened)
    if restarted:
        tear(kubeconfig)
        async with console(kubeconfig, monkeypatch) as again:
            await _expect_torn(again)


async def _expect_torn(opened: Console) -> None:
    for tool in ("k8s_list_pods", "k8s_list_contexts", "k8s_search_resources", "cache_status"):
        arguments = {"text": "a"} if tool == "k8s_search_resources" else {}
        is_complete, missing = complete(await answer(opened, tool, **arguments))
        assert not is_complete, tool
        assert "line 2" in missing, tool


async def test_the_cached_rows_of_a_lost_cluster_say_so_and_since_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts: list[Fact] = []
    async with DemoCluster("calm-shop", still=True) as cluster:
        kubeconfig = Path(shutil.copy(cluster.kubeconfig, tmp_path / "config"))
        async with console(kubeconfig, monkeypatch, facts=facts, scan=True) as opened:
            await opened.scanning.start((await opened.clusters.selected())[0])
            await wait_until(lambda: _reported(facts, ConnectionState.LIVE) and _listed(opened))
            await cluster.refuse()
            await wait_until(lambda: _reported(facts, ConnectionState.LOST), 15.0)
            is_complete, missing = complete(await answer(opened, "k8s_list_pods"))
            assert not is_complete
            assert "lost since 20" in missing
            assert not (await answer(opened, "k8s_get_cluster_info")).data["answers"]
            assert "lost since 20" in (await opened.cache.freshness(await opened.clusters.selected(), PODS)).missing[0]
            with pytest.raises(Unavailable):
                await answer(opened, "cache_refresh", kind="pods")


async def test_old_rows_of_a_cluster_that_nothing_scans_say_that_it_refuses_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DemoCluster("calm-shop", still=True) as cluster:
        kubeconfig = Path(shutil.copy(cluster.kubeconfig, tmp_path / "config"))
        async with console(kubeconfig, monkeypatch, face=Face.CLI) as opened:
            await opened.scanning.scan_once(["pods"])
            await cluster.refuse()
            monkeypatch.setattr("k8sconsole.tools.context.UNCONFIRMED", 0.0)
            found = await opened.tools.get(GetRequest("pods", namespaces=("shop",)))
    assert found.rows
    assert not found.freshness.complete
    assert "lost since 20" in found.freshness.missing[0]
    assert "connection refused" in found.freshness.missing[0]


async def test_an_unknown_kind_is_looked_up_once_in_the_cluster(
    kubeconfig: Path, demo: DemoCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(kubeconfig, monkeypatch) as opened:
        await opened.scanning.scan_once(["configmaps"])
        with pytest.raises(ConsoleError, match="no kind 'widgets'"):
            await answer(opened, "k8s_list_resources", kind="widgets")
        cluster = await opened._pool.get((await opened.clusters.selected())[0])
        await cluster.create(DEFINITIONS, None, json.dumps(WIDGETS).encode())
        before = sum(path.startswith("/apis?") for path in demo.requests)
        assert (await answer(opened, "k8s_list_resources", kind="widget")).data["items"] == []
        assert sum(path.startswith("/apis?") for path in demo.requests) == before + 1
        for _ in range(3):
            with pytest.raises(ConsoleError, match="no kind 'nothing'"):
                await answer(opened, "k8s_list_resources", kind="nothing")
        discoveries = sum(path.startswith("/apis?") for path in demo.requests) - before - 1
        assert 1 <= discoveries < 3, "a client that repeats a wrong kind does not keep the cluster busy"


async def test_an_unknown_kind_of_a_cluster_that_never_answered_is_not_called_unknown(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(kubeconfig, cluster={"server": "https://127.0.0.1:9"})
    async with console(kubeconfig, monkeypatch) as opened:
        with pytest.raises(Unavailable, match="cannot look up the kind 'widgets'"):
            await opened.tools.get(GetRequest("widgets"))


async def test_a_log_without_a_match_says_how_many_lines_were_read(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(kubeconfig, monkeypatch) as opened:
        pod = (await answer(opened, "k8s_list_pods", namespace="shop", limit=1)).data["items"][0]["name"]
        found = await answer(opened, "k8s_get_pod_logs", name=pod, namespace="shop", contains="no such words", tail=20)
        assert "empty" not in found.text
        assert any("none of the" in warning and "'no such words'" in warning for warning in found.warnings)


async def test_the_kinds_of_a_silent_api_group_stay_and_are_marked_stale(
    kubeconfig: Path, demo: DemoCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(kubeconfig, monkeypatch, face=Face.CLI) as opened:
        await opened.scanning.scan_once()
        demo.silence_group("metrics.k8s.io")
        try:
            (report,) = await opened.scanning.scan_once()
            assert report.exit_code == 1
            assert any(reason.startswith("metrics.k8s.io/v1beta1: ") for reason in report.missing)
            kinds = await answer(opened, "k8s_list_api_resources", filter="metrics")
            assert {kind["name"] for kind in kinds.data["items"] if kind.get("stale")} == {"pods.metrics.k8s.io", "nodes.metrics.k8s.io"}
            assert not complete(kinds)[0]
            rows = await answer(opened, "k8s_list_resources", kind="pods.metrics.k8s.io")
            assert rows.data["items"], "rows known before stay"
            assert "unable to handle the request" in complete(rows)[1]
            with pytest.raises(Unavailable, match=r"Metrics API of .* does not answer") as silent:
                await answer(opened, "k8s_top_pods", live=True)
            assert "install" not in str(silent.value)
            assert "metrics.k8s.io/v1beta1" in complete(await answer(opened, "k8s_get_cluster_info"))[1]
        finally:
            demo.restore_group("metrics.k8s.io")


async def test_a_metrics_api_that_was_never_seen_to_answer_is_not_called_missing(
    kubeconfig: Path, demo: DemoCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.silence_group("metrics.k8s.io")
    try:
        async with console(kubeconfig, monkeypatch, face=Face.CLI) as opened:
            (report,) = await opened.scanning.scan_once()
            assert report.silent_groups
            with pytest.raises(Unavailable, match="does not answer"):
                await answer(opened, "k8s_top_nodes")
            with pytest.raises(Unavailable, match="cannot look up the kind"):
                await answer(opened, "k8s_list_resources", kind="podmetrics.metrics.k8s.io")
    finally:
        demo.restore_group("metrics.k8s.io")


async def test_ages_count_by_the_clock_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with DemoCluster.in_thread("calm-shop", still=True, ahead=HOUR) as cluster:
        kubeconfig = Path(shutil.copy(cluster.kubeconfig, tmp_path / "config"))
        async with console(kubeconfig, monkeypatch, face=Face.CLI) as opened:
            name = (await opened.clusters.selected())[0]
            made = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "just-made"}}).encode()
            await (await opened._pool.get(name)).create(CONFIGMAPS, "default", made)
            live = await opened.tools.get(GetRequest("configmaps", "just-made", ("default",), live=True))
            assert 0 <= live.server_now(name) - live.rows[0].created_at < 60
            await opened.scanning.scan_once(["configmaps", "events"])
        async with console(kubeconfig, monkeypatch, face=Face.CLI) as again:  # from the cache, without a request
            young = await again.tools.get(GetRequest("configmaps", namespaces=("default",), filter="age<5m"))
            assert [row.name for row in young.rows] == ["just-made"]
            listed = await answer(again, "k8s_list_resources", kind="configmaps", namespace="default", filter="name=just-made")
            assert listed.data["items"][0]["age"].endswith("s")
            described = await answer(again, "k8s_describe_resource", kind="configmaps", namespace="default", name="just-made")
            assert "invalid" not in described.text
            described = await answer(again, "k8s_get_cluster_info")
            assert described.data["clock_skew_seconds"] == pytest.approx(HOUR, abs=5)
            assert any("ahead of this machine's" in warning for warning in described.warnings)


PODS = ApiResource("", "v1", "Pod", "pods", True).name
CONFIGMAPS = ApiResource("", "v1", "ConfigMap", "configmaps", True)


def _reported(facts: list[Fact], connection: ConnectionState) -> bool:
    return any(isinstance(fact, ClusterState) and fact.connection is connection for fact in facts)


async def _listed(opened: Console) -> bool:
    return any(state.resource == PODS and state.watching for state in await opened.cache.scan_states())
