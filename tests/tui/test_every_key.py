"""Every key of every view, in every state of the console: it does something a person can see, and the console is still there.

One application for each state takes all keys one after another. What a key does in detail is the business of other tests.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input

from k8sconsole.model.refs import ObjectRef
from k8sconsole.tui.actions import ACTIONS, KeyAction
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.panes.cluster import PODS
from k8sconsole.tui.screens.main import MainScreen
from k8sconsole.tui.views.base import View
from k8sconsole.tui.views.containers import ContainersView
from k8sconsole.tui.views.contexts import ContextsView
from k8sconsole.tui.views.documents import DocumentView
from k8sconsole.tui.views.logs import LogView
from k8sconsole.tui.views.table import TableView
from tests.tui.memory import BRIEF, open_console, settled
from tests.tui.states import STATES
from tests.tui.test_cluster_pane import screen

SCOPES = tuple(dict.fromkeys(action.scope for action in ACTIONS))
ENDING = BRIEF | {"refresh", "run"}
"""Groups of workers that end by themselves."""
WITHIN = 2.0
"""Seconds in which a key must show an effect."""
QUIET = {"back", "pane_cluster"}
"""They have nothing to do where the walk presses them: at the bottom of the cluster pane."""


class Walk:
    """The running console and the way back to a known place after each key."""

    def __init__(self, pilot: Any, ref: ObjectRef) -> None:
        self.pilot = pilot
        self.app = pilot.app
        self.main: MainScreen = pilot.app.main
        self.ref = ref

    async def go_to(self, scope: str) -> None:
        """The view in which this scope's keys work, in front and with the focus."""
        while len(self.app.screen_stack) > 2:
            await self.app.screen.dismiss(None)
        self.main.prompt.close()
        if self._is_ready(scope):
            return
        if scope in ("tools", "chat", "metrics"):
            await self.main.action_pane(scope)
        else:
            await self.main.action_pane("cluster")
            self.main.cluster.go(Location(PODS))
            view = self._view(scope)
            if view is not None:
                self.main.cluster._push(view)
        await settled(self.pilot, 1)
        if scope == "chat":
            self.main.query_one("#talk").focus()
        if scope == "tools":
            self.main.query_one("#catalogue").focus()

    def _is_ready(self, scope: str) -> bool:
        if self.app.screen is not self.main or isinstance(self.main.focused, Input):
            return False
        top = self.main.cluster.top
        resource = top.feed.location.resource if isinstance(top, TableView) else PODS
        return self.main.pane.frame().scope == scope and resource == PODS and self.main.focused is not None

    def _view(self, scope: str) -> View | None:
        context = self.main.context
        views: dict[str, Callable[[], View]] = {
            "text": lambda: DocumentView(context, self.ref, "describe"), "logs": lambda: LogView(context, self.ref),
            "containers": lambda: ContainersView(context, self.ref), "contexts": lambda: ContextsView(context),
        }  # fmt: skip
        return views[scope]() if scope in views else None

    async def press(self, action: KeyAction) -> bool:
        """Whether the key had an effect: a message, or another screen. A key that arrives while a view is being replaced may be lost; it is
        pressed a second time."""
        return await self._press_once(action) or await self._press_once(action)

    async def _press_once(self, action: KeyAction) -> bool:
        before = self._facts()
        self.app.simulate_key(action.keys.split(",")[0])
        end = asyncio.get_running_loop().time() + (0.05 if action.id in QUIET else WITHIN)
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.005)
            if self._facts() != before and all(one.is_finished for one in self.app.workers if one.group in ENDING):
                return True
        return action.id in QUIET

    def _facts(self) -> tuple[object, ...]:
        return (len(self.app.messages), len(self.app.screen_stack), self.app.theme, self.app.focused, screen(self.pilot))


@pytest.mark.parametrize("state", STATES)
async def test_every_key_has_a_visible_effect_and_the_console_goes_on(state: str, caplog: pytest.LogCaptureFixture) -> None:
    console = STATES[state]()
    ref = next(ref for ref in console.rows_by_ref if ref.name == "web-6f7b9c-aaaaa")
    silent: list[str] = []
    async with open_console(console, (120, 30)) as pilot:
        walk = Walk(pilot, ref)
        for scope in SCOPES:
            for action in ACTIONS:
                if action.scope != scope:
                    continue
                await walk.go_to("table" if scope == "everywhere" else scope)
                if not await walk.press(action):
                    silent.append(action.id)
                failed = [one.exc_text or one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
                assert not failed, (action.id, failed)
                assert pilot.app.is_running, action.id
    assert not silent, silent
