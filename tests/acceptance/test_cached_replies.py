"""The pipeline inside a console that scans: the reply cache follows the watch, and the console measures itself."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import ConsoleError
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Face
from k8sconsole.runtime.console import Console, Opening
from tests.contract.kinds import CONFIG_MAPS
from tests.waiting import wait_until


async def _console(folder: Path, demo: DemoCluster) -> Console:
    environment = {"CACHE_DB_PATH": str(folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(folder / "logs")}
    contexts = KubeconfigContexts([demo.kubeconfig])
    return await Console.open(Opening(load_settings(environment=environment), Face.MCP, scan=True, make_contexts=lambda: contexts))


async def _names(console: Console) -> set[str]:
    outcome = await console.tools.call("k8s_list_resources", {"kind": "configmaps", "namespace": "shop", "limit": 500})
    assert outcome.error is None, outcome.error
    return {item["name"] for item in outcome.data["items"]}


def _value(text: str, name: str, **labels: str) -> float:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return next(sample.value for sample in samples if (sample.name, sample.labels) == (f"k8sconsole_{name}", labels))


@pytest.fixture
async def console(tmp_path: Path) -> Any:
    async with DemoCluster("calm-shop", still=True) as demo:
        opened = await _console(tmp_path, demo)
        try:

            async def watching() -> bool:
                states = await opened.cache.scan_states()
                return any(state.watching for state in states if state.resource == CONFIG_MAPS.name)

            await wait_until(watching, ignoring=(ConsoleError,))
            yield opened
        finally:
            await opened.close()


async def test_a_cached_reply_is_dropped_as_soon_as_the_watch_reports_a_change(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8sconsole.tools.pipeline.reply_cache.LIFETIME", 600.0)  # so that only an invalidation can end it

    async def is_cached() -> bool:
        before = console._pipeline().cache_step.counts["hit"]
        await _names(console)
        return console._pipeline().cache_step.counts["hit"] > before

    await wait_until(is_cached, ignoring=(ConsoleError,))
    cluster = await console._pool.get(ClusterName(console.clusters.current[0]))
    left = await _names(console)
    while left:
        await cluster.delete(CONFIG_MAPS, "shop", left.pop())

        async def gone() -> bool:
            return await _names(console) == left

        await wait_until(gone, 10, ignoring=(ConsoleError,))
    text = await console.metrics.prometheus()
    assert _value(text, "replies_at_hand_total", result="hit") >= 1
    assert _value(text, "tool_calls_total", tool="k8s_list_resources", face="mcp", outcome="ok") >= 3
