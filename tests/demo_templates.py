"""Starts the demo clusters of a test process faster: a scenario is staged once in twenty seconds, and copied for the clusters after it.

Staging a scenario runs its controllers through forty days, which takes half a second of CPU time. Hundreds of tests start a demo cluster.
A copy is as independent of the original as a second staging. It is at most twenty seconds older, less than a heartbeat of a node. Scenarios
of variable size, and stores that have a clock of their own or hold objects already, are staged each time.
"""

import copy
import time
from collections import deque
from typing import Any

from k8sconsole.demo.clock import DemoClock
from k8sconsole.demo.storage import Bucket, ObjectStore
from k8sconsole.demo.world.scenario import Scenario
from k8sconsole.demo.world.staging.scenario_builder import ScenarioBuilder

FRESH = 20.0
"""Seconds for which a staged scenario is copied."""

_stage = Scenario.apply
_templates: dict[tuple[str, int], "_Template"] = {}


class _Template:
    """The objects and the history of a store, as they are now."""

    def __init__(self, store: ObjectStore) -> None:
        self.staged_at = time.monotonic()
        self._resource_version = store.resource_version
        self._random = store._random.getstate()
        self._buckets = _copy_buckets(store._buckets)
        self._owned = {owner: set(keys) for owner, keys in store._owned.items()}
        self._kinds = dict(store.registry._by_path)
        self._events, self._oldest = tuple(store.history._events), store.history.oldest

    def fill(self, store: ObjectStore) -> None:
        store.resource_version = self._resource_version
        store._random.setstate(self._random)
        store._buckets = _copy_buckets(self._buckets)
        store._owned.update({owner: set(keys) for owner, keys in self._owned.items()})
        store.registry._by_path = dict(self._kinds)
        store.history._events, store.history.oldest = deque(self._events), self._oldest


def _copy_buckets(buckets: dict[str, Bucket]) -> dict[str, Bucket]:
    return {
        kind: Bucket(bucket.resource, {key: copy.copy(stored) for key, stored in bucket.objects.items()}, list(bucket.keys))
        for kind, bucket in buckets.items()
    }


def _apply(scenario: Scenario, store: ObjectStore) -> None:
    if scenario.content.large or type(store.clock) is not DemoClock or store.resource_version != 1:
        _stage(scenario, store)
        return
    key = (scenario.name, scenario._seed)
    template = _templates.get(key)
    if template is None or time.monotonic() - template.staged_at > FRESH:
        _stage(scenario, store)
        _templates[key] = _Template(store)
        return
    ScenarioBuilder(scenario.content, store, scenario._seed).behaviours().attach(store)
    template.fill(store)


def pytest_configure(config: Any) -> None:
    Scenario.apply = _apply  # type: ignore[method-assign]
