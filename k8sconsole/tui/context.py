"""What every view and pane works with: the console, the settings, the time, the look, and what is known of the clusters."""

from collections.abc import Callable
from dataclasses import dataclass, field

from k8sconsole.config.settings import Settings
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.runtime.api import ConsoleApi
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.paint import Palette


@dataclass
class TuiContext:
    """palette changes with the theme; states and selected with the clusters; resources are the kinds known so far, for completion.
    opened: the console is open, or reported why it is not. prompt(kind, text) opens the prompt at once, so that the next key is already
    its own."""

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

    def now(self) -> float:
        return self.clock.now()

    def clock_skew(self, cluster: ClusterName) -> float:
        """Seconds by which the cluster's clock is ahead of this machine's: the ages of its objects count from ``now`` and this."""
        state = self.states.get(cluster)
        return state.clock_skew if state else 0.0
