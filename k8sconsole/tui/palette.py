"""The command palette: every action that works here, every pane, every kind, by name."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from k8sconsole.tui.actions import actions_in_scope, footer_actions
from k8sconsole.tui.messages import CommandSubmitted
from k8sconsole.tui.screens.main import MainScreen


class ActionProvider(Provider):
    """Actions of the view in front, then kinds to go to."""

    async def discover(self) -> Hits:
        for name, help_text, run in self._choices():
            yield DiscoveryHit(Content(name), run, text=name, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_text, run in (*self._choices(), *self._kinds()):
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=help_text)

    def _choices(self) -> Iterator[tuple[str, str, partial[None]]]:
        screen = self.screen
        if not isinstance(screen, MainScreen):
            return
        scope = screen.pane.frame().scope
        offered = {one.id: one for one in (*footer_actions(scope), *actions_in_scope(scope), *actions_in_scope("everywhere"))}
        for action in offered.values():
            yield action.title, action.help, partial(self._press, action.keys.split(",")[0])

    def _kinds(self) -> Iterator[tuple[str, str, partial[None]]]:
        if isinstance(self.screen, MainScreen):
            for kind in self.screen.context.resources:
                yield kind.name, f"Go to {kind.kind}", partial(self._command, kind.name)

    def _press(self, key: str) -> None:
        self.app.call_later(self.app.simulate_key, key)

    def _command(self, text: str) -> None:
        self.screen.post_message(CommandSubmitted(text))
