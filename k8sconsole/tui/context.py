"""What every view and pane works with: the console, the settings, the time, the look, and what is known of the clusters."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from k8sconsole.config.settings import Settings
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace
from k8sconsole.runtime.api import ConsoleApi
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.paint import Palette


async def own_namespaces(context: "TuiContext") -> tuple[Namespace, ...]:
    """The namespace that the selected contexts name, where each names the same one; otherwise () for all."""
    infos = await context.console.clusters.contexts()
    named = {info.namespace for info in infos if info.name in context.selected}
    return tuple(map(Namespace, named)) if len(named) == 1 and "" not in named else ()


@dataclass
class TuiContext:
    """palette changes with the theme; states and selected with the clusters; resources are the kinds known so far, for completion.
    opened: the console is open, or reported why it is not. prompt(kind, text) opens the prompt at once, so that the next key is already
    its own. select(names) makes these clusters the selected ones, for the whole frame; it raises what the console raises."""

    console: ConsoleApi
    settings: Settings
    clock: Clock
    glyphs: Glyphs
    palette: Palette
    states: dict[ClusterName, ClusterState] = field(default_factory=dict)
    selected: tuple[ClusterName, ...] = ()
    opened: bool = False
    resources: list[ApiResource] = field(default_factory=list)
    namespaces: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    prompt: Callable[[str, str], None] = lambda kind, text: None
    select: "Callable[[Sequence[ClusterName]], Awaitable[None]]" = lambda names: asyncio.sleep(0)

    def now(self) -> float:
        return self.clock.now()

    def clock_skew(self, cluster: ClusterName) -> float:
        """Seconds by which the cluster's clock is ahead of this machine's: the ages of its objects count from ``now`` and this."""
        state = self.states.get(cluster)
        return state.clock_skew if state else 0.0

    async def reach(self, clusters: "Sequence[ClusterName]") -> None:
        """Selects the clusters of a location that is to be shown, so that the frame never names another cluster than its rows."""
        if not set(clusters) <= set(self.selected):
            await self.select(clusters)

    @property
    def production(self) -> list[ClusterName]:
        """Those of the selected clusters that the settings take for production."""
        patterns = self.settings.policy.production
        return [name for name in self.selected if any(re.search(pattern, name, re.IGNORECASE) for pattern in patterns)]
