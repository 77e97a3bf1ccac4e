"""Fixtures for tests of the demo's world: a fixed clock and a store with a scenario."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from k8sconsole.demo.api import definitions
from k8sconsole.demo.clock import FixedDemoClock
from k8sconsole.demo.storage import ObjectStore
from k8sconsole.demo.world import kinds, scenario
from k8sconsole.demo.world.behaviour import Behaviour, Behaviours
from k8sconsole.demo.world.run import World
from k8sconsole.demo.world.staging.manifests import build_manifests
from k8sconsole.demo.world.staging.nodes import build_pool
from k8sconsole.demo.world.staging.scenario_file import NodePool, WorkloadSpec

Json = dict[str, Any]
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
# A time at which no cron job has just started.
NOW = NOON + timedelta(minutes=3, seconds=40)


class Stage:
    """A small cluster of three nodes and a namespace `test`, with a world that advances only by `run`."""

    def __init__(self, *behaviours: Behaviour, nodes: int = 3) -> None:
        self.clock = FixedDemoClock(NOON)
        self.store = ObjectStore(self.clock, seed=7)
        Behaviours(behaviours).attach(self.store)
        for node in build_pool(NodePool(name="node", count=nodes, cpu="4", memory="8Gi"), 0, "2026-11-22T12:00:00Z"):
            self.store.create(kinds.NODES, node)
        for name in ("default", "kube-node-lease", "test"):
            self.store.create(kinds.NAMESPACES, {"metadata": {"name": name}, "spec": {"finalizers": ["kubernetes"]}})
        self.world = World(self.store, self.clock, 7)

    def apply(self, **fields: Any) -> None:
        workload = WorkloadSpec(**({"name": "web", "namespace": "test", "image": "demo/web:1"} | fields))
        for manifest in build_manifests(workload):
            resource = self.store.registry.find_by_kind(manifest["apiVersion"], manifest["kind"])
            assert resource
            self.store.create(resource, manifest)

    def run(self, seconds: float = 30) -> None:
        self.world.run(seconds)

    def pods(self) -> list[Json]:
        return list(self.store.iterate(kinds.PODS, "test"))

    def change(self, kind: Any, name: str, change: Callable[[Json], object]) -> None:
        self.store.mutate(kind, "test", name, change)

    def set_image(self, image: str, name: str = "web") -> None:
        self.change(kinds.DEPLOYMENTS, name, lambda fresh: fresh["spec"]["template"]["spec"]["containers"][0].update(image=image))

    def deployment(self, name: str = "web") -> Json:
        return self.store.get(kinds.DEPLOYMENTS, "test", name)

    def conditions(self, name: str = "web") -> dict[str, Json]:
        return {each["type"]: each for each in self.deployment(name)["status"]["conditions"]}


def staged(name: str, *, seed: int = 1, size: int | None = None) -> ObjectStore:
    """A store with a scenario, shortly after noon."""
    store = ObjectStore(FixedDemoClock(NOW), seed=seed)
    definitions.serve_definitions(store)
    scenario.load_scenario(name, seed=seed, size=size).apply(store)
    return store


def reasons(store: ObjectStore, name: str) -> set[str]:
    """The reasons of the events about objects whose names start with `name`."""
    return {event["reason"] for event in store.iterate(kinds.EVENTS) if event["involvedObject"]["name"].startswith(name)}


def waiting(pod: Json) -> str:
    return str(pod["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason", ""))
