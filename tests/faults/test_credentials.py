"""Credentials that expire while a cluster is watched: the cache answers, the reason is shown, and no restart is needed."""

import asyncio
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.demo.users import MASTERS, User
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.console import Console, Opening
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

SHOP, PODS = ClusterName("shop"), ResourceName("pods")
ANN = User("ann", "t0", (MASTERS,))
PLUGIN = """#!/bin/sh
cd "$(dirname "$0")"
echo x >> runs
if [ -e complaint ]; then cat complaint >&2; exit 255; fi
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat token)"
"""


class ConsoleSetup:
    """A console that scans a demo cluster as a user whose token comes from an exec plugin."""

    def __init__(self, folder: Path, demo: DemoCluster) -> None:
        self.folder = folder
        self.demo = demo
        self.clock = FixedClock(time.time())
        self.facts: list[Fact] = []
        self.kubeconfig = folder / "config"
        self.set_token("t0")
        plugin = folder / "login-tool"
        plugin.write_text(PLUGIN)
        plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
        self.write_kubeconfig(demo)

    def write_kubeconfig(self, demo: DemoCluster, context: str = SHOP) -> None:
        """The address and the authority are the demo's own, the user is the plugin's."""
        cluster = yaml.safe_load(demo.kubeconfig.read_text())["clusters"][0]["cluster"]
        entry = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login-tool", "installHint": "login-tool sso login"}
        content = {
            "current-context": context,
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "ann", "user": {"exec": entry}}],
            "contexts": [{"name": context, "context": {"cluster": "c", "user": "ann"}}],
        }
        fresh = self.folder / "fresh"
        fresh.write_text(yaml.safe_dump(content))
        fresh.replace(self.kubeconfig)

    def set_token(self, token: str) -> None:
        (self.folder / "token").write_text(token)
        (self.folder / "complaint").unlink(missing_ok=True)

    def fail_plugin(self, words: str) -> None:
        (self.folder / "complaint").write_text(words)

    @property
    def plugin_runs(self) -> int:
        return (self.folder / "runs").read_text().count("x")

    async def open_console(self) -> Console:
        environment = {"CACHE_DB_PATH": str(self.folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(self.folder / "logs")}
        opening = Opening(
            load_settings(environment=environment),
            Face.TUI,
            scan=True,
            make_contexts=lambda: KubeconfigContexts([self.kubeconfig], clock=self.clock),
        )
        return await Console.open(opening, self.facts.append)

    def state(self) -> ClusterState | None:
        return next((fact for fact in reversed(self.facts) if isinstance(fact, ClusterState)), None)

    async def wait_until_connected(self, *states: ConnectionState) -> ClusterState:
        async def is_reached() -> bool:
            state = self.state()
            return state is not None and state.connection in states

        await wait_until(is_reached)
        state = self.state()
        assert state is not None
        return state


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[ConsoleSetup]:
    async with DemoCluster("calm-shop", still=True, tls=True, users=(ANN,)) as demo:
        yield ConsoleSetup(tmp_path, demo)


@pytest.fixture
async def console(setup: ConsoleSetup) -> AsyncIterator[Console]:
    opened = await setup.open_console()

    async def has_pods() -> bool:
        return (await opened.cache.rows(RowQuery(PODS))).total > 0

    await wait_until(has_pods)
    await setup.wait_until_connected(ConnectionState.LIVE, ConnectionState.PARTIAL)
    yield opened
    await opened.close()


async def test_a_failed_login_is_reported_in_the_plugins_words_while_the_cache_answers_and_recovers_by_itself(
    setup: ConsoleSetup, console: Console
) -> None:
    renewed = setup.demo.rotate_token(ANN)
    setup.fail_plugin("the session has expired")
    refreshing = asyncio.create_task(console.scanning.refresh(SHOP, PODS))
    state = await setup.wait_until_connected(ConnectionState.LOST)
    assert "login-tool of user ann failed — exit code 255: the session has expired (try: login-tool sso login)" in state.detail
    assert (await console.cache.rows(RowQuery(PODS))).total > 0

    async def is_recorded() -> bool:
        return any("exit code 255: the session has expired" in one.error for one in await console.cache.scan_states())

    await wait_until(is_recorded)
    runs = setup.plugin_runs
    setup.set_token(renewed.token)
    await asyncio.sleep(5)
    assert setup.plugin_runs == runs, "the plugin runs at most once a minute"
    setup.clock.advance(61)
    await setup.wait_until_connected(ConnectionState.LIVE, ConnectionState.PARTIAL)
    assert setup.plugin_runs == runs + 1
    with pytest.raises(CredentialsError, match="the session has expired"):
        await asyncio.wait_for(refreshing, 60)


async def test_a_revoked_token_is_replaced_without_an_interruption(setup: ConsoleSetup, console: Console) -> None:
    setup.set_token(setup.demo.rotate_token(ANN).token)
    seen = len(setup.facts)
    await console.scanning.refresh(SHOP)
    assert setup.plugin_runs == 2
    assert not [fact for fact in setup.facts[seen:] if isinstance(fact, ClusterState) and fact.connection is ConnectionState.LOST]


async def test_a_context_that_leaves_the_kubeconfig_is_shown_from_the_cache_and_scanned_again_when_it_is_back(
    setup: ConsoleSetup, console: Console
) -> None:
    setup.write_kubeconfig(setup.demo, context="renamed")
    state = await setup.wait_until_connected(ConnectionState.LOST)
    assert state.detail.startswith("context shop is no longer in the kubeconfig — it may be named renamed now")
    assert (await console.cache.rows(RowQuery(PODS))).total > 0
    assert [(one.name, bool(one.problem)) for one in await console.clusters.contexts()] == [("renamed", False), ("shop", True)]
    setup.write_kubeconfig(setup.demo)
    await setup.wait_until_connected(ConnectionState.LIVE, ConnectionState.PARTIAL)


async def test_a_context_that_leads_to_another_cluster_shows_no_rows_of_the_previous_one(setup: ConsoleSetup, console: Console) -> None:
    previous = {row.uid for row in (await console.cache.rows(RowQuery(PODS))).rows}
    async with DemoCluster("bad-day", still=True, seed=7, tls=True, users=(ANN,)) as other:
        setup.write_kubeconfig(other)

        async def has_other_pods() -> bool:
            uids = {row.uid for row in (await console.cache.rows(RowQuery(PODS))).rows}
            return bool(uids) and not uids & previous

        await wait_until(has_other_pods)
        await setup.wait_until_connected(ConnectionState.LIVE, ConnectionState.PARTIAL)
