"""Scenarios by name: read from data/scenarios and applied to an empty store."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import yaml

from k8sconsole.config.paths import share_dir
from k8sconsole.demo.world.staging.large import fill_large_cluster
from k8sconsole.demo.world.staging.scenario_builder import ScenarioBuilder
from k8sconsole.demo.world.staging.scenario_file import ScenarioFile, merge_scenarios
from k8sconsole.demo.world.staging.time_lapse import run_time_lapse
from k8sconsole.errors import UsageError

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore


class Scenario:
    """A parsed scenario file with the size and seed to apply it with."""

    def __init__(self, name: str, content: ScenarioFile, *, size: int | None = None, seed: int = 1) -> None:
        self.name = name
        self.content = content
        self._size = size
        self._seed = seed

    @property
    def description(self) -> str:
        return self.content.description

    def apply(self, store: "ObjectStore") -> None:
        """Fill an empty store with the scenario as of the store's current time: running pods, past rollouts and restarts."""
        staging = ScenarioBuilder(self.content, store, self._seed)
        staging.behaviours().attach(store)
        run_time_lapse(store, staging.actions(), self._seed)
        if self.content.large:
            fill_large_cluster(store, self.content.large, self._size, self._seed)


def load_scenario(name: str, *, size: int | None = None, seed: int = 1) -> Scenario:
    """Load a scenario of data/scenarios. `size` is the number of pods, for a scenario of variable size.

    Raises UsageError for an unknown name.
    """
    return Scenario(name, _read_file(name), size=size, seed=seed)


def list_scenarios() -> list[str]:
    return sorted(path.stem for path in _scenario_folder().glob("*.yaml"))


def _read_file(name: str) -> ScenarioFile:
    path = _scenario_folder() / f"{name}.yaml"
    if name not in list_scenarios():
        nearest = get_close_matches(name, list_scenarios(), n=1)
        raise UsageError(
            f"no scenario {name!r}",
            f"there are {', '.join(list_scenarios())}",
            f"k8sconsole demo {nearest[0] if nearest else list_scenarios()[0]}",
        )
    # The C loader is ten times as fast where it is available. Both loaders are safe.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = msgspec.convert(yaml.load(path.read_bytes(), Loader=loader), ScenarioFile)  # noqa: S506
    return merge_scenarios(_read_file(content.extends), content) if content.extends else content


def _scenario_folder() -> Path:
    return share_dir("data/scenarios")
