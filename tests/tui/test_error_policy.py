"""An error of one view is shown and logged; the console goes on. Workers have one policy."""

import ast
import logging
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.errors import Unavailable
from k8sconsole.tui.browse.row_model import RowModel
from k8sconsole.tui.views.table import TableView
from tests.tui.memory import MemoryConsole, open_console, settled, shop
from tests.tui.test_cluster_pane import press, screen

PACKAGE = Path(__file__).parents[2] / "k8sconsole" / "tui"
POLICY = "error_policy.py"

view_fails = pytest.mark.view_fails


def test_every_worker_goes_through_the_one_policy() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.name == POLICY:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
                assert "work" not in {one.name for one in node.names}, f"{path}:{node.lineno} use error_policy.worker"
            if isinstance(node, ast.Attribute):
                assert node.attr != "run_worker", f"{path}:{node.lineno} use error_policy.worker"


@pytest.fixture
def console() -> MemoryConsole:
    return MemoryConsole(shop())


async def test_a_console_error_of_a_worker_becomes_a_message_with_its_remedy(
    console: MemoryConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*about: Any) -> None:
        raise Unavailable("demo is not scanned by this process", "it is offline", "k8sconsole scan --once")

    monkeypatch.setattr(console.scanning, "refresh", refuse)
    async with open_console(console) as pilot:
        await press(pilot, "ctrl+r")
        assert any("try: k8sconsole scan --once" in message[3] for message in pilot.app.messages)
        assert "checkout" in screen(pilot)


@view_fails
async def test_a_bug_in_a_worker_is_logged_and_shown_and_the_next_key_works(
    console: MemoryConsole, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*about: Any) -> None:
        raise KeyError("spec")

    monkeypatch.setattr(console.scanning, "refresh", fail)
    async with open_console(console) as pilot:
        shown = await press(pilot, "ctrl+r")
        assert "this view failed: KeyError: 'spec'" in shown
        record = next(one for one in caplog.records if one.levelno == logging.ERROR)
        assert record.exc_info
        assert "Namespace:" in await press(pilot, "d")
        await press(pilot, "escape")
        assert "this view failed" not in "\n".join((await press(pilot, "escape")).splitlines()[:10])
        assert pilot.app.is_running


@view_fails
async def test_a_bug_in_an_action_a_handler_or_a_timer_leaves_the_console_running(
    console: MemoryConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*about: Any) -> None:
        raise ZeroDivisionError

    async with open_console(console) as pilot:
        for name, keys in (("action_copy", ("c",)), ("on_virtual_table_cursor_moved", ("j",)), ("action_faults", ("ctrl+z",))):
            with monkeypatch.context() as patch:
                patch.setattr(TableView, name, fail)
                assert "this view failed: ZeroDivisionError" in await press(pilot, *keys), name
            await press(pilot, "escape")
        view = pilot.app.main.cluster.top
        view.set_timer(0.01, fail)
        await pilot.pause(0.05)
        await settled(pilot)
        assert len([message for message in pilot.app.messages if "ZeroDivisionError" in message[2]]) == 4
        assert "Namespace:" in await press(pilot, "d")


@view_fails
async def test_a_view_that_cannot_be_drawn_leaves_the_console_running(console: MemoryConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    from k8sconsole.tui.views.documents import DocumentView

    def fail(*about: Any) -> None:
        raise ZeroDivisionError

    async with open_console(console) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(DocumentView, "compose", fail)
            await press(pilot, "d")
        assert "NAME" in await press(pilot, "escape", "escape")
        with monkeypatch.context() as patch:
            patch.setattr(RowModel, "changed_cells", fail)
            assert "cannot be drawn" in await press(pilot, "j", "k")
        assert "checkout" in await press(pilot, "escape", "j", "k")


@view_fails
async def test_a_failure_before_the_first_screen_ends_the_console(console: MemoryConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    from k8sconsole.tui.app import ConsoleApp

    def fail(*about: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ConsoleApp, "set_keymap", fail)
    with pytest.raises(ZeroDivisionError):
        async with open_console(console):
            pass
