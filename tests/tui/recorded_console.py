"""A console that writes down which action each key reached, instead of doing it: ``python -m tests.tui.recorded_console FIFO RECORD``.

A line of the FIFO names a scope. The console goes to a view of that scope and writes ``at SCOPE``.
"""

import asyncio
import sys
from pathlib import Path, PurePath
from typing import ClassVar

from textual.dom import DOMNode
from textual.widgets import Input

from k8sconsole import tui
from k8sconsole.config.settings import Settings
from k8sconsole.tui.app import ConsoleApp
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.panes.cluster import ClusterPane
from k8sconsole.tui.terminal_keys import read_alt_digits
from tests.tui.memory import as_api
from tests.tui.states import live
from tests.tui.test_every_key import Walk
from tests.waiting import wait_until

TYPING = "typing"
"""The scope of a text field: the chat's, where a question is typed."""


class RecordedConsole(ConsoleApp):
    CSS_PATH: ClassVar[list[str | PurePath]] = [Path(tui.__file__).parent / path for path in ConsoleApp.CSS_PATH]

    def __init__(self, fifo: Path, record: Path) -> None:
        console = live()
        super().__init__(as_api(console), Settings(), clock=console.clock)
        self._walk_from = next(iter(console.rows_by_ref))
        self._fifo = fifo
        self._record = record.open("w")

    def record(self, line: str) -> None:
        self._record.write(f"{line}\n")
        self._record.flush()

    def on_ready(self) -> None:
        self._obey()

    async def pause(self) -> None:
        await asyncio.sleep(0.01)

    @worker(group="recorded")
    async def _obey(self) -> None:
        orders = await asyncio.to_thread(self._fifo.open)
        while scope := (await asyncio.to_thread(orders.readline)).strip():
            await self._go_to(scope)
            self.record(f"at {scope}")

    async def _go_to(self, scope: str) -> None:
        walk = Walk(self, self._walk_from)
        await walk.go_to("chat" if scope == TYPING else "table" if scope == "everywhere" else scope)
        if scope == TYPING:
            self.main.query_one("#ask", Input).focus()
        await wait_until(self._has_focus)

    def _has_focus(self) -> bool:
        """Whether the view in front takes the keys."""
        focused, pane = self.main.focused, self.main.pane
        within = pane.top if isinstance(pane, ClusterPane) else pane
        return focused is not None and within in focused.ancestors

    @property
    def app(self) -> "RecordedConsole":
        """The walk takes this application for its pilot."""
        return self

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: object) -> bool:
        given = f"({', '.join(map(repr, params))})" if isinstance(params, tuple) and params else ""
        field = f" {self.main.query_one('#ask', Input).value!r}" if self.main.query("#ask") else ""
        self.record(action_name + given + field)
        return True


def main() -> None:
    read_alt_digits()
    RecordedConsole(Path(sys.argv[1]), Path(sys.argv[2])).run()


if __name__ == "__main__":
    main()
