"""A cluster people work in: every few minutes somebody rolls something out."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world.behaviour import split_image
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router
from k8sconsole.demo.world.kinds import DEPLOYMENTS
from k8sconsole.demo.world.seeds import seeded_random

_CAUSE = "kubernetes.io/change-cause"
_ROLLOUT_KEY = ("", "rollouts")


class RolloutController(BaseController):
    name: ClassVar[str] = "life"
    primary = DEPLOYMENTS

    def watches(self) -> dict[str, Router]:
        return {}

    def initial_keys(self) -> Iterable[Key]:
        return (_ROLLOUT_KEY,) if self.context.behaviours.life.rollouts else ()

    def reconcile(self, key: Key) -> float | None:
        life = self.context.behaviours.life
        at = self.context.now.timestamp()
        turn, into = divmod(at, life.every)
        # The first look only finds the rhythm, so that opening the demo is not itself an event.
        if into < 1.0:
            self._roll_out(life.rollouts[int(turn) % len(life.rollouts)])
        return life.every - into if into >= 1.0 else life.every

    def _roll_out(self, target: str) -> None:
        namespace, _, name = target.partition("/")
        deployment = self.context.find(DEPLOYMENTS, (namespace, name))
        if deployment is not None:
            image = self._next_image(deployment)
            self.store.mutate(DEPLOYMENTS, namespace, name, lambda fresh: _set_image(fresh, image))

    def _next_image(self, deployment: Json) -> str:
        """Another of the tags the registry has for the first container; the same again where it has no other."""
        image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        repository, tag = split_image(image)
        others = [each for each in self.context.behaviours.registry.tags.get(repository, ()) if each != tag]
        luck = seeded_random(self.context.seed, deployment["metadata"]["uid"], self.context.now.timestamp())
        return f"{repository}:{luck.choice(others)}" if others else image


def _set_image(deployment: Json, image: str) -> None:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["image"] = image
    cause = f"release {split_image(image)[1]} of {container['name']}"
    deployment["metadata"]["annotations"] = {**deployment["metadata"].get("annotations", {}), _CAUSE: cause}
