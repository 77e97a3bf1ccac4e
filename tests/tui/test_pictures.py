"""Views in the states that a person meets on a bad day, as pictures, at the size of an old terminal and of a large one.

One application for each state and size shows all pictures of that state, one after another.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension

from k8sconsole.config.settings import Settings
from k8sconsole.errors import Forbidden
from k8sconsole.tui.views.table import TableView
from tests.tui.memory import MemoryConsole, open_console, settled, shop
from tests.tui.states import STATES, fail_methods, live

SIZES = [(80, 24), (160, 45)]
Scenes = dict[str, tuple[str, ...]]
"""The picture's name, and the keys that lead to it from the picture before."""
COMMAND = "colon"
SCENES: dict[str, Scenes] = {
    "live": {
        "marks": ("space", "space"),
        "wide": ("ctrl+w",),
        "filter-that-is-wrong": ("ctrl+w", "slash", *"age<"),
        "filter-that-matches-nothing": ("escape", "slash", *"nothing-like-this", "enter"),
        "no-object-of-the-kind": ("escape", COMMAND, *"jobs", "enter"),
        "unknown-kind": (COMMAND, *"nonsense", "enter"),
        "messages": ("ctrl+l",),
        "log-that-ended": ("escape", COMMAND, *"pods", "enter", "j", "l"),
        "log-without-matches": ("slash", *"zzz", "enter"),
    },
    "connecting": {"pods": ()},
    "lost": {"pods": (), "log": ("j", "l"), "metrics": ("f5",)},
    "offline": {"pods": (), "refresh": ("ctrl+r",), "log": ("l",)},
    "forbidden": {"pods": (), "delete": ("ctrl+d",), "chat": ("f4", *"pods that are not running", "enter")},
    "another process scans": {"refresh": ("ctrl+r",)},
    "cache locked": {"pods": (), "metrics": ("f5",), "tools": ("f3",)},
    "cache deleted": {"pods": (), "chat": ("f4", *"how many pods", "enter")},
}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("k8sconsole.tui.app.TOAST_SECONDS", 1000.0)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def picture(snapshot: Any) -> Any:
    return snapshot.use_extension(SVGImageExtension)


by_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


async def take(pilot: Any, keys: tuple[str, ...]) -> str:
    pilot.app.clear_notifications()
    for key in keys:
        await pilot.press(key)
        await settled(pilot, 1)
    await settled(pilot)
    return str(pilot.app.export_screenshot())


@by_size
@pytest.mark.parametrize("state", SCENES)
async def test_the_state_looks_as_it_did(picture: Any, state: str, size: tuple[int, int]) -> None:
    changed: list[str] = []
    async with open_console(STATES[state](), size) as pilot:
        for name, keys in SCENES[state].items():
            if await take(pilot, keys) != picture(name=name):
                changed.append(name)
    assert not changed


@by_size
@pytest.mark.view_fails
async def test_a_view_that_failed_looks_as_it_did(picture: Any, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*about: Any) -> None:
        raise KeyError("spec")

    async with open_console(live(), size) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(TableView, "action_copy", fail)
            assert await take(pilot, ("c",)) == picture


@by_size
async def test_a_tool_that_failed_looks_as_it_did(picture: Any, size: tuple[int, int]) -> None:
    console = live()
    async with open_console(console, size) as pilot:
        fail_methods(console, ["call"], Forbidden("pods in shop", "User sre cannot list pods", ":can shows what you may do"))
        assert await take(pilot, ("f3", "enter", "enter")) == picture


@by_size
async def test_a_question_that_wants_a_word_looks_as_it_did(picture: Any, size: tuple[int, int]) -> None:
    console = live()
    console.confirm_word = "demo"
    async with open_console(console, size) as pilot:
        assert await take(pilot, ("j", "ctrl+d", "tab", *"dem")) == picture


@by_size
async def test_production_in_read_only_mode_looks_as_it_did(picture: Any, size: tuple[int, int]) -> None:
    settings = Settings()
    policy = type(settings.policy)(read_only=True, production=("^demo$",))
    async with open_console(live(), size, settings=Settings(policy=policy)) as pilot:
        assert await take(pilot, ()) == picture


@by_size
async def test_an_empty_cluster_looks_as_it_did(picture: Any, size: tuple[int, int]) -> None:
    empty = [body for body in shop() if body["kind"] not in ("Pod", "Deployment")]
    async with open_console(MemoryConsole(empty), size) as pilot:
        assert await take(pilot, ()) == picture
