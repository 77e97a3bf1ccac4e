"""Simulated releases: the deployments of the rollout schedule are rolled out in turn."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world.behaviour import split_image
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router
from k8sconsole.demo.world.kinds import DEPLOYMENTS
from k8sconsole.demo.world.seeds import seeded_random

_CAUSE = "kubernetes.io/change-cause"
_ROLLOUT_KEY = ("", "rollouts")


class RolloutController(BaseController):
    name: ClassVar[str] = "lifecycle"
    primary = DEPLOYMENTS

    def routes(self) -> dict[str, Router]:
        return {}

    def initial_keys(self) -> Iterable[Key]:
        return (_ROLLOUT_KEY,) if self.context.behaviours.rollout_schedule.rollouts else ()

    def reconcile(self, key: Key) -> float | None:
        schedule = self.context.behaviours.rollout_schedule
        at = self.context.now.timestamp()
        turn, elapsed = divmod(at, schedule.every)
        # A rollout starts only in the first second of its turn, so that opening the demo does not start one.
        if elapsed < 1.0:
            self._roll_out(schedule.rollouts[int(turn) % len(schedule.rollouts)])
        return schedule.every - elapsed if elapsed >= 1.0 else schedule.every

    def _roll_out(self, target: str) -> None:
        namespace, _, name = target.partition("/")
        deployment = self.context.find(DEPLOYMENTS, (namespace, name))
        if deployment is not None:
            image = self._next_image(deployment)
            self.store.mutate(DEPLOYMENTS, namespace, name, lambda fresh: _set_image(fresh, image))

    def _next_image(self, deployment: Json) -> str:
        """The first container's image with another tag of the registry, or the same image when there is no other tag."""
        image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        repository, tag = split_image(image)
        others = [each for each in self.context.behaviours.registry.tags.get(repository, ()) if each != tag]
        rng = seeded_random(self.context.seed, deployment["metadata"]["uid"], self.context.now.timestamp())
        return f"{repository}:{rng.choice(others)}" if others else image


def _set_image(deployment: Json, image: str) -> None:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["image"] = image
    cause = f"release {split_image(image)[1]} of {container['name']}"
    deployment["metadata"]["annotations"] = {**deployment["metadata"].get("annotations", {}), _CAUSE: cause}
