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


class Desk:
    """A console that scans a demo cluster as a user whose token comes from an exec plugin."""

    def __init__(self, folder: Path, demo: DemoCluster) -> None:
        self.folder = folder
        self.demo = demo
        self.clock = FixedClock(time.time())
        self.facts: list[Fact] = []
        self.kubeconfig = folder / "config"
        self.says("t0")
        plugin = folder / "login-tool"
        plugin.write_text(PLUGIN)
        plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
        self.leads_to(demo.url)

    def leads_to(self, server: str, context: str = SHOP) -> None:
        entry = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login-tool", "installHint": "login-tool sso login"}
        content = {
            "current-context": context,
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "ann", "user": {"exec": entry}}],
            "contexts": [{"name": context, "context": {"cluster": "c", "user": "ann"}}],
        }
        fresh = self.folder / "fresh"
        fresh.write_text(yaml.safe_dump(content))
        fresh.replace(self.kubeconfig)

    def says(self, token: str) -> None:
        (self.folder / "token").write_text(token)
        (self.folder / "complaint").unlink(missing_ok=True)

    def complains(self, words: str) -> None:
        (self.folder / "complaint").write_text(words)

    @property
    def runs(self) -> int:
        return (self.folder / "runs").read_text().count("x")

    async def console(self) -> Console:
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

    async def becomes(self, *trusts: ConnectionState) -> ClusterState:
        async def so() -> bool:
            state = self.state()
            return state is not None and state.connection in trusts

        await wait_until(so)
        state = self.state()
        assert state is not None
        return state


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with DemoCluster("calm-shop", still=True, users=(ANN,)) as demo:
        yield Desk(tmp_path, demo)


@pytest.fixture
async def console(desk: Desk) -> AsyncIterator[Console]:
    opened = await desk.console()

    async def pods_are_known() -> bool:
        return (await opened.cache.rows(RowQuery(PODS))).total > 0

    await wait_until(pods_are_known)
    await desk.becomes(ConnectionState.LIVE, ConnectionState.PARTIAL)
    yield opened
    await opened.close()


async def test_a_failed_login_is_reported_in_the_plugins_words_while_the_cache_answers_and_recovers_by_itself(
    desk: Desk, console: Console
) -> None:
    renewed = desk.demo.rotate_token(ANN)
    desk.complains("the session has expired")
    asking = asyncio.create_task(console.scanning.refresh(SHOP, PODS))
    state = await desk.becomes(ConnectionState.LOST)
    assert "login-tool of user ann failed — exit code 255: the session has expired (try: login-tool sso login)" in state.detail
    assert (await console.cache.rows(RowQuery(PODS))).total > 0

    async def noted() -> bool:
        return any("exit code 255: the session has expired" in one.error for one in await console.cache.scan_states())

    await wait_until(noted)
    runs = desk.runs
    desk.says(renewed.token)
    await asyncio.sleep(5)
    assert desk.runs == runs, "it was run again within the minute"
    desk.clock.advance(61)
    await desk.becomes(ConnectionState.LIVE, ConnectionState.PARTIAL)
    assert desk.runs == runs + 1
    await asyncio.wait_for(asking, 60)


async def test_a_revoked_token_is_replaced_without_an_interruption(desk: Desk, console: Console) -> None:
    desk.says(desk.demo.rotate_token(ANN).token)
    seen = len(desk.facts)
    await console.scanning.refresh(SHOP)
    assert desk.runs == 2
    assert not [fact for fact in desk.facts[seen:] if isinstance(fact, ClusterState) and fact.connection is ConnectionState.LOST]


async def test_a_context_that_leaves_the_kubeconfig_is_shown_from_the_cache_and_scanned_again_when_it_is_back(
    desk: Desk, console: Console
) -> None:
    desk.leads_to(desk.demo.url, context="renamed")
    state = await desk.becomes(ConnectionState.LOST)
    assert state.detail.startswith("context shop is no longer in the kubeconfig — it may be named renamed now")
    assert (await console.cache.rows(RowQuery(PODS))).total > 0
    assert [(one.name, bool(one.problem)) for one in await console.clusters.contexts()] == [("renamed", False), ("shop", True)]
    desk.leads_to(desk.demo.url)
    await desk.becomes(ConnectionState.LIVE, ConnectionState.PARTIAL)


async def test_a_context_that_leads_to_another_cluster_shows_nothing_of_the_former_one(desk: Desk, console: Console) -> None:
    former = {row.uid for row in (await console.cache.rows(RowQuery(PODS))).rows}
    async with DemoCluster("bad-day", still=True, seed=7, users=(ANN,)) as other:
        desk.leads_to(other.url)

        async def moved() -> bool:
            uids = {row.uid for row in (await console.cache.rows(RowQuery(PODS))).rows}
            return bool(uids) and not uids & former

        await wait_until(moved)
        await desk.becomes(ConnectionState.LIVE, ConnectionState.PARTIAL)
