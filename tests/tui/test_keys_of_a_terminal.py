"""A real terminal: the console on a pseudo-terminal, and the bytes that xterm sends for each declared key."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from k8sconsole.tui.actions import ACTIONS
from tests.acceptance.terminal import Terminal, on_terminal
from tests.tui.recorded_console import TYPING
from tests.tui.xterm import sent_bytes

pytestmark = pytest.mark.long

SCOPES = tuple(dict.fromkeys(action.scope for action in ACTIONS))
ROOT = Path(__file__).parents[2]


class Recorded:
    """The console on its terminal, and the record that it writes."""

    def __init__(self, terminal: Terminal, orders: Path, record: Path) -> None:
        self.terminal = terminal
        self._orders = orders.open("w")
        self._record = record
        self._read = 0

    def go_to(self, scope: str) -> None:
        self._orders.write(f"{scope}\n")
        self._orders.flush()
        assert self.next_line() == f"at {scope}"

    def press(self, key: str) -> str:
        """The action that the key reached."""
        self.terminal.type(sent_bytes(key))
        return self.next_line()

    def next_line(self) -> str:
        self.terminal.wait(lambda screen: len(self._lines()) > self._read, within=20)
        self._read += 1
        return self._lines()[self._read - 1]

    def _lines(self) -> list[str]:
        return self._record.read_text().split("\n")[:-1]


@contextmanager
def recorded(folder: Path) -> Iterator[Recorded]:
    orders, record = folder / "orders", folder / "record"
    os.mkfifo(orders)
    record.touch()
    command = [sys.executable, "-m", "tests.tui.recorded_console", str(orders), str(record)]
    with on_terminal(command, {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}, rows=30, columns=120) as terminal:
        terminal.wait_for("all keys")
        yield Recorded(terminal, orders, record)


def test_each_key_reaches_its_action_and_none_is_typed_into_a_text_field(tmp_path: Path) -> None:
    lost: list[str] = []
    with recorded(tmp_path) as console:
        for scope in SCOPES:
            console.go_to(scope)
            for action in (action for action in ACTIONS if action.scope == scope):
                for key in action.keys.split(","):
                    reached = console.press(key)
                    if reached.split(" '")[0] != (action.call or action.id):
                        lost.append(f"{scope}: {key} reached {reached}, not {action.id}")
        console.go_to(TYPING)
        for number in (1, 2, 3, 4):
            assert console.press(f"alt+{number}").endswith(") ''"), "the field of the chat stays empty"
    assert not lost, lost
