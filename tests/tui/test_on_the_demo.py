"""The whole console on the demo cluster: over HTTP, through scanner, store and pipeline, on a thread of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.tools import Face, ToolOutcome
from k8sconsole.runtime.console import Console
from k8sconsole.runtime.demo import opening_on
from k8sconsole.runtime.embedded import start_console
from k8sconsole.tui.app import ConsoleApp
from k8sconsole.tui.visuals.glyphs import UNICODE
from tests.tui.test_cluster_pane import screen

WITHIN = 20.0


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("demo")
    loaded = load_settings({"cache.db_path": str(folder / "cache.db")}, environment={})
    with DemoCluster.in_thread("bad-day", still=True, tls=True) as cluster:
        yield opening_on(cluster.kubeconfig, loaded)


@pytest.fixture
async def pilot(opening: Any) -> AsyncIterator[Any]:
    with start_console(opening) as embedded:
        app = ConsoleApp(embedded, opening.loaded.settings, glyphs=UNICODE)
        async with app.run_test(size=(110, 30), notifications=True) as driver:
            yield driver


async def until(pilot: Any, holds: Callable[[str], bool]) -> str:
    """Waits for the screen to hold something; bounded, and answers the screen."""
    end = asyncio.get_running_loop().time() + WITHIN
    while asyncio.get_running_loop().time() < end:
        await pilot.pause(0.01)
        if holds(shown := screen(pilot)):
            return shown
    raise AssertionError(f"never shown within {WITHIN} s:\n{screen(pilot)}")


async def test_rows_arrive_and_the_cluster_is_live(pilot: Any) -> None:
    await until(pilot, lambda shown: "● live" in shown and "Running" in shown)
    await pilot.press("ctrl+z")
    await until(pilot, lambda shown: "faults only" in shown and "✗ CrashLoopBackOff" in shown)


async def test_a_log_is_followed_and_esc_ends_it(pilot: Any) -> None:
    await until(pilot, lambda shown: "Running" in shown)
    await pilot.press("l")
    await until(pilot, lambda shown: "following" in shown and " lines" in shown)
    await pilot.press("escape")
    await until(pilot, lambda shown: shown.splitlines()[1].split()[0] == "pods")


async def test_a_pod_is_deleted_only_after_yes(pilot: Any) -> None:
    await until(pilot, lambda shown: "● live" in shown and "Running" in shown)
    name = pilot.app.main.cluster.top.display_parts.current.name
    await pilot.press("ctrl+d")
    await until(pilot, lambda shown: "Keep" in shown and name in shown)
    await pilot.press("escape")
    await until(pilot, lambda shown: "Keep" not in shown)
    assert pilot.app.main.cluster.top.display_parts.current.name == name
    await pilot.press("ctrl+d")
    await until(pilot, lambda shown: "Keep" in shown)
    await pilot.press("right", "enter")
    await until(pilot, lambda shown: "Terminating" in shown or "deleted pods" in shown)


@pytest.mark.parametrize(
    ("command", "words"), [("deploy", "checkout"), ("nodes", "Ready"), ("crd", "NAME"), ("ev", "LAST SEEN"), ("hpa", "NAME")]
)
async def test_any_kind_is_a_word_away(pilot: Any, command: str, words: str) -> None:
    await until(pilot, lambda shown: "Running" in shown)
    await pilot.press("colon", *command, "enter")
    await until(pilot, lambda shown: words in shown and shown.splitlines()[1].split()[0] != "pods")


@pytest.mark.parametrize(("key", "words"), [("f3", "k8s_list_pods"), ("f5", "watching"), ("f4", "Ask for example")])
async def test_every_pane_shows_the_real_thing(pilot: Any, key: str, words: str) -> None:
    await until(pilot, lambda shown: "● live" in shown)
    await pilot.press(key)
    await until(pilot, lambda shown: words in shown)


async def test_the_timeline_of_a_deployment_shows_what_was_changed_and_what_came_of_it(pilot: Any) -> None:
    await until(pilot, lambda shown: "● live" in shown and "Running" in shown)
    await pilot.press("colon", *"deploy shop", "enter")
    await until(pilot, lambda shown: shown.splitlines()[1].split()[0] == "deployments" and "web" in shown)
    await pilot.press("slash", *"~^web$", "enter", "T")
    await until(pilot, lambda shown: "timeline" in shown.splitlines()[1] and "added" in shown)
    arguments = {"kind": "deploy", "name": "web", "namespace": "shop", "replicas": 9}
    tools = pilot.app.main.context.console.tools

    async def scale() -> ToolOutcome:
        return await tools.call("k8s_scale_resource", arguments)

    asking = asyncio.create_task(scale())
    await until(pilot, lambda shown: "Scale" in shown and "web" in shown)
    await pilot.press("right", "enter")
    assert (await asking).error is None
    await until(pilot, lambda shown: "pods/web-" in shown)
    await pilot.press("slash", *"spec.replicas:", "enter")  # its pods have much to say meanwhile
    await until(pilot, lambda shown: "spec.replicas: " in shown and "→ 9" in shown)


async def test_offline_no_key_ends_the_console(opening: Any) -> None:
    """Found once: offline, ctrl-r ended the console."""
    console = await Console.open(msgspec.structs.replace(opening, face=Face.CLI, scan=False))
    await console.scanning.scan_once(["pods"])
    await console.close()
    offline = msgspec.structs.replace(opening, offline=True, make_contexts=None)
    with start_console(offline) as embedded:
        app = ConsoleApp(embedded, offline.loaded.settings, glyphs=UNICODE)
        async with app.run_test(size=(110, 30), notifications=True) as driver:
            await until(driver, lambda shown: "▣ offline" in shown and "Running" in shown)
            for key in ("ctrl+r", "T", "d", "y", "l", "ctrl+d", "slash", "colon"):
                before = screen(driver)
                await driver.press(key)
                await until(driver, lambda shown, before=before: shown != before)
                await driver.press("escape", "escape")
                await until(driver, lambda shown: "pods › all namespaces" in shown)
                assert app.is_running


async def test_events_open_newest_first_and_a_bare_word_searches_their_reason_and_message(pilot: Any) -> None:
    await until(pilot, lambda shown: "Running" in shown)
    await pilot.press(*":events", "enter")
    shown = await until(pilot, lambda shown: "LAST" in shown and "last seen ↑" in shown and "OBJECT" in shown)
    await pilot.press("slash", *"backoff", "enter")
    shown = await until(pilot, lambda shown: "BackOff" in shown and "Pulled" not in shown)
    assert "MESSAGE" in shown
    await pilot.press("N")
    await until(pilot, lambda shown: "name ↑" in shown)
    await pilot.press("L")
    await until(pilot, lambda shown: "last seen ↑" in shown)


async def test_a_key_opens_the_events_about_the_selected_object_and_esc_comes_back(pilot: Any) -> None:
    await until(pilot, lambda shown: "Running" in shown)
    await pilot.press(*":deploy shop", "enter")
    await until(pilot, lambda shown: "deployments › shop" in shown and "UP-TO-DATE" in shown)
    await pilot.press("E")
    await until(pilot, lambda shown: "events › shop › deployment/" in shown)
    await pilot.press("escape")
    await until(pilot, lambda shown: "deployments › shop" in shown and "events ›" not in shown)
