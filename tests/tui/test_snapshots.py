"""Every pane as it looks, at the size of an old terminal and of a large one; time, data and size stand still."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from k8sconsole.config.settings import Settings
from k8sconsole.tui.app import ConsoleApp
from k8sconsole.tui.visuals.glyphs import ASCII, UNICODE
from tests.tui.memory import MemoryConsole, settled, shop

SIZES = [(80, 24), (160, 45)]
VIEWS = {
    "pods": (),
    "faults": ("ctrl+z",),
    "describe": ("j", "d"),
    "yaml": ("j", "y"),
    "timeline": ("j", "T"),
    "containers": ("j", "enter"),
    "logs": ("j", "l"),
    "help": ("question_mark",),
    "contexts": ("colon", *"ctx", "enter"),
    "command": ("colon", *"dep"),
    "tools": ("f3",),
    "metrics": ("f5",),
    "chat": ("f4", *"pods that are not running", "enter"),
    "question": ("j", "ctrl+d"),
}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place whose clock shows the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def app(**options: Any) -> ConsoleApp:
    console = MemoryConsole(shop())
    console.log_lines = [
        "2026-11-19T01:46:38Z INFO listening on :8080",
        "2026-11-19T01:46:40Z WARN slow answer from ledger",
        '{"level":"error","msg":"card refused"}',
    ]
    return ConsoleApp(console, options.pop("settings", Settings()), clock=console.clock, glyphs=options.pop("glyphs", UNICODE))


def pressing(keys: tuple[str, ...]) -> Any:
    async def go(pilot: Any) -> None:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot, 2)
        await settled(pilot)
        pilot.app.clear_notifications()
        await settled(pilot)

    return go


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", VIEWS)
def test_the_view_looks_as_it_did(snap_compare: Any, view: str, size: tuple[int, int]) -> None:
    assert snap_compare(app(), run_before=pressing(VIEWS[view]), terminal_size=size)


def test_the_day_theme_looks_as_it_did(snap_compare: Any) -> None:
    assert snap_compare(app(settings=Settings(theme="day")), run_before=pressing(()), terminal_size=SIZES[0])


def test_a_terminal_without_unicode_looks_as_it_did(snap_compare: Any) -> None:
    assert snap_compare(app(glyphs=ASCII), run_before=pressing(()), terminal_size=SIZES[0])


def test_a_terminal_too_small_looks_as_it_did(snap_compare: Any) -> None:
    assert snap_compare(app(), run_before=pressing(()), terminal_size=(20, 5))
